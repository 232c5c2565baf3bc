// The steps over people, the capture, the report and renewals; and the order of all steps.

async function custody(run) {
  if (!run.has(FILES.custody)) return run.lacking("missing", FILES.custody);
  return judged(async () => {
    const records = parseCustody(await run.package.read(FILES.custody));
    const times = records.map((record) => eventTime(record.get("at")));
    const wanted = run.facts.evidence_id || "";
    if (!records.length || !wanted || records.some((record) => record.get("evidence_id") !== wanted)) return failed("E502", wanted);
    run.custody = records;
    return untimely(run, times) || passed(String(records.length));
  }, (error) => failed("E502", error.message));
}

function eventTime(text) {
  const found = typeof text === "string" ? moment(text) : null;
  if (found === null) throw new Refusal("form", "expected the time of an event");
  return 1000 * seconds(found);
}

// What was sealed cannot have happened after the seal's timestamps, and what came later not long before.
function untimely(run, times) {
  const stamped = 1000 * seconds(run.earliest());
  const after = run.bound && run.stamps.length && times.find((time) => time > stamped + TOLERANCE);
  if (after) return failed("E501", `${shown(stamped)} < ${shown(after)}`);
  let latest = -Infinity;
  for (const time of times) {
    if (time + TOLERANCE < latest) return reserved("W504", `${shown(latest)} > ${shown(time)}`);
    latest = Math.max(latest, time);
  }
  return null;
}

async function authority(run) {
  if (!run.has(FILES.authority)) return run.lacking("missing", FILES.authority);
  return judged(async () => {
    const record = parseAuthority(await run.package.read(FILES.authority));
    const whole = (time) => new Date(1000 * seconds(time)).toISOString().replace(/\.\d+Z$/, ".000000Z");
    const latest = run.bound && run.stamps.length ? whole(run.earliest() + TOLERANCE) : "";
    if (latest && record.officers.some((one) => one.approved_at > latest)) return failed("E802", latest);
    const captured_to = run.facts.captured_to || "";
    const ended = captured_to < "0002" ? null : moment(captured_to);
    if (ended !== null && record.officers.some((one) => one.approved_at < whole(ended - TOLERANCE))) return failed("E804", captured_to);
    const other = run.custody ? unknownToCustody(record, run.custody, run.lists.tags.get(FILES.capture) || "") : "";
    if (other) return failed("E803", other);
    const captured = run.facts.captured_from || "";
    const started = moment(captured);
    if (started !== null) {
      const odd = captured < "0002" || captured >= "9999";
      if (odd || record.valid_from > whole(started + TOLERANCE) || record.valid_to < whole(started - TOLERANCE)) {
        return reserved("W802", captured);
      }
    }
    return record.officers.length ? passed(`${record.kind} ${record.number}`) : reserved("W801", record.number);
  }, (error) => failed("E801", error.message));
}

// What custody does not say: who captured, and that each officer of the record approved that very capture.
function unknownToCustody(record, events, capture) {
  const [last] = events.filter((event) => event.get("action") === "captured").slice(-1);
  const seen = last ? last.get("object_sha256") : "";
  if (last && last.get("actor") !== record.captured_by) return record.captured_by;
  if (seen !== "" && seen !== capture) return "meta/capture.json";
  const approved = events.filter((event) => event.get("action") === "approved");
  const missing = record.officers.find((one) => {
    const pairs = [["authorisation", record.number], ["case_number", record.case_number]];
    for (const key of ["certificate_number", "name", "unit"]) pairs.push([key, one[key]]);
    const detail = canonical(new Map(pairs));
    return !approved.some(
      (event) =>
        event.get("at") === one.approved_at && event.get("object_sha256") === seen && canonical(event.get("detail")) === detail,
    );
  });
  return missing ? missing.name : "";
}

function withheld(run, ...names) {
  const outcome = run.lacking("missing", ...names);
  return outcome[1] === "N902" ? outcome : null;
}

// The node's list and signature; where they do not fail, what the seal says of the capture must be true beside.
async function node(run) {
  const outcome = await nodeListed(run);
  if (outcome[0] === "FAILED") return outcome;
  const records = new Map();
  for (const name of [FILES.capture, FILES.completeness]) {
    if (run.has(name)) records.set(name, toLatin(await run.small(name, (bytes) => bytes, new Uint8Array())));
  }
  const wrong = contradictions(run.facts, records);
  return wrong.length ? failed("E814", wrong.join(", ")) : outcome;
}

