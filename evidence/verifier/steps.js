// The steps of a verification: the same keys, states and codes as `wangjian verify` and verify.sh.

const passed = (detail = "") => ["PASSED", "OK", detail];
const failed = (code, detail = "") => ["FAILED", code, detail];
const reserved = (code, detail = "") => ["INDETERMINATE", code, detail];
const skipped = (detail) => ["NOT_CHECKED", "N000", detail];
const TOLERANCE = 300000;
// A bracket is called wide where its beacon was older when the capture began, or its stamp came later after that.
const OLD_BEACON = 3600000;
const LATE_STAMP = 86400000;
const MAX_REPORT = 64000000;

class Inspection {
  constructor(file, trust, at, progress) {
    Object.assign(this, { file, trust, at, progress, package: null, facts: {}, root: "", stamps: [], spoiled: [] });
    Object.assign(this, { bound: false, expired: [], stampedUntil: 0, cosigned: [], cosignedAt: 0, custody: null, checkpoint: null, sealRoot: null });
    this.lists = Object.fromEntries(["sha256", "sm3", "redact", "tags", "closing", "salts"].map((key) => [key, new Map()]));
  }

  has(...names) {
    return this.package !== null && this.package.has(...names);
  }

  sha256(name) {
    return this.package.digests(name).sha256;
  }

  told() {
    return new Set(this.redactions ? this.redactions.withheld.map((one) => one.name) : []);
  }

  lacking(why, ...names) {
    const gone = names.filter((name) => !this.has(name));
    const told = this.told();
    if (gone.length && gone.every((name) => told.has(name))) return ["NOT_CHECKED", "N902", gone.join(", ")];
    return skipped(gone.length ? `${why}: ${gone.join(", ")}` : why);
  }

  earliest() {
    return this.bound && this.stamps.length ? Math.min(...this.stamps.map((stamp) => stamp.time)) : this.at;
  }

  async small(name, parse, otherwise) {
    if (!this.has(name)) return otherwise;
    try {
      return parse(await this.package.read(name));
    } catch (error) {
      if (error instanceof Refusal && error.kind !== "unreadable") return otherwise;
      throw error;
    }
  }

  async load() {
    this.isRedacted = this.has(FILES.redactions);
    for (const key of Object.keys(this.lists)) {
      const belonging = { tags: "tags", closing: "closing" }[key] || "payload";
      const name = LISTS[key];
      if (!this.has(name)) continue;
      const found = await this.small(name, (bytes) => parseList(bytes), null);
      const empty = key === "salts" && this.isRedacted && this.package.members.get(name).size === 0;
      if (found && (found.size || empty) && [...found.keys()].every((one) => belongs(one, belonging))) {
        this.lists[key] = found;
      } else {
        this.spoiled.push(name);
      }
    }
    this.facts = await this.small(FILES.facts, parseFacts, {});
    this.redactions = await this.small(FILES.redactions, parseRedactions, null);
    this.running = await this.small(FILES.running, parseRunning, null);
    const plans = new Map([...this.lists.salts].map(([name, salt]) => [name, { salt: fromHex(salt) }]));
    if (this.running) {
      const { file, offset, marks } = this.running;
      plans.set(file, { ...plans.get(file), start: offset, marks: marks.map((mark) => mark.bytes) });
    }
    await this.package.survey(plans, this.progress);
    if (this.has(LISTS.tags)) this.root = this.sha256(LISTS.tags);
  }

  // A detached signature over a file: its outcome and the root it leads to.
  async signed(signature, content, roots, [changed, unlisted, broken]) {
    try {
      const der = await this.package.read(signature);
      const { path } = await verifyCms(der, fromHex(this.sha256(content)), roots, this.earliest());
      return [this.aged(path), path[path.length - 1]];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const code = { untrusted: unlisted, mismatch: changed }[error.kind] || broken;
      return [failed(code, error.message), null];
    }
  }

  // Expired since is no harm while a timestamp holds.
  aged(path) {
    if (expires(path) >= this.at) return passed();
    return ["PASSED", "W310", `valid at ${shown(this.earliest())}`];
  }

  kind() {
    const kinds = this.stamps.map((stamp) => stamp.kind);
    if (this.sealRoot) kinds.push(this.trust.kindOf(this.sealRoot, "seal"));
    for (const one of this.trust.keys) {
      const used = one.use === "witness" ? this.cosigned.includes(one.key.name) : this.checkpoint?.origin === one.key.name;
      if (used) kinds.push(one.kind);
    }
    return kinds.includes("test") ? "test" : this.stamps.length ? "court" : "";
  }
}

