// The one zip form of a package (stored entries in name order, nothing else), read from a file piece by piece.

const PIECE = 4 << 20;
const u16 = (bytes, place) => bytes[place] | (bytes[place + 1] << 8);
const u32 = (bytes, place) => (u16(bytes, place) | (u16(bytes, place + 2) << 16)) >>> 0;
const refusedZip = (code, message) => new Refusal("container", message, code);

// The file that was read last, when it is small: a hundred small reads take longer than all of the verification.
const kept = { file: null, bytes: null };

async function part(file, start, end) {
  try {
    if (file.size > PIECE) return new Uint8Array(await file.slice(start, end).arrayBuffer());
    if (kept.file !== file) [kept.bytes, kept.file] = [new Uint8Array(await file.arrayBuffer()), file];
    return kept.bytes.slice(start, end);
  } catch (error) {
    throw new Refusal("unreadable", error.message);
  }
}

function packed(...fields) {
  const bytes = [];
  for (const [size, value] of fields) for (let i = 0; i < size; i++) bytes.push(Math.floor(value / 256 ** i) & 255);
  return Uint8Array.from(bytes);
}

function localHeader(name, size, crc) {
  const fields = [[4, 0x04034b50], [2, 10], [2, 0], [2, 0], [2, 0], [2, 0x21], [4, crc], [4, size], [4, size]];
  return joined(packed(...fields, [2, name.length], [2, 0]), name);
}

function centralHeader(name, size, crc, offset) {
  const head = [[4, 0x02014b50], [2, 0x30a], [2, 10], [2, 0], [2, 0], [2, 0], [2, 0x21], [4, crc], [4, size], [4, size]];
  const tail = [[2, name.length], [2, 0], [2, 0], [2, 0], [2, 0], [4, 0o100644 * 65536], [4, offset]];
  return joined(packed(...head, ...tail), name);
}

async function endRecord(file) {
  const start = Math.max(0, file.size - 22 - 65535);
  const tail = await part(file, start, file.size);
  for (let place = tail.length - 4; place >= 0; place--) {
    if (u32(tail, place) !== 0x06054b50 || place + 22 > tail.length) continue;
    const [length, offset] = [u32(tail, place + 12), u32(tail, place + 16)];
    const last = start + place + 22 === file.size;
    // Inside a member (a WACZ is a zip) there are end records too: theirs do not fit our offsets.
    if (!last && offset + length !== start + place) continue;
    const [disk, other, here, count] = [4, 6, 8, 10].map((field) => u16(tail, place + field));
    if (!last || u16(tail, place + 20) || disk || other || here !== count) throw refusedZip("E110", "the end record");
    if (offset + length + 22 !== file.size) throw refusedZip("E110", "the place of the directory");
    return { count, offset, length };
  }
  throw new Refusal("unreadable", "expected a zip file with an end record");
}

// Members by name: {name, size, crc, offset}, the form checked to the last byte (contents apart).
async function readContainer(file) {
  const { count, offset: directoryOffset, length } = await endRecord(file);
  if (count > 10000 || length > count * (46 + 4096)) throw refusedZip("E110", "too large a directory");
  const directory = await part(file, directoryOffset, directoryOffset + length);
  const found = [];
  let place = 0;
  for (let i = 0; i < count; i++) {
    if (place + 46 > directory.length || u32(directory, place) !== 0x02014b50) throw refusedZip("E110", "damage");
    const name = directory.subarray(place + 46, place + 46 + u16(directory, place + 28));
    const end = place + 46 + u16(directory, place + 28) + u16(directory, place + 30) + u16(directory, place + 32);
    found.push({ name, fields: place, raw: directory.subarray(place, end) });
    place = end;
  }
  if (place !== directory.length) throw refusedZip("E110", "more after the last entry");
  requireDistinct(found.map((one) => toLatin(one.name)));
  const members = new Map();
  let [offset, before] = [0, ""];
  for (const { name, fields, raw } of found) {
    const text = toLatin(name);
    if (!isSafe(text)) throw refusedZip("E111", text);
    const [crc, size] = [u32(directory, fields + 16), u32(directory, fields + 24)];
    if ((u32(directory, fields + 38) & 0xf0000000) >>> 0 !== 0x80000000) throw refusedZip("E113", text);
    if (u16(directory, fields + 10) || u32(directory, fields + 20) !== size) throw refusedZip("E114", text);
    if (!same(raw, centralHeader(name, size, crc, offset))) throw refusedZip("E110", text);
    const header = localHeader(name, size, crc);
    if (!same(await part(file, offset, offset + header.length), header)) throw refusedZip("E110", text);
    if (before && before >= text) throw refusedZip("E110", text);
    members.set(text, { name: text, size, crc, offset: offset + header.length });
    offset += header.length + size;
    before = text;
  }
  if (offset !== directoryOffset) throw refusedZip("E110", "a gap before the directory");
  return members;
}

