// The report's PAdES signatures: each revision in its one form, nothing shown after the signature.

const RANGE = /\/ByteRange \[0 (\d{1,10}) (\d{1,10}) (\d{1,10})\] *\n\/Contents </g;
const TRAILER =
  /trailer\n<< \/Size (\d{1,7}) (\/Root (\d{1,7}) 0 R \/Info \d{1,7} 0 R)(?: \/Prev \d{1,10})? (\/ID \[[^\]]*\]) >>\nstartxref\n(\d{1,10})\n%%EOF\n$/;
const STORE = /^<< \/Type \/DSS \/Certs \[ ((?:\d{1,7} 0 R )*)\] \/CRLs \[ ((?:\d{1,7} 0 R )*)\] >>$/;
const RANGE_ROOM = 48;
const MAX_REVISIONS = 50;
const TOKEN_FIELD = "<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161";

const otherForm = (what) => new Refusal("form", `expected ${what} in the report`);
const otherBytes = (what) => new Refusal("mismatch", `expected ${what} in the report`);

// The file is handled as text of one character a byte.
function readRevisions(pdf) {
  const places = [...pdf.matchAll(RANGE)];
  if (!places.length || pdf.split("/ByteRange").length - 1 !== places.length) throw otherForm("signatures in our form");
  if (places.length > MAX_REVISIONS) throw otherForm(`at most ${MAX_REVISIONS} revisions`);
  // Their order first: it costs nothing, a digest may.
  const ends = places.map((match) => Number(match[2]) + Number(match[3]));
  if (ends[ends.length - 1] !== pdf.length) throw otherBytes("signatures that cover all");
  if (ends.some((end, i) => i && ends[i - 1] >= end)) throw otherBytes("each signature to cover the one before");
  const found = places.map((match) => signedRevision(pdf, match));
  for (let i = 1; i < found.length; i++) requireArchive(pdf.slice(0, ends[i - 1]), pdf.slice(0, ends[i]));
  return found;
}

function signedRevision(pdf, match) {
  const [length, second, rest] = match.slice(1).map(Number);
  const [start, end] = [match.index + match[0].length, second - 1];
  if (length !== start - 1 || start >= second || second + rest > pdf.length) throw otherBytes("signed ranges around it");
  if (pdf[end] !== ">" || !pdf.slice(0, second + rest).endsWith("%%EOF\n")) throw otherForm("a hexadecimal signature");
  const padded = fromHex(pdf.slice(start, end));
  const { stop } = derHeader(padded, 0, padded.length);
  if (padded.subarray(stop).some((byte) => byte)) throw otherForm("zeros after the signature");
  const digest = new Sha256().update(fromLatin(pdf.slice(0, start - 1)));
  digest.update(fromLatin(pdf.slice(end + 1, second + rest)));
  return { value: padded.subarray(0, stop), digest: fromHex(digest.hex()), end: second + rest };
}

// The later revision is made again from its parts and must be the same to the byte.
function requireArchive(earlier, later) {
  const parts = [];
  let place = earlier.length;
  const stream = /(\d{1,7}) 0 obj\n<< \/Length (\d{1,7}) >>\nstream\n/y;
  for (;;) {
    stream.lastIndex = place;
    const match = stream.exec(later);
    if (!match) break;
    const end = stream.lastIndex + Number(match[2]);
    parts.push(later.slice(stream.lastIndex, end));
    place = end + "\nendstream\nendobj\n".length;
  }
  const listed = /^\d{1,7} 0 obj\n<< \/Type \/DSS \/Certs \[ ((?:\d{1,7} 0 R )*)\]/.exec(later.slice(place));
  const range = new RegExp(RANGE.source, "g");
  range.lastIndex = place;
  const hole = range.exec(later);
  const names = [...later.slice(place).matchAll(/\/FT \/Sig \/T \((\w{1,40})\)/g)];
  if (!listed || !hole || names.length !== 1) throw otherBytes("a revision with validation data alone");
  const count = listed[1].split(" R ").length - pdfStore(earlier)[0].split(" R ").length;
  const room = Math.floor((Number(hole[2]) - 1 - (hole.index + hole[0].length)) / 2);
  const again = archiveRevision(earlier, names[0][1], parts.slice(0, count), parts.slice(count), room);
  const blank = later.slice(0, again.start) + "0".repeat(again.end - again.start) + later.slice(again.end);
  if (blank !== again.data) throw otherBytes("a revision with validation data alone");
}

function pdfTail(pdf) {
  const match = TRAILER.exec(pdf.slice(-500));
  if (!match) throw otherForm("the end of a PDF file in our form");
  return { size: Number(match[1]), links: match[2], catalog: Number(match[3]), id: match[4], table: Number(match[5]) };
}

function pdfBody(pdf, number) {
  const found = [...pdf.matchAll(new RegExp(`\\n${number} 0 obj\\n([^\\n]*)\\nendobj\\n`, "g"))];
  if (!found.length) throw otherForm(`the object ${number}`);
  return found[found.length - 1][1];
}

// Signature fields: name to object.
function pdfFields(pdf) {
  const form = /\n(\d{1,7}) 0 obj\n<< \/Type \/Annot \/Subtype \/Widget \/FT \/Sig \/T \((\w{1,40})\)/g;
  return new Map([...pdf.matchAll(form)].map((match) => [match[2], Number(match[1])]));
}

