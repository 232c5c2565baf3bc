// The trust list: the only place roots and keys come from. It has one form to the last byte.

const KEY_USES = { log: LOG_KEY, witness: WITNESS_KEY };
const ROOT_USES = ["seal", "report", "node", "timestamp"];

// texts: file name to its text.
function loadTrust(texts) {
  const list = texts.get("trust.json") || "";
  const head = /^\{"version": 2, "quorum": (0|[1-9][0-9]?), "anchors": \[\n/.exec(list);
  if (!head) throw new Refusal("form", "trust.json: expected the trust list, version 2");
  const items = trustItems(list);
  const again = items.map(trustLine).join(",\n");
  if (`${head[0]}${again}\n]}\n` !== list) throw new Refusal("form", "trust.json: expected the form in which it is published");
  const entries = items.map((item) => trustEntry(item, texts));
  requireOnce(entries);
  return {
    sha256: toHex(sha256(fromUtf8(list))),
    quorum: Number(head[1]),
    anchors: entries.filter((one) => one.certificate),
    keys: entries.filter((one) => one.key),
    roots(use, name = null) {
      const wanted = this.anchors.filter((one) => one.use === use && (name === null || one.name === name));
      return wanted.map((one) => one.certificate);
    },
    noteKeys(use) {
      return this.keys.filter((one) => one.use === use).map((one) => one.key);
    },
    kindOf(root, use) {
      const found = this.anchors.find((one) => one.use === use && same(one.certificate.raw, root.raw));
      return found ? found.kind : "";
    },
  };
}

function trustItems(list) {
  try {
    return JSON.parse(list).anchors;
  } catch {
    throw new Refusal("form", "trust.json: expected a trust list");
  }
}

// One entry as it is published. A key named twice or in another order is not made again so.
function trustLine(item) {
  const keys = ["name", "use", "kind", "file", "sha256", ...(item.use in KEY_USES ? ["vkey"] : [])];
  return `{${keys.map((key) => `"${key}": ${JSON.stringify(item[key])}`).join(", ")}}`;
}

const trustFile = (name, use) =>
  ({ timestamp: `tsa-${name}.pem`, log: "log.pub.pem", witness: `witness-${name}.pub.pem` })[use] || `${use}.pem`;

// One party counts once: no certificate or key twice, no two keys of one name in notes, one witness of a name.
function requireOnce(entries) {
  const seen = new Set();
  for (const { use, name, sha256: print, key } of entries) {
    const marks = [`${use} ${name} ${print}`];
    if (key) marks.push(print, `${key.name}+${key.id}`);
    if (use === "witness") marks.push(`${use} ${name}`);
    if (marks.some((mark) => seen.has(mark))) throw new Refusal("form", `trust.json: expected ${use} ${name} once`);
    for (const mark of marks) seen.add(mark);
  }
}

function trustEntry(item, texts) {
  const { name, use, kind, file } = item;
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name) || !["court", "bureau", "test"].includes(kind)) {
    throw new Refusal("form", "trust.json: expected a known name and kind");
  }
  if (file !== trustFile(name, use)) throw new Refusal("form", "trust.json: expected each entry in its file");
  const found = pemBlocks(texts.get(file)).find((der) => toHex(sha256(der)) === item.sha256);
  if (!found) throw new Refusal("form", `${file}: expected what the trust list names; give all files of its folder`);
  if (use in KEY_USES) {
    const key = parseVkey(item.vkey);
    const prefix = fromHex("302a300506032b6570032100");
    if (key.algorithm !== KEY_USES[use] || !same(found, joined(prefix, key.public))) {
      throw new Refusal("form", `${file}: expected the key that the trust list names`);
    }
    return { name, use, kind, key, sha256: item.sha256 };
  }
  if (!ROOT_USES.includes(use)) throw new Refusal("form", "trust.json: expected a known use");
  return { name, use, kind, certificate: new Certificate(found), sha256: item.sha256 };
}

function pemBlocks(text = "") {
  const form = /-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----\n([A-Za-z0-9+/=\n]+)-----END/g;
  return [...text.matchAll(form)].map((match) => fromBase64(match[1].replaceAll("\n", "")));
}
