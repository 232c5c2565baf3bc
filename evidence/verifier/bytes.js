// Bytes, text and their forms. Nothing here trusts its input.

class Refusal extends Error {
  // kind: "form" (damaged), "untrusted", "mismatch", "signature", "unreadable", "order"
  constructor(kind, message, code = "") {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

function toHex(bytes) {
  let text = "";
  for (const value of bytes) text += HEX[value];
  return text;
}

function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) throw new Refusal("form", "expected hex digits");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.substr(2 * i, 2), 16);
  return bytes;
}

function toLatin(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

function fromLatin(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function fromUtf8(text) {
  return new TextEncoder().encode(text);
}

function toUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("form", "expected UTF-8");
  }
}

function toBase64(bytes) {
  return btoa(toLatin(bytes));
}

// Standard base64 in its one form: padded, no unused bits.
function fromBase64(text) {
  let bytes;
  try {
    bytes = fromLatin(atob(text));
  } catch {
    throw new Refusal("form", "expected base64");
  }
  if (toBase64(bytes) !== text) throw new Refusal("form", "expected base64 in its one form");
  return bytes;
}

function same(left, right) {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    out.set(part, place);
    place += part.length;
  }
  return out;
}

function compareBytes(left, right) {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return left[i] - right[i];
  return left.length - right.length;
}

// --- names of files (E111, E112)
const SAFE = /^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

function isSafe(name) {
  return name.length <= 200 && SAFE.test(name) && !name.includes("\n");
}

function requireDistinct(names) {
  const seen = new Set();
  const folders = new Set();
  for (const name of names) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) throw new Refusal("container", `doubled name ${name}`, "E112");
    seen.add(folded);
    const parts = folded.split("/");
    for (let count = 1; count < parts.length; count++) folders.add(parts.slice(0, count).join("/"));
  }
  for (const name of folders) if (seen.has(name)) throw new Refusal("container", `file and folder ${name}`, "E112");
}

// --- times: RFC 3339 in UTC with microseconds, as our records write them
const TIME =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$/;

// Milliseconds since 1970, or null where there is no such day.
function moment(text) {
  if (!TIME.test(text)) return null;
  const [year, month, day, hour, minute, second] = text.match(/\d+/g).slice(0, 6).map(Number);
  return utc(year, month, day, hour, minute, second, Number(text.slice(20, 23)));
}

function utc(year, month, day, hour, minute, second, millisecond = 0) {
  if (year < 1) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  const right = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return right && hour < 24 && minute < 60 && second < 60 ? date.getTime() : null;
}

const seconds = (milliseconds) => Math.floor(milliseconds / 1000);
const shown = (milliseconds) => new Date(milliseconds).toISOString();