// A field like the ones that the file has, on the same page.
function newField(pdf, name) {
  const numbers = [...pdfFields(pdf).values()];
  if (!numbers.length) throw otherForm("a signature field");
  const page = /\/P \d{1,7} 0 R/.exec(pdfBody(pdf, Math.min(...numbers)));
  if (!page) throw otherForm("a signature field on a page");
  return `<< /Type /Annot /Subtype /Widget /FT /Sig /T (${name}) /F 132 /Rect [ 0 0 0 0 ] ${page[0]} >>`;
}

// References to certificates and lists in the newest store of the file, empty where it has none.
function pdfStore(pdf) {
  const link = / \/DSS (\d{1,7}) 0 R/.exec(pdfBody(pdf, pdfTail(pdf).catalog));
  if (!link) return ["", ""];
  const found = STORE.exec(pdfBody(pdf, Number(link[1])));
  if (!found) throw otherForm("validation data in our form");
  return [found[1], found[2]];
}

const withoutEnd = (body) => (body.endsWith(" >>") ? body.slice(0, -3) : body);

function archiveRevision(pdf, field, certificates, lists, room) {
  const tail = pdfTail(pdf);
  const objects = new Map();
  for (const data of [...certificates, ...lists]) {
    objects.set(tail.size + objects.size, `<< /Length ${data.length} >>\nstream\n${data}\nendstream`);
  }
  const store = tail.size + objects.size;
  const middle = tail.size + certificates.length;
  const links = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i} 0 R `).join("");
  // What earlier revisions brought stays listed: their timestamps are judged by it.
  const [certs, crls] = pdfStore(pdf);
  const kept = `/Certs [ ${certs}${links(tail.size, middle)}] /CRLs [ ${crls}${links(middle, store)}]`;
  objects.set(store, `<< /Type /DSS ${kept} >>`);
  let catalog = pdfBody(pdf, tail.catalog).replace(/ \/DSS \d{1,7} 0 R/g, "");
  const there = pdfFields(pdf).get(field);
  const number = there === undefined ? store + 1 : there;
  if (there === undefined) catalog = catalog.replace(" ] /SigFlags", ` ${number} 0 R ] /SigFlags`);
  objects.set(tail.catalog, `${withoutEnd(catalog)} /DSS ${store} 0 R >>`);
  const body = there === undefined ? newField(pdf, field) : pdfBody(pdf, number);
  if (body.includes(" /V ")) throw otherForm("an empty signature field");
  const place = Math.max(tail.size, number + 1, ...[...objects.keys()].map((key) => key + 1));
  const contents = `${" ".repeat(RANGE_ROOM)}\n/Contents <${"0".repeat(2 * room)}> >>`;
  objects.delete(number);
  objects.set(number, `${withoutEnd(body)} /V ${place} 0 R >>`);
  objects.set(place, `${TOKEN_FIELD}\n${contents}`);
  const data = appendedRevision(pdf, objects, tail);
  const start = data.indexOf("/Contents <0", pdf.length) + "/Contents <".length;
  const end = start + 2 * room;
  const words = `/ByteRange [0 ${start - 1} ${end + 1} ${data.length - end - 1}]`.padEnd(RANGE_ROOM);
  const at = start - "\n/Contents <".length - RANGE_ROOM;
  return { data: data.slice(0, at) + words + data.slice(at + RANGE_ROOM), start, end };
}

function appendedRevision(pdf, objects, tail) {
  const pieces = [];
  const starts = new Map();
  let length = pdf.length;
  for (const [number, body] of objects) {
    starts.set(number, length);
    pieces.push(`${number} 0 obj\n${body}\nendobj\n`);
    length += pieces[pieces.length - 1].length;
  }
  const numbers = [...starts.keys()].sort((left, right) => left - right);
  const rows = numbers.map((key) => `${key} 1\n${String(starts.get(key)).padStart(10, "0")} 00000 n \n`).join("");
  const size = Math.max(tail.size, ...numbers.map((number) => number + 1));
  const trailer = `trailer\n<< /Size ${size} ${tail.links} /Prev ${tail.table} ${tail.id} >>\n`;
  return `${pdf}${pieces.join("")}xref\n${rows}${trailer}startxref\n${length}\n%%EOF\n`;
}

// The timestamp within the signature, over its value (ETSI EN 319 122-1 clause 5.3).
async function signatureStamp(signed, roots) {
  const parsed = parseCms(signed.value);
  const kinds = parsed.unsigned.map((attribute) => reading(() => attribute.sequence()[0].oid()));
  if (!kinds.length) return [];
  if (kinds.length !== 1 || kinds[0] !== SIGNATURE_STAMP) throw otherForm("at most one timestamp in the signature");
  const token = reading(() => parsed.unsigned[0].sequence()[1].as(0x31, "values").value);
  return [await checkToken(token, sha256(parsed.signature), roots)];
}

async function checkReport(bytes, roots, at, stampRoots) {
  const pdf = toLatin(bytes);
  const [first, ...later] = readRevisions(pdf);
  if (!pdf.slice(0, first.end).includes("/SubFilter /ETSI.CAdES.detached")) throw otherForm("a PAdES signature first");
  const stamps = await signatureStamp(first, stampRoots);
  for (const one of later) stamps.push(await checkToken(one.value, one.digest, stampRoots));
  const judged = stamps.length ? Math.min(...stamps.map((stamp) => stamp.time)) : at;
  await verifyInReport(first.value, first.digest, roots, judged);
  if (stamps.length < 2) throw new Refusal("signature", "expected a timestamp in the signature and one over the file");
  const quoted = new Set([...pdf.matchAll(/root-sha256:([0-9a-f]{64})/g)].map((match) => match[1]));
  if (quoted.size !== 1) throw new Refusal("signature", "expected one quoted root in the report");
  return [...quoted][0];
}
