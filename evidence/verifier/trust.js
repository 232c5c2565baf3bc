// The trust list: the only place roots and keys come from. It has one form to the last byte.

const KEY_USES = { log: LOG_KEY, witness: WITNESS_KEY };
const ROOT_USES = ["seal", "report", "node", "timestamp"];

// texts: file name to its text.
function loadTrust(texts) {
  const list = texts.get("trust.json") || "";
  const head = /^\{"version": 2, "quorum": (0|[1-9][0-9]?), "anchors": \[\n/.exec(list);
  if (!head) throw new Refusal("form", "trust.json: expected the trust list, version 2");
  const entries = JSON.parse(list).anchors.map((item) => trustEntry(item, texts));
  return {
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

function trustEntry(item, texts) {
  const { name, use, kind, file } = item;
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name) || !["court", "bureau", "test"].includes(kind)) {
    throw new Refusal("form", "trust.json: expected a known name and kind");
  }
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
