// Digests that take their bytes in pieces: SHA-256, SHA-512 (FIPS 180-4), SM3 (GB/T 32905), CRC-32.

class Blocks {
  constructor(size) {
    this.size = size;
    this.block = new Uint8Array(size);
    this.view = new DataView(this.block.buffer);
    this.used = 0;
    this.total = 0;
  }

  update(bytes) {
    this.total += bytes.length;
    let place = 0;
    if (this.used) {
      place = Math.min(this.size - this.used, bytes.length);
      this.block.set(bytes.subarray(0, place), this.used);
      this.used += place;
      if (this.used < this.size) return this;
      this.compress(this.view, 0);
      this.used = 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; place + this.size <= bytes.length; place += this.size) this.compress(view, place);
    this.block.set(bytes.subarray(place), 0);
    this.used = bytes.length - place;
    return this;
  }

  // Hex of what was taken so far; more may follow.
  hex() {
    const copy = this.copy();
    const room = this.size / 8;
    copy.block[copy.used++] = 0x80;
    if (copy.used > this.size - room) {
      copy.block.fill(0, copy.used);
      copy.compress(copy.view, 0);
      copy.used = 0;
    }
    copy.block.fill(0, copy.used);
    copy.view.setUint32(this.size - 8, Math.floor(this.total / 0x20000000));
    copy.view.setUint32(this.size - 4, (this.total << 3) >>> 0);
    copy.compress(copy.view, 0);
    return copy.result();
  }

  copy() {
    const other = new this.constructor();
    other.block.set(this.block);
    other.used = this.used;
    other.total = this.total;
    other.state.set(this.state);
    return other;
  }

  result() {
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

function roots(count, power) {
  // First 64 bits of the fractional parts of the square or cube roots of the first primes, as [high, low] words.
  const words = [];
  for (let n = 2n; words.length < 2 * count; n++) {
    let prime = true;
    for (let d = 2n; d * d <= n; d++) if (n % d === 0n) prime = false;
    if (!prime) continue;
    const wanted = n << (64n * BigInt(power));
    let low = 0n;
    let high = 1n << 80n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(power) <= wanted) low = middle;
      else high = middle;
    }
    words.push(Number((low >> 32n) & 0xffffffffn), Number(low & 0xffffffffn));
  }
  return words;
}

const CUBES = new Int32Array(roots(80, 3));
const SQUARES = new Int32Array(roots(8, 2));
const K256 = CUBES.filter((_, place) => place % 2 === 0).slice(0, 64);

class Sha256 extends Blocks {
  constructor() {
    super(64);
    this.state = SQUARES.filter((_, place) => place % 2 === 0);
    this.words = new Int32Array(64);
  }

  compress(view, place) {
    const w = this.words;
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(place + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const h = this.state;
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + K256[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
    h[5] += f;
    h[6] += g;
    h[7] += k;
  }
}

const SM3_T = new Int32Array(64).map((_, j) => {
  const t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
  const n = j % 32;
  return n ? (t << n) | (t >>> (32 - n)) : t;
});
const SM3_IV = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];

class Sm3 extends Blocks {
  constructor() {
    super(64);
    this.state = new Int32Array(SM3_IV);
    this.words = new Int32Array(68);
  }

  compress(view, place) {
    const w = this.words;
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(place + 4 * i);
    for (let i = 16; i < 68; i++) {
      const y = w[i - 3];
      const x = w[i - 16] ^ w[i - 9] ^ ((y << 15) | (y >>> 17));
      const z = w[i - 13];
      w[i] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^ ((z << 7) | (z >>> 25)) ^ w[i - 6];
    }
    const v = this.state;
    let [a, b, c, d, e, f, g, h] = v;
    for (let i = 0; i < 64; i++) {
      const a12 = (a << 12) | (a >>> 20);
      const s = (a12 + e + SM3_T[i]) | 0;
      const ss1 = (s << 7) | (s >>> 25);
      const early = i < 16;
      const tt1 = ((early ? a ^ b ^ c : (a & b) | (a & c) | (b & c)) + d + (ss1 ^ a12) + (w[i] ^ w[i + 4])) | 0;
      const tt2 = ((early ? e ^ f ^ g : (e & f) | (~e & g)) + h + ss1 + w[i]) | 0;
      d = c;
      c = (b << 9) | (b >>> 23);
      b = a;
      a = tt1;
      h = g;
      g = (f << 19) | (f >>> 13);
      f = e;
      e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15));
    }
    v[0] ^= a;
    v[1] ^= b;
    v[2] ^= c;
    v[3] ^= d;
    v[4] ^= e;
    v[5] ^= f;
    v[6] ^= g;
    v[7] ^= h;
  }
}

// Words of 64 bits as two of 32: only the lists of a renewal ask for it.
class Sha512 extends Blocks {
  constructor() {
    super(128);
    this.state = SQUARES.slice();
    this.words = new BigUint64Array(80);
  }

  compress(view, place) {
    const w = this.words;
    const rotate = (x, n) => BigInt.asUintN(64, (x >> n) | (x << (64n - n)));
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(place + 8 * i);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] =
        w[i - 16] +
        (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) +
        w[i - 7] +
        (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n));
    }
    const pair = (words, i) => (BigInt(words[2 * i] >>> 0) << 32n) | BigInt(words[2 * i + 1] >>> 0);
    let [a, b, c, d, e, f, g, h] = Array.from({ length: 8 }, (_, i) => pair(this.state, i));
    const before = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 80; i++) {
      const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
      const t1 = h + s1 + ((e & f) ^ (~e & g)) + pair(CUBES, i) + w[i];
      const t2 = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, BigInt.asUintN(64, d + t1), c, b, a, BigInt.asUintN(64, t1 + t2)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      const sum = BigInt.asUintN(64, before[i] + word);
      this.state[2 * i] = Number(sum >> 32n);
      this.state[2 * i + 1] = Number(sum & 0xffffffffn);
    });
  }
}

const CRC = new Int32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

class Crc32 {
  constructor() {
    this.value = -1;
  }

  update(bytes) {
    let value = this.value;
    for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ CRC[(value ^ bytes[i]) & 255];
    this.value = value;
    return this;
  }

  number() {
    return ~this.value >>> 0;
  }
}

const sha256 = (bytes) => fromHex(new Sha256().update(bytes).hex());
