// Signed notes, checkpoints, proofs (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof; RFC 6962).

const NOTE_NAME = /^[A-Za-z0-9][A-Za-z0-9._~:/-]{0,119}$/;
const LOG_KEY = 1;
const WITNESS_KEY = 4;

const badNote = (what) => new Refusal("form", `expected ${what}`);

function noteName(name) {
  if (!NOTE_NAME.test(name)) throw badNote("a key name");
  return name;
}

function parseVkey(text) {
  const match = /^([^+\s]{1,120})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text);
  if (!match) throw badNote("a verifier key");
  const material = fromBase64(match[3]);
  const id = sha256(joined(fromUtf8(noteName(match[1])), [0x0a], material)).subarray(0, 4);
  if (material.length !== 33 || ![LOG_KEY, WITNESS_KEY].includes(material[0]) || toHex(id) !== match[2]) {
    throw badNote("a verifier key of type 1 or 4");
  }
  return { name: match[1], id: match[2], algorithm: material[0], public: material.subarray(1) };
}

function parseNote(bytes) {
  if (bytes.length > 65536) throw badNote("a smaller note");
  const text = toUtf8(bytes);
  // Beside the dashes that begin its signature lines, ASCII alone.
  if (!/^[\n\x20-\x7e]*$/.test(text.replaceAll("\n\u2014 ", "\n- "))) throw badNote("a note of plain text");
  const place = text.lastIndexOf("\n\n");
  const below = text.slice(place + 2);
  if (place < 1 || !below.endsWith("\n")) throw badNote("a text, an empty line and signatures");
  const signatures = below.slice(0, -1).split("\n").map(parseSignatureLine);
  const marks = new Set(signatures.map((one) => `${one.name} ${one.id}`));
  if (signatures.length > 64 || marks.size !== signatures.length) throw badNote("one signature of each key");
  return { text: text.slice(0, place + 1), signatures };
}

function parseSignatureLine(line) {
  const place = line.indexOf(" ", 2);
  if (!line.startsWith("\u2014 ") || place < 0) throw badNote("a signature line");
  const data = fromBase64(line.slice(place + 1));
  if (data.length <= 4) throw badNote("a key id and a signature");
  return { name: noteName(line.slice(2, place)), id: toHex(data.subarray(0, 4)), value: data.subarray(4) };
}

function decimal(text) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > (1n << 63n) - 1n) throw badNote("a whole number");
  return BigInt(text);
}

function treeHash(text) {
  const value = fromBase64(text);
  if (value.length !== 32) throw badNote("a hash of 32 bytes");
  return value;
}

function readCheckpoint(bytes) {
  const note = parseNote(bytes);
  const lines = note.text.split("\n");
  if (lines.length !== 4 || lines[3]) throw badNote("origin, size and root");
  const found = { note, origin: noteName(lines[0]), size: decimal(lines[1]), root: treeHash(lines[2]) };
  if (found.size === 0n && !same(found.root, sha256(new Uint8Array(0)))) throw badNote("the root of an empty tree");
  return found;
}

// What a known key signed: null, or when (a witness says it; seconds). Refuses a line of that key that does not hold.
async function keySigned(note, key) {
  const line = note.signatures.find((one) => one.name === key.name && one.id === key.id);
  if (!line) return null;
  let { value } = line;
  let message = note.text;
  let when = 0n;
  if (key.algorithm === WITNESS_KEY) {
    for (const byte of value.subarray(0, 8)) when = when * 256n + BigInt(byte);
    if (when <= 0n || when > 253402300799n) throw new Refusal("signature", "expected a time in the cosignature");
    message = `cosignature/v1\ntime ${when}\n${note.text}`;
    value = value.subarray(8);
  }
  if (value.length !== 64) throw new Refusal("signature", "expected 64 bytes of signature");
  const imported = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", imported, value, fromUtf8(message)))) {
    throw new Refusal("signature", `expected the signature of ${key.name} to hold`);
  }
  return { at: Number(when) };
}

async function requireLog(checkpoint, keys) {
  let signed = false;
  for (const key of keys) {
    if (key.algorithm === LOG_KEY && key.name === checkpoint.origin && (await keySigned(checkpoint.note, key))) {
      signed = true;
    }
  }
  if (!signed) throw new Refusal("signature", "expected a checkpoint signed by a listed log");
}

async function cosigners(note, keys) {
  const wanted = new Map(keys.filter((key) => key.algorithm === WITNESS_KEY).map((key) => [toHex(key.public), key]));
  const found = [];
  for (const key of wanted.values()) {
    const signed = await keySigned(note, key);
    if (signed) found.push({ name: key.name, at: signed.at });
  }
  return found;
}

function parseProof(bytes) {
  const text = toLatin(bytes);
  const place = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(place, 0)).split("\n");
  if (place < 0 || lines[0] !== "c2sp.org/tlog-proof@v1" || !(lines[1] || "").startsWith("index ")) {
    throw badNote("a proof");
  }
  if (lines.length > 65) throw badNote("a shorter proof");
  const index = decimal(lines[1].slice(6));
  const path = lines.slice(2).map(treeHash);
  const checkpoint = bytes.subarray(place + 2);
  readCheckpoint(checkpoint);
  return { index, path, checkpoint };
}

// Fold a path from an entry to the root; refuses a path of another length than such a tree has.
function foldedRoot(entry, index, size, path) {
  const node = (left, right) => sha256(joined([1], left, right));
  if (index >= size) throw badNote("an index in the tree");
  let value = sha256(joined([0], fromUtf8(entry)));
  let [place, last] = [index, size - 1n];
  for (const sibling of path) {
    if (last === 0n) throw badNote("fewer hashes");
    if (place & 1n || place === last) {
      value = node(sibling, value);
      while (place && !(place & 1n)) [place, last] = [place >> 1n, last >> 1n];
    } else {
      value = node(value, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last) throw badNote("more hashes");
  return value;
}