class Package {
  constructor(file, members) {
    this.file = file;
    this.members = members;
    this.found = new Map();
  }

  has(...names) {
    return names.every((name) => this.members.has(name));
  }

  names() {
    return [...this.members.keys()];
  }

  async read(name, limit = 4000000) {
    const member = this.members.get(name);
    if (!member) throw new Refusal("form", `expected ${name}`);
    if (member.size > limit) throw new Refusal("form", `expected at most ${limit} bytes in ${name}`);
    return part(this.file, member.offset, member.offset + member.size);
  }

  slice(name, start, end) {
    const { offset, size } = this.members.get(name);
    return part(this.file, offset + Math.max(0, start), offset + Math.min(size, end));
  }

  // Every byte is read once for all its digests. plans: name to {salt, start, marks}.
  async survey(plans, progress) {
    const total = [...this.members.values()].reduce((sum, member) => sum + member.size, 0);
    let done = 0;
    for (const member of this.members.values()) {
      const plan = plans.get(member.name) || {};
      const taking = new Taking(plan, member.name.startsWith("data/"));
      for (let place = 0; place < member.size; place += PIECE) {
        const bytes = await part(this.file, member.offset + place, member.offset + Math.min(place + PIECE, member.size));
        taking.update(bytes);
        done += bytes.length;
        await progress(done, total, member.name);
      }
      this.found.set(member.name, taking.result());
    }
  }

  digests(name) {
    return this.found.get(name) || {};
  }
}

// All digests of one file at once, those of its beginnings (marks after start) included.
class Taking {
  constructor(plan, original) {
    this.sha256 = new Sha256();
    this.sm3 = original ? new Sm3() : null;
    this.salted = plan.salt ? new Sha256().update(plan.salt) : null;
    this.crc = new Crc32();
    this.running = plan.marks ? new Sha256() : null;
    this.start = plan.start || 0;
    this.wanted = [...(plan.marks || [])];
    this.marks = [];
    this.place = 0;
  }

  update(bytes) {
    this.sha256.update(bytes);
    this.crc.update(bytes);
    if (this.sm3) this.sm3.update(bytes);
    if (this.salted) this.salted.update(bytes);
    if (this.running) this.#run(bytes);
    this.place += bytes.length;
  }

  #run(bytes) {
    let from = Math.max(0, this.start - this.place);
    while (from < bytes.length && this.wanted.length) {
      const to = Math.min(bytes.length, this.start + this.wanted[0] - this.place);
      this.running.update(bytes.subarray(from, to));
      if (this.place + to === this.start + this.wanted[0]) {
        this.marks.push(this.running.hex());
        this.wanted.shift();
      }
      from = to;
    }
  }

  result() {
    return {
      sha256: this.sha256.hex(),
      sm3: this.sm3 ? this.sm3.hex() : "",
      salted: this.salted ? this.salted.hex() : "",
      crc: this.crc.number(),
      marks: this.marks,
    };
  }
}
