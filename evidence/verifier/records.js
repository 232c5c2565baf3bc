// The lists and records of a package, each in its one form.

const LISTS = {
  sha256: "manifest-sha256.txt",
  sm3: "manifest-sm3.txt",
  redact: "manifest-redact.txt",
  tags: "tagmanifest-sha256.txt",
  closing: "seal/closing-sha256.txt",
  salts: "seal/salts.txt",
  node: "meta/capture-sha256.txt",
};
const FILES = {
  signature: "seal/tagmanifest.p7s",
  checkpoint: "seal/checkpoint.note",
  proof: "seal/item.tlog-proof",
  closingSignature: "seal/closing.p7s",
  nodeSignature: "meta/capture.p7s",
  report: "report.pdf",
  redactions: "redactions.json",
  capture: "meta/capture.json",
  completeness: "meta/completeness.json",
  custody: "meta/custody.jsonl",
  authority: "meta/authority.json",
  beacon: "meta/beacon.note",
  running: "meta/running.jsonl",
  facts: "meta/seal.json",
};
const REQUIRED_TAGS = [
  "README.txt",
  "bag-info.txt",
  "bagit.txt",
  LISTS.redact,
  LISTS.sha256,
  LISTS.sm3,
  FILES.authority,
  "meta/capture.json",
  "meta/completeness.json",
  FILES.custody,
  FILES.facts,
  "verify.sh",
];
const SELF = [LISTS.tags, LISTS.closing, FILES.closingSignature];
const REQUIRED = [...REQUIRED_TAGS, ...SELF, FILES.signature, FILES.checkpoint, FILES.proof, LISTS.salts];
const SERVICE = "([a-z0-9][a-z0-9-]{0,30})";
const STAMP = new RegExp(`^seal/checkpoint\\.note\\.${SERVICE}\\.tsr$`);
const BEACON_STAMP = new RegExp(`^meta/beacon\\.${SERVICE}\\.tsr$`);
const RENEWAL = new RegExp(
  `^seal/renewals/([0-9]{8}T[0-9]{6}Z)/(list-sha512\\.txt|list\\.${SERVICE}\\.tsr|record\\.ers)$`,
);
const WITHHELD_FILES = [
  LISTS.sha256,
  LISTS.sm3,
  "meta/capture.json",
  "meta/completeness.json",
  "meta/case.jsonld",
  FILES.running,
  LISTS.node,
  FILES.nodeSignature,
];

const mayWithhold = (name) =>
  WITHHELD_FILES.includes(name) || name.startsWith("data/") || name.startsWith("meta/forms/");

function belongs(name, list) {
  if (list === "payload") return name.startsWith("data/");
  if (list === "tags") return REQUIRED_TAGS.includes(name) || name.startsWith("meta/");
  if (list === "node") {
    return /^(?:data|meta)\//.test(name) && name !== LISTS.node && name !== FILES.nodeSignature;
  }
  const later = [FILES.report, "verifier.html", FILES.redactions].includes(name);
  return later || (/^(?:seal|viewer|derived)\//.test(name) && !SELF.includes(name));
}

// Name to digest of a list sorted by name, as sha256sum (64) or sha512sum (128) writes it.
function parseList(bytes, digits = 64) {
  const digests = new Map();
  const text = toLatin(bytes);
  const form = new RegExp(`^([0-9a-f]{${digits}})  (.+)$`);
  let before = "";
  if (text && !text.endsWith("\n")) throw new Refusal("form", "expected a line feed after each line");
  for (const line of text.split("\n").slice(0, -1)) {
    const match = form.exec(line);
    if (!match || !isSafe(match[2]) || (before && before >= match[2])) throw new Refusal("form", "expected a list");
    digests.set(match[2], match[1]);
    before = match[2];
  }
  return digests;
}

// --- canonical JSON: keys sorted by code point, no white space, no floats; anything else is refused
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/suy;

class CanonicalReader {
  constructor(text) {
    this.text = text;
    this.place = 0;
  }

  whole() {
    const value = this.value(0);
    if (this.place !== this.text.length) throw new Refusal("form", "expected one JSON value");
    return value;
  }

  take(word) {
    if (!this.text.startsWith(word, this.place)) throw new Refusal("form", `expected ${word} in canonical JSON`);
    this.place += word.length;
  }

  value(depth) {
    if (depth > 500) throw new Refusal("form", "expected less depth");
    const mark = this.text[this.place];
    if (mark === "{") return this.object(depth);
    if (mark === "[") return this.array(depth);
    if (mark === '"') return this.string();
    for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.place)) {
        this.take(word);
        return meaning;
      }
    }
    const match = /^(?:0|-?[1-9][0-9]{0,17})(?![0-9.eE])/.exec(this.text.slice(this.place, this.place + 20));
    if (!match) throw new Refusal("form", "expected canonical JSON");
    this.take(match[0]);
    return BigInt(match[0]);
  }

  string() {
    STRING.lastIndex = this.place;
    const end = STRING.exec(this.text);
    if (!end) throw new Refusal("form", "expected text in canonical JSON");
    let found;
    try {
      found = JSON.parse(end[0]);
    } catch {
      throw new Refusal("form", "expected text in canonical JSON");
    }
    if (JSON.stringify(found) !== end[0] || !found.isWellFormed()) throw new Refusal("form", "expected plain text");
    this.take(end[0]);
    return found;
  }

  array(depth) {
    const found = [];
    this.take("[");
    while (this.text[this.place] !== "]") {
      if (found.length) this.take(",");
      found.push(this.value(depth + 1));
    }
    this.take("]");
    return found;
  }

  object(depth) {
    const found = new Map();
    let before = null;
    this.take("{");
    while (this.text[this.place] !== "}") {
      if (found.size) this.take(",");
      const key = this.string();
      if (before !== null && comparePoints(before, key) >= 0) throw new Refusal("form", "expected sorted keys");
      this.take(":");
      found.set(key, this.value(depth + 1));
      before = key;
    }
    this.take("}");
    return found;
  }
}

