// Certificates and paths: from a signer to a root on the trust list. What is not understood is refused.

const CURVES = {
  "1.2.840.10045.3.1.7": ["P-256", 32],
  "1.3.132.0.34": ["P-384", 48],
  "1.3.132.0.35": ["P-521", 66],
};
// Half the number of points of each curve: of the two signatures s and order - s the smaller is the one form.
const HALVES = {
  "P-256": 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n,
  "P-384": (1n << 383n) - 0x1c4e593f05e4691053f2f926dba7ac428989f34a999d6b47n,
  "P-521": (1n << 520n) - 0x2d73cbc3e206834ca4019ff5b847b2d17e2251b23bb31dc28a2482470b763cdfcn,
};
const SIGNATURES = {
  "1.2.840.10045.4.3.2": ["ecdsa", "SHA-256"],
  "1.2.840.10045.4.3.3": ["ecdsa", "SHA-384"],
  "1.2.840.10045.4.3.4": ["ecdsa", "SHA-512"],
  "1.2.840.113549.1.1.11": ["rsa", "SHA-256"],
  "1.2.840.113549.1.1.12": ["rsa", "SHA-384"],
  "1.2.840.113549.1.1.13": ["rsa", "SHA-512"],
};
const LEAST_RSA_BITS = 2048;
const BASIC = "2.5.29.19";
const USAGE = "2.5.29.15";
const EXTENDED = "2.5.29.37";
const UNDERSTOOD = new Set([BASIC, USAGE, EXTENDED, "2.5.29.32", "2.5.29.17"]);
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]*$/;

class Certificate {
  constructor(raw) {
    this.raw = raw;
    const [tbs, algorithm, signature, ...rest] = new Der(raw).sequence("a certificate");
    if (!signature || rest.length) throw new Refusal("form", "expected a certificate");
    this.tbs = tbs.raw;
    this.algorithm = algorithm.raw;
    this.algorithmName = algorithm.sequence()[0].oid();
    this.signature = signature.bits();
    const parts = tbs.sequence();
    const version = parts[0].tag === 0xa0 ? parts.shift().parts[0].integer() : 0n;
    if (version > 2n || version < 0n) throw new Refusal("form", "expected a certificate of version 1 to 3");
    this.serial = parts[0].integer();
    this.number = parts[0].raw;
    if (this.serial <= 0n) throw new Refusal("form", "expected a positive serial number");
    if (!same(parts[1].raw, algorithm.raw)) this.odd = true;
    this.issuer = Certificate.#name(parts[2]);
    const times = parts[3].sequence("a validity");
    [this.from, this.to] = [times[0].time(), times[1].time()];
    this.subject = Certificate.#name(parts[4]);
    this.key = parts[5].raw;
    [this.keyAlgorithm, this.keyBits] = parts[5].sequence("a public key");
    const last = parts.slice(6).find((part) => part.tag === 0xa3);
    this.extensions = last ? last.parts[0].sequence("extensions").map(Certificate.#extension) : [];
  }

  static #name(part) {
    for (const relative of part.sequence("a name")) {
      for (const pair of relative.set("a name")) {
        const [kind, value] = pair.sequence("a name");
        kind.oid();
        if (value.tag === 0x13 && !PRINTABLE.test(toLatin(value.value))) throw new Refusal("form", "a name");
      }
    }
    return part.raw;
  }

  static #extension(part) {
    const parts = part.sequence("an extension");
    const critical = parts.length === 3;
    if (critical && (parts[1].tag !== 1 || parts[1].value[0] !== 0xff)) throw new Refusal("form", "an extension");
    return { oid: parts[0].oid(), critical, value: parts[parts.length - 1].octets() };
  }

  extension(oid) {
    return this.extensions.find((one) => one.oid === oid);
  }

  get keyIdentifier() {
    const found = this.extension("2.5.29.14");
    return found ? new Der(found.value).octets() : null;
  }

  get curve() {
    const [name, curve] = this.keyAlgorithm.sequence();
    return name.oid() === "1.2.840.10045.2.1" && curve ? CURVES[curve.oid()] : undefined;
  }

  // Whether its key and the signature over it are of an algorithm that carries a proof.
  isStrong() {
    if (!SIGNATURES[this.algorithmName]) return false;
    try {
      if (this.curve) return true;
      if (this.keyAlgorithm.sequence()[0].oid() !== "1.2.840.113549.1.1.1") return false;
      const modulus = new Der(this.keyBits.bits()).sequence()[0].integer();
      return modulus > 0n && modulus.toString(2).length >= LEAST_RSA_BITS;
    } catch {
      return false;
    }
  }

  // The key for one digest, as the browser has it: {verify(signature, message)}.
  async verifies(signature, message, digest, kind) {
    const algorithm = this.keyAlgorithm.sequence();
    const name = algorithm[0].oid();
    if (kind === "ecdsa" && name === "1.2.840.10045.2.1") {
      const curve = CURVES[algorithm[1].oid()];
      if (!curve) return false;
      const key = await crypto.subtle.importKey("spki", this.key, { name: "ECDSA", namedCurve: curve[0] }, false, [
        "verify",
      ]);
      return crypto.subtle.verify({ name: "ECDSA", hash: digest }, key, plainSignature(signature, curve[1]), message);
    }
    if (kind === "rsa" && name === "1.2.840.113549.1.1.1") {
      const form = { name: "RSASSA-PKCS1-v1_5", hash: digest };
      const key = await crypto.subtle.importKey("spki", this.key, form, false, ["verify"]);
      return crypto.subtle.verify(form.name, key, signature, message);
    }
    return false;
  }

  async signedBy(issuer) {
    const algorithm = SIGNATURES[this.algorithmName];
    if (this.odd || !algorithm || !same(this.issuer, issuer.subject)) return false;
    try {
      return await issuer.verifies(this.signature, this.tbs, algorithm[1], algorithm[0]);
    } catch {
      return false;
    }
  }

  mayIssue(below) {
    const basic = this.extension(BASIC);
    const usage = this.extension(USAGE);
    if (!basic || !usage) return false;
    const [authority, length] = new Der(basic.value).sequence();
    const bits = new Der(usage.value).as(3, "a key usage").value;
    const isAuthority = authority && authority.tag === 1 && authority.value[0] === 0xff;
    return isAuthority && Boolean(bits[1] & 0x04) && (!length || length.integer() >= BigInt(below));
  }
}

