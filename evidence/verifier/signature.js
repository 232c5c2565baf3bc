// CMS signatures with CAdES attributes (RFC 5652, RFC 5035) and RFC 3161 timestamps.

const DIGESTS = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const MAX_CERTIFICATES = 10;
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const DATA = "1.2.840.113549.1.7.1";
const DIGEST_NAME = "2.16.840.1.101.3.4.2.1";
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const SIGNATURE_STAMP = "1.2.840.113549.1.9.16.2.14";
const RSA_NAMES = ["1.2.840.113549.1.1.1", ...Object.keys(SIGNATURES).filter((oid) => SIGNATURES[oid][0] === "rsa")];

const digestOf = async (name, bytes) => new Uint8Array(await crypto.subtle.digest(name, bytes));

// Anything that a decoder stumbles over is a damaged structure.
function reading(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("form", `expected a readable structure, got ${error.message}`);
  }
}

function parseCms(der) {
  requireStrict(der);
  return reading(() => {
    const [kind, outer] = new Der(der).sequence("a CMS signature");
    if (kind.oid() !== SIGNED_DATA) throw new Refusal("form", "expected signed data");
    const parts = outer.as(0xa0, "signed data").parts[0].sequence("signed data");
    const [, , enclosed] = parts;
    const [contentType, wrapped] = enclosed.sequence("enclosed content");
    const chosen = parts.find((part) => part.tag === 0xa0);
    if (chosen.parts.length > MAX_CERTIFICATES) throw new Refusal("form", "expected fewer certificates");
    const certificates = chosen.parts.map((part) => new Certificate(part.as(0x30, "a certificate").raw));
    const signers = parts[parts.length - 1].set("signers");
    if (signers.length !== 1) throw new Refusal("form", "expected exactly one signer");
    return {
      contentType: contentType.oid(),
      content: wrapped ? wrapped.as(0xa0, "content").parts[0].value : null,
      certificates,
      ...parseSigner(signers[0].sequence("a signer"), certificates),
    };
  });
}

function parseSigner(parts, certificates) {
  const [, sid, digest, attributes, algorithm, signature, ...later] = parts;
  const digestName = DIGESTS[digest.sequence()[0].oid()];
  if (!digestName) throw new Refusal("form", "expected a known digest");
  const found = certificates.filter((one) => {
    if (sid.tag === 0x80) return one.keyIdentifier && same(one.keyIdentifier, sid.value);
    const [issuer, serial] = sid.sequence("the name of the signer");
    return same(one.issuer, issuer.raw) && one.serial === serial.integer();
  });
  if (found.length !== 1) throw new Refusal("form", "expected one certificate of the signer");
  const values = new Map();
  for (const attribute of attributes.as(0xa0, "signed attributes").parts) {
    const [type, set] = attribute.sequence("an attribute");
    const name = type.oid();
    if (values.has(name) || set.set().length !== 1) throw new Refusal("form", "expected each attribute once");
    values.set(name, set.parts[0]);
  }
  const signed = Uint8Array.from(attributes.raw);
  signed[0] = 0x31;
  const name = algorithm.sequence()[0].oid();
  return {
    digestName,
    signer: found[0],
    values,
    attributes: signed,
    signature: signature.octets(),
    kind: RSA_NAMES.includes(name) ? "rsa" : SIGNATURES[name] ? SIGNATURES[name][0] : name,
    unsigned: later.length ? later[0].as(0xa1, "unsigned attributes").parts : [],
  };
}

async function namesSigner(parsed) {
  for (const [name, fallback] of [
    [SIGNING_CERTIFICATE_V2, "SHA-256"],
    [SIGNING_CERTIFICATE, "SHA-1"],
  ]) {
    const value = parsed.values.get(name);
    if (!value) continue;
    const first = value.sequence()[0].sequence()[0].sequence();
    const stated = first[0].tag === 0x30 ? DIGESTS[first.shift().sequence()[0].oid()] : fallback;
    if (!stated) throw new Refusal("signature", "expected a known digest");
    if (same(first[0].octets(), await digestOf(stated, parsed.signer.raw))) return true;
  }
  return false;
}

async function checkChain(parsed, anchors, at) {
  const path = await buildPath(parsed.signer, parsed.certificates, anchors, at);
  let bound;
  try {
    bound = await namesSigner(parsed);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("form", error.message);
  }
  if (!bound) throw new Refusal("signature", "expected the signed attributes to name the signer's certificate");
  return path;
}

async function checkSignature(parsed) {
  let holds = false;
  try {
    holds = await parsed.signer.verifies(parsed.signature, parsed.attributes, parsed.digestName, parsed.kind);
  } catch {
    holds = false;
  }
  if (!holds) throw new Refusal("signature", "expected a signature by the named certificate");
}

function checkContent(parsed, digest) {
  const [named, stated] = [parsed.values.get(MESSAGE_DIGEST), parsed.values.get(CONTENT_TYPE)];
  if (!named || !same(named.octets(), digest)) throw new Refusal("mismatch", "expected the digest in the signature");
  if (!stated || stated.oid() !== parsed.contentType) throw new Refusal("signature", "expected the content's type");
}