function comparePoints(left, right) {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a[i].codePointAt(0) - b[i].codePointAt(0);
  }
  return a.length - b.length;
}

function canonical(value) {
  if (value instanceof Map) {
    const pairs = [...value].sort(([left], [right]) => comparePoints(left, right));
    return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

const parseCanonical = (text) => new CanonicalReader(text).whole();

// One canonical value and a line feed.
function parseRecord(bytes) {
  const text = toUtf8(bytes);
  if (!text.endsWith("\n")) throw new Refusal("form", "expected a line feed at the end");
  return parseCanonical(text.slice(0, -1));
}

function texts(value, keys) {
  const right = value instanceof Map && value.size === keys.length;
  if (!right || !keys.every((key) => typeof value.get(key) === "string")) {
    throw new Refusal("form", `expected text in ${keys}`);
  }
  return Object.fromEntries(value);
}

// The facts of the seal: a flat object of text; empty when it is anything else.
function parseFacts(bytes) {
  try {
    const value = parseRecord(bytes);
    if (value instanceof Map && [...value.values()].every((item) => typeof item === "string")) {
      return Object.fromEntries(value);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return {};
}

function parseRedactions(bytes) {
  const value = parseRecord(bytes);
  if (!(value instanceof Map)) throw new Refusal("form", "expected the list of redactions");
  const [withheld, derived] = [value.get("withheld"), value.get("derived")];
  if (!Array.isArray(withheld) || !Array.isArray(derived)) throw new Refusal("form", "expected two lists");
  const rest = new Map([...value].filter(([key]) => key !== "withheld" && key !== "derived"));
  const found = texts(rest, ["at", "evidence_id", "officer", "root_sha256"]);
  found.withheld = withheld.map((item) => texts(item, ["name", "reason"]));
  found.derived = derived.map((item) => texts(item, ["file", "how", "parent"]));
  const names = found.withheld.map((one) => one.name);
  if (!TIME.test(found.at) || !found.officer) throw new Refusal("form", "expected time and officer");
  if (new Set(names).size !== names.length || !found.withheld.every((one) => one.reason)) {
    throw new Refusal("form", "expected each withheld file once and with a reason");
  }
  return found;
}

// The file that viewers open, and where in it they look for WARCs.
const ARCHIVE = "data/capture.wacz";
const WARCS = "archive/";

function parseRunning(bytes) {
  const lines = toLatin(bytes).split("\n");
  const number = "(0|[1-9][0-9]{0,14})";
  const head = new RegExp(`^\\{"file":"([^"\\\\]+)","member":"([^"\\\\]+)","offset":${number},"size":${number}\\}$`);
  const first = head.exec(lines[0]);
  if (!first || lines.length < 3 || lines[lines.length - 1] || first[4] === "0") throw new Refusal("form", "a running");
  const found = { file: first[1], member: first[2], offset: Number(first[3]), size: Number(first[4]), marks: [] };
  if (found.file !== ARCHIVE || !isSafe(found.member) || !found.member.startsWith(WARCS)) {
    throw new Refusal("form", "expected a WARC in the archive");
  }
  const form = new RegExp(`^\\{"at":"([^"]+)","bytes":([1-9][0-9]{0,14}),"sha256":"([0-9a-f]{64})"\\}$`);
  for (const line of lines.slice(1, -1)) {
    const match = form.exec(line);
    if (!match || !TIME.test(match[1])) throw new Refusal("form", "expected moment, length and digest");
    const mark = { at: match[1], bytes: Number(match[2]), sha256: match[3] };
    const last = found.marks[found.marks.length - 1];
    if (last && (mark.bytes <= last.bytes || mark.at < last.at)) throw new Refusal("form", "expected rising lines");
    found.marks.push(mark);
  }
  if (found.marks[found.marks.length - 1].bytes !== found.size) throw new Refusal("form", "expected the whole WARC");
  return found;
}

// --- custody
const CUSTODY_FIELDS =
  "action actor at detail evidence_id hash object_sha256 prev_hash purpose role seq".split(" ");

// How many lists and objects lie within each other.
function depthOf(value) {
  let depth = 0;
  for (let level = [value]; ; depth++) {
    level = level.filter((one) => Array.isArray(one) || one instanceof Map);
    if (!level.length) return depth;
    level = level.flatMap((one) => (Array.isArray(one) ? one : [...one.values()]));
  }
}

function parseCustody(bytes) {
  const text = toUtf8(bytes);
  if (text && !text.endsWith("\n")) throw new Refusal("form", "expected a line feed after each event");
  let previous = "0".repeat(64);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, place) => {
      const record = parseCanonical(line);
      if (depthOf(record) > 64) throw new Refusal("form", "expected at most 64 levels in an event");
      const fields = record instanceof Map ? [...record.keys()] : [];
      if (fields.length !== CUSTODY_FIELDS.length || !CUSTODY_FIELDS.every((name) => record.has(name))) {
        throw new Refusal("form", "expected the fields of a custody event");
      }
      if (record.get("seq") !== BigInt(place + 1) || record.get("prev_hash") !== previous) {
        throw new Refusal("form", "expected the next event");
      }
      const bare = new Map([...record].filter(([key]) => key !== "hash"));
      previous = toHex(sha256(fromUtf8(canonical(bare))));
      if (record.get("hash") !== previous) throw new Refusal("form", "expected the hash of the event");
      return record;
    });
}

// --- authority: refuses a record that breaks the rules
const AUTHORITY_TEXTS =
  "basis captured_by case_number issued_by kind number sealed_by valid_from valid_to".split(" ");

function parseAuthority(bytes) {
  const value = parseRecord(bytes);
  const officers = value instanceof Map ? value.get("officers") : null;
  if (!Array.isArray(officers)) throw new Refusal("form", "expected officers");
  const found = texts(new Map([...value].filter(([key]) => key !== "officers")), AUTHORITY_TEXTS);
  found.officers = officers.map((item) => texts(item, ["approved_at", "certificate_number", "name", "unit"]));
  const { kind, number, basis, captured_by: captured, sealed_by: sealed, valid_from: from, valid_to: to } = found;
  const rules = [
    ["case", "task"].includes(kind) && number && basis && captured && sealed,
    captured !== sealed,
    TIME.test(from) && TIME.test(to) && from <= to,
    found.officers.length >= 2 || (!found.officers.length && kind !== "case"),
    new Set(found.officers.map((one) => one.certificate_number)).size === found.officers.length,
    found.officers.every((one) => one.name && one.certificate_number),
    found.officers.every((one) => TIME.test(one.approved_at) && from <= one.approved_at && one.approved_at <= to),
  ];
  if (!rules.every(Boolean)) throw new Refusal("form", "expected a record that keeps the rules");
  return found;
}

// --- what the capture's own records state, held against the facts of the seal
const RECORDED = {
  captured_from: [FILES.capture, "/started_at"],
  captured_to: [FILES.capture, "/ended_at"],
  completeness: [FILES.completeness, "/verdict"],
  evidence_id: [FILES.capture, "/id"],
  origin_tls: [FILES.capture, "/main_document/tls_verdict/state"],
  url: [FILES.capture, "/requested_url"],
};
const TLS_WORDS = { valid: "good", invalid: "bad", none: "none", NOT_CHECKED: "unknown" };

// Texts of a record by the names that lead to them, as they are written. Read sign by sign, as what is no JSON must
// lead every reader to the same.
function statedTexts(record, wanted) {
  const found = [];
  const names = [];
  let named = false;
  for (const [sign, text, end] of record.matchAll(/"((?:[^"\\]|\\.)*)("?)|[{}[\]:,]/gs)) {
    const quoted = sign[0] === '"';
    if ((quoted && !end) || names.length > 64) break;
    if (quoted && names.length) {
      const last = names.length - 1;
      if (named || names[last] === null) {
        if (names.map((name) => `/${name === null ? "" : name}`).join("") === wanted) found.push(text);
      } else names[last] = text.replace(/[^a-z_]/g, "?");
    } else if (!quoted) {
      if (sign === "{" || sign === "[") names.push(sign === "{" ? "" : null);
      if (sign === "}" || sign === "]") names.pop();
      named = sign === ":";
    }
  }
  return found;
}

// Facts of the seal that the records (name to text) do not state; what is withheld is not there, and not judged.
function contradictions(facts, records) {
  return Object.keys(RECORDED).filter((key) => {
    const [name, path] = RECORDED[key];
    if (!Object.hasOwn(facts, key) || !records.has(name)) return false;
    let stated = statedTexts(records.get(name), path);
    if (key === "origin_tls") stated = stated.map((text) => (Object.hasOwn(TLS_WORDS, text) ? TLS_WORDS[text] : "?"));
    return stated.length !== 1 || stated[0] !== toLatin(fromUtf8(canonical(facts[key]))).slice(1, -1);
  });
}
