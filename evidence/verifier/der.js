// Strict DER (X.690): one value has one byte form, so that a changed byte cannot hide in an encoding.

const PRIMITIVE_ONLY = new Set([1, 2, 3, 4, 5, 6, 10, 12, 13, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);

const damaged = (what) => new Refusal("form", `expected strict DER, got ${what}`);

// {tag, start, stop}: the tag of a value, where its contents begin and end.
function derHeader(data, offset, end) {
  if (offset + 2 > end) throw damaged("a cut header");
  const tag = data[offset];
  if ((tag & 0x1f) === 0x1f || tag === 0) throw damaged("a long tag or none");
  let start = offset + 2;
  let length = data[offset + 1];
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count === 0x7f || start + count > end) throw damaged("an indefinite or cut length");
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + data[start + i];
    if (length < 0x80 || data[start] === 0) throw damaged("a length that is not the shortest");
    start += count;
  }
  if (start + length > end) throw damaged("a value that runs out of its container");
  return { tag, start, stop: start + length };
}

function requirePrimitive(tag, value) {
  if (tag === 1 && !(value.length === 1 && (value[0] === 0 || value[0] === 0xff))) throw damaged("a boolean");
  if (tag === 2) {
    const padded =
      value.length > 1 && ((value[0] === 0 && value[1] < 0x80) || (value[0] === 0xff && value[1] >= 0x80));
    if (!value.length || padded) throw damaged("an integer that is empty or padded");
  }
  if (tag === 6 && value.length > 63) throw damaged("an object identifier of more than 63 bytes");
  if (tag === 3) {
    const unused = value.length ? value[0] : 8;
    const set = unused && (value.length < 2 || value[value.length - 1] & ((1 << unused) - 1));
    if (unused > 7 || set) throw damaged("a bit string with set or too many unused bits");
  }
}

function derWalk(data, offset, end, depth) {
  if (depth > 40) throw damaged("too deep a nesting");
  const children = [];
  while (offset < end) {
    const { tag, start, stop } = derHeader(data, offset, end);
    if (tag & 0x20) {
      if (PRIMITIVE_ONLY.has(tag & ~0x20)) throw damaged("a constructed form of a primitive type");
      const inner = derWalk(data, start, stop, depth + 1);
      if (tag === 0x31 && inner.some((one, i) => i && compareBytes(inner[i - 1], one) > 0)) throw damaged("a set");
    } else if (tag === 0x10 || tag === 0x11) {
      throw damaged("a primitive sequence or set");
    } else {
      requirePrimitive(tag, data.subarray(start, stop));
    }
    children.push(data.subarray(offset, stop));
    offset = stop;
  }
  return children;
}

const MAX_DER = 100000;

function requireStrict(data) {
  if (data.length > MAX_DER) throw damaged(`more than ${MAX_DER} bytes`);
  if (derWalk(data, 0, data.length, 0).length !== 1) throw damaged("not exactly one value");
}

// One value: its tag, contents, whole bytes, and parts on request.
class Der {
  constructor(raw) {
    const { tag, start, stop } = derHeader(raw, 0, raw.length);
    if (stop !== raw.length) throw damaged("more than one value");
    this.tag = tag;
    this.raw = raw;
    this.value = raw.subarray(start);
  }

  get parts() {
    const found = [];
    for (let place = 0; place < this.value.length; ) {
      const { stop } = derHeader(this.value, place, this.value.length);
      found.push(new Der(this.value.subarray(place, stop)));
      place = stop;
    }
    return found;
  }

  as(tag, what) {
    if (this.tag !== tag) throw new Refusal("form", `expected ${what}`);
    return this;
  }

  sequence(what = "a sequence") {
    return this.as(0x30, what).parts;
  }

  set(what = "a set") {
    return this.as(0x31, what).parts;
  }

  oid() {
    this.as(6, "an identifier");
    const bytes = this.value;
    if (!bytes.length || bytes[bytes.length - 1] & 0x80) throw new Refusal("form", "expected an identifier");
    const numbers = [];
    let number = 0;
    let fresh = true;
    for (const value of bytes) {
      if (fresh && value === 0x80) throw new Refusal("form", "expected an identifier in its shortest form");
      number = number * 128 + (value & 0x7f);
      fresh = !(value & 0x80);
      if (fresh) {
        numbers.push(number);
        number = 0;
      }
    }
    const first = Math.min(2, Math.floor(numbers[0] / 40));
    return [first, numbers[0] - 40 * first, ...numbers.slice(1)].join(".");
  }

  integer() {
    this.as(2, "an integer");
    let number = BigInt(`0x${toHex(this.value)}`);
    if (this.value[0] & 0x80) number -= 1n << BigInt(8 * this.value.length);
    return number;
  }

  octets() {
    return this.as(4, "octets").value;
  }

  bits() {
    this.as(3, "bits");
    if (this.value[0]) throw new Refusal("form", "expected whole bytes");
    return this.value.subarray(1);
  }

  // UTCTime or GeneralizedTime in milliseconds since 1970.
  time() {
    const text = toLatin(this.value);
    if (this.tag === 0x17 && /^\d{12}Z$/.test(text)) {
      const two = Number(text.slice(0, 2));
      return this.#moment(two < 50 ? 2000 + two : 1900 + two, text.slice(2, 12));
    }
    if (this.tag === 0x18 && /^\d{14}Z$/.test(text)) return this.#moment(Number(text.slice(0, 4)), text.slice(4, 14));
    throw new Refusal("form", "expected a time");
  }

  #moment(year, rest) {
    const [month, day, hour, minute, second] = rest.match(/../g).map(Number);
    const found = utc(year, month, day, hour, minute, second);
    if (found === null) throw new Refusal("form", "expected a day that there is");
    return found;
  }
}

// One value: tag, shortest length, bytes.
function derEncoded(tag, ...parts) {
  const value = joined(...parts);
  if (value.length < 128) return joined(Uint8Array.of(tag, value.length), value);
  const length = [];
  for (let size = value.length; size; size = Math.floor(size / 256)) length.unshift(size % 256);
  return joined(Uint8Array.of(tag, 128 + length.length, ...length), value);
}

const derSequence = (...parts) => derEncoded(0x30, ...parts);
const derSet = (...parts) => derEncoded(0x31, ...parts.sort(compareBytes));