// A refusal of one of these kinds is an outcome; anything else is a fault of ours and is not hidden.
async function judged(work, outcome) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return outcome(error);
    throw error;
  }
}

const differing = (run, list) => [...list.keys()].filter((name) => run.has(name) && run.sha256(name) !== list.get(name));
const told = (names, code) => (names.length ? failed(code, names.join(", ")) : passed());

async function container(run) {
  const outcome = await judged(
    async () => {
      run.package = new Package(run.file, await readContainer(run.file));
      await run.load();
      for (const member of run.package.members.values()) {
        if (run.package.digests(member.name).crc !== member.crc) throw refusedZip("E110", `${member.name}: CRC-32`);
      }
      return passed();
    },
    (error) => failed(error.kind === "container" ? error.code : "E100", error.message),
  );
  if (outcome[0] === "FAILED") run.package = null;
  return outcome;
}

function closedWorld(run) {
  const { sha256: payload, sm3, redact, tags, closing } = run.lists;
  const sameNames = (left, right) => left.size === right.size && [...left.keys()].every((name) => right.has(name));
  if (run.spoiled.length) return failed("E201", run.spoiled.join(", "));
  if (run.has(LISTS.sha256, LISTS.sm3) && !sameNames(payload, sm3)) return failed("E201", LISTS.sm3);
  if (run.has(LISTS.sha256, LISTS.redact) && !sameNames(payload, redact)) return failed("E201", LISTS.redact);
  const listed = new Set([payload, redact, tags, closing].flatMap((list) => [...list.keys()]).concat(SELF));
  const withheld = run.told();
  const missing = [...new Set([...listed, ...REQUIRED])].filter((name) => !run.has(name) && !withheld.has(name));
  if (missing.length) return failed("E103", missing.sort().join(", "));
  return told(run.package.names().filter((name) => !listed.has(name)), "E102");
}

function contentSha256(run) {
  if (!run.lists.sha256.size) return run.lacking("no usable list", LISTS.sha256);
  return told(differing(run, run.lists.sha256), "E101");
}

function contentSm3(run) {
  if (!run.lists.sm3.size) return run.lacking("no usable list", LISTS.sm3);
  return told([...run.lists.sm3].filter(([name, hash]) => run.has(name) && run.package.digests(name).sm3 !== hash).map(([name]) => name), "E105");
}

function redaction(run) {
  const { redact, salts } = run.lists;
  if (!redact.size) return run.lacking("no usable list", LISTS.redact);
  const disclosed = [...redact.keys()].filter((name) => run.has(name));
  const wrong = disclosed.filter((name) => !salts.has(name) || run.package.digests(name).salted !== redact.get(name));
  wrong.push(...[...salts.keys()].filter((name) => !disclosed.includes(name)));
  if (wrong.length) return failed("E901", wrong.join(", "));
  return run.isRedacted ? redactionTold(run) : passed();
}

function redactionTold(run) {
  const found = run.redactions;
  if (!found) return failed("E902", FILES.redactions);
  if (found.root_sha256 !== run.root || found.evidence_id !== (run.facts.evidence_id || "")) return failed("E902", "another package");
  const known = new Set([...run.lists.redact.keys(), ...run.lists.tags.keys()]);
  const withheld = run.told();
  const derived = new Set(found.derived.map((one) => one.file));
  const bad = [
    ...[...known].filter((name) => !run.has(name) && !withheld.has(name)),
    ...[...withheld].filter((name) => run.has(name) || !known.has(name) || !mayWithhold(name)),
    ...found.derived.filter((one) => !(run.lists.redact.has(one.parent) || one.parent === FILES.report) || !run.has(one.file)).map((one) => one.file),
    ...run.package.names().filter((name) => name.startsWith("derived/") && !derived.has(name)),
  ];
  return bad.length ? failed("E902", bad.join(", ")) : reserved("W901", [...withheld].join(", "));
}

function tagFiles(run) {
  if (!run.lists.tags.size) return skipped("no usable list");
  const wrong = differing(run, run.lists.tags);
  const manifests = wrong.some((name) => [LISTS.sha256, LISTS.sm3, LISTS.redact].includes(name));
  return told(wrong, manifests ? "E201" : "E101");
}