// r and s side by side, as the browser wants them.
function plainSignature(der, size) {
  const parts = new Der(der).sequence("a signature");
  if (parts.length !== 2) throw new Refusal("signature", "expected two numbers");
  const out = new Uint8Array(2 * size);
  parts.forEach((part, place) => {
    let value = part.as(2, "a number").value;
    if (!value.length || value[0] & 0x80) throw new Refusal("signature", "expected positive numbers");
    if (value.length > 1 && value[0] === 0) {
      if (value[1] < 0x80) throw new Refusal("signature", "expected numbers in their shortest form");
      value = value.subarray(1);
    }
    if (value.length > size) throw new Refusal("signature", "expected smaller numbers");
    out.set(value, (place + 1) * size - value.length);
  });
  return out;
}

// Every path that goes on from this one to an anchor. Candidates are distinct; known: signatures tried.
async function extended(path, candidates, anchors, known) {
  const tip = path[path.length - 1];
  if (!known.has(tip)) known.set(tip, new Map());
  const tried = known.get(tip);
  const issuedBy = async (other) => {
    if (!tried.has(other)) tried.set(other, await tip.signedBy(other));
    return tried.get(other);
  };
  const found = [];
  for (const anchor of anchors) {
    if (same(tip.raw, anchor.raw)) found.push(path);
    else if (await issuedBy(anchor)) found.push([...path, anchor]);
  }
  if (path.length >= 5) return found;
  for (const candidate of candidates) {
    if (path.includes(candidate) || !(await issuedBy(candidate))) continue;
    found.push(...(await extended([...path, candidate], candidates, anchors, known)));
  }
  return found;
}

// Of the paths that are valid at the time the one that ends last (a root may be issued again), else the first.
function chosenPath(paths, now) {
  const valid = paths.filter((path) => path.every((one) => now >= one.from && now <= one.to));
  return valid.length ? valid.reduce((best, path) => (expires(path) > expires(best) ? path : best)) : paths[0];
}

// The path from a signer to one of the anchors, all of it valid at one time (milliseconds).
async function buildPath(leaf, candidates, anchors, at) {
  // Weak ones do not count.
  if (!leaf.isStrong()) throw new Refusal("untrusted", "expected a key and a digest that carry a proof");
  const others = candidates.filter(
    (one, i) => one.isStrong() && !same(one.raw, leaf.raw) && !candidates.slice(0, i).some((before) => same(before.raw, one.raw)),
  );
  const now = 1000 * seconds(at);
  const path = chosenPath(await extended([leaf], others, anchors, new Map()), now);
  if (!path) throw new Refusal("untrusted", "expected a signer certified by a listed root");
  path.forEach((one, place) => {
    if (new Set(one.extensions.map((extension) => extension.oid)).size !== one.extensions.length) {
      throw new Refusal("untrusted", "expected each extension once");
    }
    if (one.extensions.some((extension) => extension.critical && !UNDERSTOOD.has(extension.oid))) {
      throw new Refusal("untrusted", "expected known critical extensions");
    }
    if (now < one.from || now > one.to) throw new Refusal("untrusted", `expected a certificate valid at ${shown(now)}`);
    let issues;
    try {
      issues = !place || one.mayIssue(place - 1);
    } catch {
      issues = false;
    }
    if (!issues) throw new Refusal("untrusted", "expected an issuer");
  });
  return path;
}

function requireTimestamping(leaf) {
  const found = leaf.extension(EXTENDED);
  const uses = found ? new Der(found.value).sequence().map((part) => part.oid()) : [];
  if (!found || !found.critical || uses.length !== 1 || uses[0] !== TIME_STAMPING) {
    throw new Refusal("untrusted", "expected the extended key usage timeStamping, critical and alone");
  }
}

const expires = (path) => Math.min(...path.map((one) => one.to));