async function nodeListed(run) {
  const there = [LISTS.node, FILES.nodeSignature].filter((name) => run.has(name));
  if (!there.length) return withheld(run, LISTS.node, FILES.nodeSignature) || reserved("W811");
  if (there.length < 2) return failed("E811", "the list or its signature is missing");
  const listed = await run.small(LISTS.node, (bytes) => parseList(bytes), null);
  if (!listed || !listed.size || ![...listed.keys()].every((name) => belongs(name, "node"))) return failed("E811", LISTS.node);
  const roots = run.trust.roots("node");
  if (!roots.length) return skipped("no node root on the trust list");
  const [outcome] = await run.signed(FILES.nodeSignature, LISTS.node, roots, ["E811", "E812", "E813"]);
  if (outcome[0] !== "PASSED") return outcome;
  const payload = run.lists.sha256;
  if (!payload.size) return withheld(run, LISTS.sha256) || failed("E811", "no usable list of the originals");
  const sealed = new Map([...payload, ...run.lists.tags]);
  const other = [...listed].filter(([name, digest]) => sealed.get(name) !== digest).map(([name]) => name);
  other.push(...[...payload.keys()].filter((name) => !listed.has(name)));
  return other.length ? failed("E811", other.join(", ")) : outcome;
}

// Whether the WARC is the only one that a viewer finds in the archive: another one beside it, with an index that leads
// there, would be shown as what was captured.
async function isAlone(run, { file, member, offset, size }) {
  const total = run.package.members.get(file).size;
  const end = await run.package.slice(file, total - 22, total);
  if (end.length !== 22 || u32(end, 0) !== 0x06054b50) return false;
  const [disk, other, here, count, comment] = [4, 6, 8, 10, 20].map((field) => u16(end, field));
  const [length, start] = [u32(end, 12), u32(end, 16)];
  if (disk || other || here !== count || comment || start + length + 22 !== total || length > 1000000) return false;
  const directory = await run.package.slice(file, start, start + length);
  const found = [];
  let place = 0;
  for (let i = 0; i < count; i++) {
    if (place + 46 > length || u32(directory, place) !== 0x02014b50) return false;
    const [method, name, extra, note] = [10, 28, 30, 32].map((field) => u16(directory, place + field));
    if (method || u32(directory, place + 20) !== u32(directory, place + 24)) return false;
    const text = toLatin(directory.subarray(place + 46, place + 46 + name));
    if (text.startsWith(WARCS)) found.push([text, u32(directory, place + 24), u32(directory, place + 42)]);
    place += 46 + name + extra + note;
  }
  return place === length && found.length === 1 && found[0].join() === [member, size, offset - 30 - member.length].join();
}

async function running(run) {
  if (!run.has(FILES.running)) return withheld(run, FILES.running) || reserved("W821");
  const found = run.running;
  if (!found) return failed("E821", FILES.running);
  if (!run.has(found.file)) return withheld(run, found.file) || failed("E821", found.file);
  const name = fromUtf8(found.member);
  const tail = joined(packed([2, name.length], [2, 0]), name);
  const length = Math.min(found.offset, 30 + name.length);
  const before = await run.package.slice(found.file, found.offset - length, found.offset);
  const header =
    before.length === 30 + name.length && u32(before, 0) === 0x04034b50 && same(before.subarray(26), tail);
  if (found.offset + found.size > run.package.members.get(found.file).size || !header || !(await isAlone(run, found))) return failed("E821", found.member);
  const digests = found.marks.map((mark) => mark.sha256);
  const taken = run.package.digests(found.file).marks;
  if (taken.join() !== digests.join()) return failed("E821", `${found.file}: other beginnings`);
  if (run.custody) {
    const known = run.custody.filter((record) => record.get("action") === "checkpoint");
    const last = digests[digests.length - 1];
    if (!known.some((record) => record.get("object_sha256") === last)) return failed("E821", FILES.custody);
  }
  return passed(`${digests.length}`);
}

async function report(run) {
  if (!run.has(FILES.report)) return ["NOT_CHECKED", "N001", ""];
  const roots = run.trust.roots("report");
  if (!roots.length) return skipped("no report root on the trust list");
  return judged(async () => {
    const bytes = await run.package.read(FILES.report, MAX_REPORT);
    const quoted = await checkReport(bytes, roots, run.earliest(), run.trust.roots("timestamp"));
    return quoted === run.root ? passed() : failed("E702", quoted);
  }, (error) => failed("E701", error.message));
}

async function renewal(run) {
  const there = run.package.names().filter((name) => name.startsWith("seal/renewals/")).sort();
  if (!there.length) return run.expired.length ? reserved("W312", run.expired.join(", ")) : passed();
  if (!there.every((name) => RENEWAL.test(name))) return failed("E311", "files that belong to no renewal");
  const folders = [...new Set(there.map((name) => name.replace(/\/[^/]*$/, "")))].sort();
  return judged(async () => {
    await requireAll(run, folders[folders.length - 1], there);
    await requireCore(run, folders, there);
    const layers = [];
    for (const folder of folders) layers.push(await renewalStamps(run, folder, there));
    const firsts = layers.map((stamps) => seconds(Math.min(...stamps.map((stamp) => stamp.time))));
    if (firsts.some((first, place) => place && first < firsts[place - 1])) throw new Refusal("form", "expected them in order");
    return inTime(run, layers);
  }, (error) => failed("E311", error.message));
}