async function signature(run) {
  if (!run.has(LISTS.tags, FILES.signature)) return run.lacking("missing", LISTS.tags, FILES.signature);
  const roots = run.trust.roots("seal");
  if (!roots.length) return skipped("no seal root on the trust list");
  const [outcome, root] = await run.signed(FILES.signature, LISTS.tags, roots, ["E201", "E202", "E203"]);
  run.sealRoot = root;
  return outcome;
}

async function log(run) {
  if (!run.has(FILES.checkpoint, FILES.proof)) return run.lacking("missing", FILES.checkpoint, FILES.proof);
  let proof;
  try {
    const bytes = await run.package.read(FILES.checkpoint);
    run.checkpoint = readCheckpoint(bytes);
    proof = parseProof(await run.package.read(FILES.proof));
    if (!same(proof.checkpoint, bytes)) return failed("E403", "another checkpoint in the proof");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed("E403", error.message);
  }
  // The fold first: it needs no trust, and says whether the stamped checkpoint is about this package.
  const unfolded = await judged(async () => {
    if (!run.has(LISTS.tags, FILES.signature)) return "no package to be proven";
    const entry = `wangjian/package/v1 ${run.root} ${run.sha256(FILES.signature)}`;
    const { size, root } = run.checkpoint;
    if (!same(foldedRoot(entry, proof.index, size, proof.path), root)) return "the path leads to another root";
    run.bound = true;
    return "";
  }, (error) => error.message);
  const keys = run.trust.noteKeys("log");
  if (!keys.length) return skipped("no log on the trust list");
  return judged(async () => {
    await requireLog(run.checkpoint, keys);
    return unfolded ? failed("E401", unfolded) : passed(`${run.checkpoint.origin} ${proof.index} / ${run.checkpoint.size}`);
  }, (error) => failed("E402", error.message));
}

async function witness(run) {
  if (!run.checkpoint) return run.lacking("no checkpoint that can be read", FILES.checkpoint);
  return judged(async () => {
    const lines = await cosigners(run.checkpoint.note, run.trust.noteKeys("witness"));
    run.cosigned = lines.map((line) => line.name);
    run.cosignedAt = latestOf(lines);
    const told = `${run.cosigned.length}/${run.trust.quorum}`;
    return run.cosigned.length < Math.max(run.trust.quorum, 1) ? reserved("W402", told) : passed(told);
  }, (error) => failed("E404", error.message));
}

// When the last of these witnesses cosigned; 0 where none did.
const latestOf = (lines) => Math.max(0, ...lines.map((line) => 1000 * line.at));

async function timestamps(run) {
  const names = run.package.names().filter((name) => STAMP.test(name)).sort();
  const single = [];
  for (const name of names) single.push([STAMP.exec(name)[1], await timestamp(run, name)]);
  const holding = new Set(run.stamps.map((stamp) => stamp.name)).size;
  const outcomes = single.map(([name, outcome]) => {
    const milder = outcome[0] === "FAILED" && holding;
    return [`timestamp:${name}`, milder ? reserved("W311", `${outcome[1]}: ${outcome[2]}`) : outcome];
  });
  let total = passed();
  if (!run.has(FILES.checkpoint)) total = run.lacking("missing", FILES.checkpoint);
  else if (!holding) total = failed("E304");
  else if (!run.bound) total = failed("E304", "the stamped checkpoint does not hold this package");
  else if (holding < 2) total = reserved("W311", `${holding} / ${single.length}`);
  // Services under one root are one party, under however many names it is listed.
  else if (new Set(run.stamps.map((stamp) => stamp.root)).size < 2) total = reserved("W314", run.stamps.map((stamp) => stamp.name).join());
  return [...outcomes, ["timestamps", total]];
}

async function timestamp(run, name) {
  if (!run.has(FILES.checkpoint)) return run.lacking("missing", FILES.checkpoint);
  const service = STAMP.exec(name)[1];
  return judged(async () => {
    const imprint = fromHex(run.sha256(FILES.checkpoint));
    const { time, path } = await checkResponse(await run.package.read(name), imprint, run.trust.roots("timestamp", service));
    const root = path[path.length - 1];
    run.stamps.push({ name: service, time, kind: run.trust.kindOf(root, "timestamp"), root: toHex(sha256(root.key)) });
    run.stampedUntil = Math.max(run.stampedUntil, expires(path));
    if (expires(path) >= run.at) return passed(shown(time));
    run.expired.push(name);
    return ["PASSED", "W310", shown(time)];
  }, (error) => failed({ untrusted: "E302", mismatch: "E301" }[error.kind] || "E303", error.message));
}