// A detached signature of ours in its one form: made again from what it says it must be the same to the byte. No
// unsigned attribute, no certificate or list that the signer did not name, no other way to write a number.
function requireOneForm(der, { signer, certificates, values, signature }) {
  const again = reading(() => {
    const others = certificates.filter((one) => one !== signer).map((one) => one.raw).sort(compareBytes);
    const [time, digest] = [values.get(SIGNING_TIME), values.get(MESSAGE_DIGEST)];
    const text = toLatin(time.value);
    if (!(time.tag === 0x17 ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text) || ![0x17, 0x18].includes(time.tag)) {
      throw new Refusal("form", "expected another form of signing time");
    }
    requireLower(signer, signature);
    const named = [signer.raw, ...others].map((one) => derSequence(derEncoded(4, sha256(one))));
    const attributes = derSet(
      attributeOf(CONTENT_TYPE, identifierOf(DATA)),
      attributeOf(SIGNING_TIME, time.raw),
      attributeOf(MESSAGE_DIGEST, derEncoded(4, digest.octets())),
      attributeOf(SIGNING_CERTIFICATE_V2, derSequence(derSequence(...named))),
    );
    const algorithm = derSequence(identifierOf(DIGEST_NAME), Uint8Array.of(5, 0));
    const version = Uint8Array.of(2, 1, 1);
    const information = derSequence(
      version,
      derSequence(signer.issuer, signer.number),
      algorithm,
      retagged(attributes),
      derSequence(identifierOf(ECDSA_SHA256)),
      derEncoded(4, signature),
    );
    const enclosed = retagged(derSet(signer.raw, ...others));
    const data = derSequence(identifierOf(DATA));
    const signed = derSequence(version, derSet(algorithm), data, enclosed, derSet(information));
    return derSequence(identifierOf(SIGNED_DATA), derEncoded(0xa0, signed));
  });
  if (!same(again, der)) throw new Refusal("form", "expected a signature in its one form");
}

const attributeOf = (kind, value) => derSequence(identifierOf(kind), derSet(value));

// A SET as it stands under the tag [0].
function retagged(set) {
  const out = Uint8Array.from(set);
  out[0] = 0xa0;
  return out;
}

function identifierOf(dotted) {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [];
  for (const number of [40 * first + second, ...rest]) {
    const groups = [number & 0x7f];
    for (let more = number >> 7; more; more >>= 7) groups.unshift((more & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return derEncoded(6, Uint8Array.from(bytes));
}

// Two positive numbers, the second the smaller one of its two forms.
function requireLower(signer, signature) {
  requireStrict(signature);
  const numbers = new Der(signature).sequence("a signature").map((part) => part.integer());
  if (!signer.curve || numbers.length !== 2 || numbers.some((number) => number <= 0n) || numbers[1] > HALVES[signer.curve[0]]) {
    throw new Refusal("form", "expected a signature in its one form");
  }
}

// A detached signature of ours over content with this SHA-256 (raw): its form, then the checks in their order.
async function verifyCms(der, digest, anchors, at) {
  const parsed = parseCms(der);
  requireOneForm(der, parsed);
  const path = await checkChain(parsed, anchors, at);
  if (!parsed.certificates.every((one) => path.some((other) => same(one.raw, other.raw)))) {
    throw new Refusal("signature", "expected the signer to name the certificates above it alone");
  }
  await checkSignature(parsed);
  checkContent(parsed, digest);
  return { parsed, path };
}

// The same of the signature in a report: it carries a timestamp, and its form is that of its maker.
async function verifyInReport(der, digest, anchors, at) {
  const parsed = parseCms(der);
  if (parsed.digestName !== "SHA-256") throw new Refusal("form", "expected a signature over SHA-256");
  await checkChain(parsed, anchors, at);
  await checkSignature(parsed);
  checkContent(parsed, digest);
}

// --- RFC 3161
function parseInfo(parsed) {
  if (parsed.contentType !== TST_INFO || !parsed.content) throw new Refusal("form", "expected a timestamp");
  requireStrict(parsed.content);
  return reading(() => {
    const parts = new Der(parsed.content).sequence("timestamp information");
    const [version, policy, imprint, serial, time] = parts;
    version.integer();
    policy.oid();
    serial.integer();
    const [algorithm, hashed] = imprint.sequence("an imprint");
    const text = toLatin(time.as(0x18, "a time").value);
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/.exec(text);
    const at = match ? utc(...match.slice(1, 7).map(Number)) : null;
    if (at === null) throw new Refusal("form", "expected a time");
    return { algorithm: algorithm.sequence()[0].oid(), imprint: hashed.octets(), time: at };
  });
}

async function checkToken(token, imprint, roots) {
  const parsed = parseCms(token);
  const info = parseInfo(parsed);
  const path = await checkChain(parsed, roots, info.time);
  reading(() => requireTimestamping(parsed.signer));
  await checkSignature(parsed);
  checkContent(parsed, await digestOf(parsed.digestName, parsed.content));
  if (DIGESTS[info.algorithm] !== "SHA-256" || !same(info.imprint, imprint)) {
    throw new Refusal("mismatch", "expected a timestamp over this, got one over something else");
  }
  return { time: info.time, path };
}

// A whole response over data with this SHA-256 (raw): {time, path}, judged at its own time.
async function checkResponse(response, imprint, roots) {
  requireStrict(response);
  const token = reading(() => {
    const [status, inner] = new Der(response).sequence("a timestamp response");
    const granted = status.sequence("a status")[0].integer();
    if (granted !== 0n && granted !== 1n) throw new Refusal("form", "expected status granted");
    if (!inner) throw new Refusal("form", "expected a token in a granted response");
    return inner.as(0x30, "a token").raw;
  });
  return checkToken(token, imprint, roots);
}