async function requireAll(run, folder, there) {
  const own = there.filter((name) => name.startsWith(`${folder}/`));
  const listed = parseList(await run.package.read(`${folder}/list-sha512.txt`), 128);
  const covered = run.package.names().filter((name) => ![LISTS.closing, FILES.closingSignature, ...own].includes(name));
  if (!listed.size || listed.size !== covered.length || !covered.every((name) => listed.has(name))) {
    throw new Refusal("form", "expected the list to name everything");
  }
  for (const [name, digest] of listed) {
    if ((await sha512Of(run, name)) !== digest) throw new Refusal("form", `expected the digest of ${name}`);
  }
}

async function sha512Of(run, name) {
  const value = new Sha512();
  const { size } = run.package.members.get(name);
  for (let from = 0; from < size; from += PIECE) value.update(await run.package.slice(name, from, from + PIECE));
  return value.hex();
}

// Each earlier list names what every renewal is about and all renewals before it, as they are now.
async function requireCore(run, folders, there) {
  const digests = new Map();
  for (const name of [LISTS.tags, FILES.signature, FILES.checkpoint, FILES.proof]) {
    digests.set(name, run.has(name) ? await sha512Of(run, name) : "");
  }
  for (const folder of folders.slice(0, -1)) {
    const listed = parseList(await run.package.read(`${folder}/list-sha512.txt`), 128);
    for (const [name, digest] of digests) {
      if (!digest || listed.get(name) !== digest) throw new Refusal("form", `expected the digest of ${name} in ${folder}`);
    }
    for (const name of there.filter((one) => one.startsWith(`${folder}/`))) digests.set(name, await sha512Of(run, name));
  }
}

async function renewalStamps(run, folder, there) {
  const imprint = sha256(await run.package.read(`${folder}/list-sha512.txt`));
  const stamps = [];
  for (const name of there.filter((one) => one.startsWith(`${folder}/list.`) && one.endsWith(".tsr"))) {
    const roots = run.trust.roots("timestamp", name.replace(/^.*\/list\.|\.tsr$/g, ""));
    stamps.push(await checkResponse(await run.package.read(name), imprint, roots));
  }
  if (!stamps.length) throw new Refusal("form", "expected a timestamp over the list");
  return stamps;
}

// Each renewal was made while something of the one before still held.
function inTime(run, layers) {
  let until = run.stampedUntil;
  let first = 0;
  for (const stamps of layers) {
    first = Math.min(...stamps.map((stamp) => stamp.time));
    if (until && until < first) return reserved("W313", `${shown(until)} ${shown(first)}`);
    until = Math.max(...stamps.map((stamp) => expires(stamp.path)));
  }
  return until < run.at ? reserved("W312", shown(first)) : passed(shown(first));
}

function completeness(run) {
  const word = run.facts.completeness || "";
  if (word === "PARTIAL") return reserved("W601");
  return word === "COMPLETE" ? passed() : skipped("not stated");
}

function originTls(run) {
  const word = run.facts.origin_tls || "";
  if (word === "bad" || word === "none") return reserved(word === "bad" ? "W602" : "W603");
  return word === "good" ? passed() : skipped("not stated");
}

function trustKind(run) {
  if (!run.sealRoot || !run.stamps.length) return skipped("nothing trusted holds");
  return run.kind() === "test" ? ["PASSED", "W320", ""] : passed();
}

const KEYS = [
  ..."container closed-world content-sha256 content-sm3 redaction tag-files signature log witness timestamps".split(" "),
  ..."bracket closing custody authority node running report renewal completeness origin-tls trust".split(" "),
];

async function outcomes(run) {
  const first = await container(run);
  if (!run.package) return KEYS.map((key) => [key, key === "container" ? first : skipped("the container was refused")]);
  const found = [["container", first], ["closed-world", closedWorld(run)], ["content-sha256", contentSha256(run)]];
  found.push(["content-sm3", contentSm3(run)], ["redaction", redaction(run)], ["tag-files", tagFiles(run)]);
  // The proof and the times come first: they say at which time signatures are to be judged.
  const logged = await log(run);
  const witnessed = await witness(run);
  const stamped = await timestamps(run);
  found.push(["signature", await signature(run)], ["log", logged], ["witness", witnessed], ...stamped);
  for (const [key, step] of [
    ["bracket", bracket],
    ["closing", closing],
    ["custody", custody],
    ["authority", authority],
    ["node", node],
    ["running", running],
    ["report", report],
    ["renewal", renewal],
    ["completeness", completeness],
    ["origin-tls", originTls],
    ["trust", trustKind],
  ]) {
    found.push([key, await step(run)]);
  }
  return found;
}

// The whole verification. progress(done, total, name) may be asynchronous; throwing in it stops the work.
async function verifyPackage(file, trust, at, progress = async () => {}) {
  const run = new Inspection(file, trust, at, progress);
  const steps = (await outcomes(run)).map(([key, [state, code, detail]]) => ({ key, state, code, detail }));
  let exit = 3;
  if (steps.some((step) => step.code === "E100")) exit = 2;
  else if (steps.some((step) => step.state === "FAILED")) exit = 1;
  else if (steps.every((step) => step.code === "OK")) exit = 0;
  return { steps, exit, root: run.root, facts: run.facts, trust: run.kind(), bracket: run.bracket || null, at };
}