async function bracket(run) {
  if (!run.stamps.length || !run.bound || !Object.keys(run.facts).length) return skipped("no proven time");
  const [started, ended] = [moment(run.facts.captured_from || ""), moment(run.facts.captured_to || "")];
  if (started === null || ended === null) return failed("E501", "no times of the capture");
  const latest = 1000 * seconds(run.earliest());
  const [from, to] = [1000 * seconds(started), 1000 * seconds(ended)];
  if (run.facts.captured_from > run.facts.captured_to || to > latest + TOLERANCE) return failed("E501", shown(latest));
  if (run.cosignedAt > latest + TOLERANCE) return failed("E501", `${shown(latest)} < ${shown(run.cosignedAt)}`);
  // Where the next service is far from the earliest, that one stands alone: the later time is told.
  const first = run.stamps.reduce((one, other) => (other.time < one.time ? other : one));
  const others = run.stamps.filter((stamp) => stamp.root !== first.root).map((stamp) => stamp.time);
  const second = others.length ? 1000 * seconds(Math.min(...others)) : latest;
  const alone = second > latest + TOLERANCE;
  run.bracket = { from: null, to: alone ? second : latest };
  const outcome = await notBefore(run, from, to, latest);
  return alone && outcome[0] !== "FAILED" ? reserved("W502", `${shown(latest)} < ${shown(second)}`) : outcome;
}

async function notBefore(run, from, to, latest) {
  const stamps = run.package.names().filter((name) => BEACON_STAMP.test(name));
  if (!run.has(FILES.beacon) && !stamps.length) return reserved("W501", `${(latest - to) / 1000} s`);
  return judged(async () => {
    const { before, few } = await beaconTime(run, stamps);
    if (before > from + TOLERANCE || before > latest) return failed("E501", shown(before));
    if (few) return reserved("W402", few);
    run.bracket.from = before;
    const detail = `${shown(before)} – ${shown(latest)}: ${(latest - before) / 1000} s`;
    return from - before > OLD_BEACON || latest - before > LATE_STAMP ? reserved("W503", detail) : passed(detail);
  }, (error) => failed(error.kind === "order" ? "E501" : "E503", error.message));
}

async function beaconTime(run, stamps) {
  if (!run.has(FILES.beacon) || stamps.length !== 1) throw new Refusal("form", "expected a beacon with one timestamp");
  const found = readCheckpoint(await run.package.read(FILES.beacon));
  await requireLog(found, run.trust.noteKeys("log"));
  const lines = await cosigners(found.note, run.trust.noteKeys("witness"));
  const newest = run.checkpoint;
  if (!newest || found.origin !== newest.origin || (found.size === newest.size && !same(found.root, newest.root))) {
    throw new Refusal("form", "expected a beacon of the same log and history");
  }
  const roots = run.trust.roots("timestamp", BEACON_STAMP.exec(stamps[0])[1]);
  const { time } = await checkResponse(await run.package.read(stamps[0]), fromHex(run.sha256(FILES.beacon)), roots);
  if (found.size > newest.size) throw new Refusal("order", "expected a beacon before the checkpoint");
  const before = 1000 * seconds(time);
  if (latestOf(lines) > before + TOLERANCE) throw new Refusal("order", "expected a stamp after the cosignatures");
  return { before, few: lines.length < run.trust.quorum ? `${lines.length}/${run.trust.quorum}` : "" };
}

async function closing(run) {
  if (!run.has(LISTS.closing, FILES.closingSignature)) return run.lacking("missing", LISTS.closing, FILES.closingSignature);
  const roots = [...run.trust.roots("seal"), ...run.trust.roots("report")];
  if (!roots.length) return skipped("no seal or report root on the trust list");
  const [outcome] = await run.signed(FILES.closingSignature, LISTS.closing, roots, ["E104", "E202", "E203"]);
  if (outcome[0] !== "PASSED") return outcome;
  const wrong = differing(run, run.lists.closing);
  return wrong.length ? failed("E104", wrong.join(", ")) : outcome;
}
