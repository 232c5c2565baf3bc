"""Forging: a package taken apart and put together with one thing off.

The zip writer here is its own, so that it can write what the product's writer cannot.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from zipfile import ZipFile

from asn1crypto import cms as acms  # type: ignore[import-untyped]
from asn1crypto import core, tsp
from asn1crypto import x509 as ax509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import cms, redaction
from evidence.signer import Signer
from simulators.tsa.authority import Authority, answer
from tests.data.evidence.workshop import AT, Workshop

CLOSING = "seal/closing-sha256.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = "seal/tagmanifest.p7s"
CHECKPOINT, PROOF, SALTS = "seal/checkpoint.note", "seal/item.tlog-proof", "seal/salts.txt"
NODE = ("meta/capture-sha256.txt", "meta/capture.p7s")
SELF = (TAGS, CLOSING, "seal/closing.p7s")


@dataclass(frozen=True, slots=True)
class Entry:
    """One zip entry, with everything that can be wrong about it."""

    name: str
    data: bytes
    stored: bytes | None = None
    method: int = 0
    flags: int = 0
    time: int = 0
    date: int = 0x21
    made_by: int = 0x030A
    mode: int = 0o100644
    internal: int = 0
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    local_name: str | None = None
    crc: int | None = None
    gap: bytes = b""


def zip_bytes(
    entries: Iterable[Entry],
    *,
    order: Callable[[list[Entry]], list[Entry]] = lambda found: sorted(found, key=lambda entry: entry.name),
    prefix: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    shift: int = 0,
) -> bytes:
    """A zip file. ``shift`` is added to the offsets in the directory."""
    body, directory = bytearray(prefix), bytearray()
    count = 0
    for entry in order(list(entries)):
        body += entry.gap
        raw = entry.name.encode("latin-1")
        local = (entry.local_name or entry.name).encode("latin-1")
        data = entry.data if entry.stored is None else entry.stored
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        shape = (10, entry.flags, entry.method, entry.time, entry.date, crc, len(data), len(entry.data))
        offset = len(body) + shift
        body += struct.pack("<4s5H3I2H", b"PK\x03\x04", *shape, len(local), len(entry.local_extra))
        body += local + entry.local_extra + data
        tail = (len(raw), len(entry.central_extra), len(entry.comment), 0, entry.internal, entry.mode << 16, offset)
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", entry.made_by, *shape, *tail)
        directory += raw + entry.central_extra + entry.comment
        count += 1
    start = len(body) + shift
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, len(comment))
    return bytes(body + directory + before_end + end + comment + suffix)


@dataclass(frozen=True, slots=True)
class Bag:
    """The files of a package, and the keys of the installation that made it (for forgers inside)."""

    files: dict[str, bytes]
    shop: Workshop = field(repr=False)

    def entries(self) -> list[Entry]:
        """Plain entries of all files."""
        return [Entry(name, data) for name, data in self.files.items()]

    def zip(self) -> bytes:
        """The package in its right form."""
        return zip_bytes(self.entries())

    def having(self, **changes: bytes | None) -> "Bag":
        """With files added, changed, or (None) taken out; use ``put`` for names with slashes."""
        return self.put(changes)

    def put(self, changes: dict[str, bytes | None]) -> "Bag":
        """With files added, changed, or (None) taken out."""
        files = {**self.files, **changes}
        return replace(self, files={name: data for name, data in files.items() if data is not None})

    def swapped(self, name: str, other: "Bag") -> "Bag":
        """With one file of another package."""
        return self.put({name: other.files[name]})

    def relist(self, part: str = "manifest-sha256.txt", algorithm: str = "sha256") -> "Bag":
        """With a payload manifest made anew over ``data/``."""
        names = sorted(name for name in self.files if name.startswith("data/"))
        return self.put(
            {part: _manifest({name: hashlib.new(algorithm, self.files[name]).hexdigest() for name in names})}
        )

    def resalt(self) -> "Bag":
        """With salts and the salted list made anew over ``data/``, as the sealing unit would."""
        names = sorted(name for name in self.files if name.startswith("data/"))
        found = re.search(rb'"evidence_id":"([^"]+)"', self.files["meta/seal.json"])
        evidence_id = found[1].decode() if found else ""
        salts = {
            name: redaction.salt_of(
                self.shop.keys.salt, evidence_id, name, hashlib.sha256(self.files[name]).hexdigest()
            )
            for name in names
        }
        lines = {name: hashlib.sha256(salt + self.files[name]).hexdigest() for name, salt in salts.items()}
        return self.put(
            {
                "manifest-redact.txt": _manifest(lines),
                SALTS: _manifest({name: salt.hex() for name, salt in salts.items()}),
            }
        )

    def renode(self, signer: Signer | None = None, at: datetime = AT) -> "Bag":
        """With the capture node's list made and signed anew over what it left."""
        names = [line[66:] for line in self.files[NODE[0]].decode().splitlines()]
        names += [name for name in self.files if name.startswith("data/") and name not in names]
        found = {name: hashlib.sha256(self.files[name]).hexdigest() for name in names if name in self.files}
        listed = _manifest(found)
        signature = cms.sign(hashlib.sha256(listed).digest(), signer or self.shop.keys.node, at)
        return self.put({NODE[0]: listed, NODE[1]: signature})

    def retag(self) -> "Bag":
        """With the tag manifest made anew over the files that it names and that are there."""
        names = [line[66:] for line in self.files[TAGS].decode().splitlines()]
        names += [name for name in self.files if name.startswith("meta/") and name not in names]
        found = {name: hashlib.sha256(self.files[name]).hexdigest() for name in names if name in self.files}
        return self.put({TAGS: _manifest(found)})

    def entry(self) -> str:
        """Its line in the log, as it now is."""
        digests = (hashlib.sha256(self.files[name]).hexdigest() for name in (TAGS, SIGNATURE))
        return f"wangjian/package/v1 {' '.join(digests)}"

    def relog(self) -> "Bag":
        """With a new entry in the log, a new checkpoint and proof, and new timestamps."""
        logged = self.shop.log.publish([self.entry()])[0]
        return restamp(self.put({CHECKPOINT: logged.note, PROOF: logged.proof}), self.shop.authorities)

    def recheck(self, note: bytes) -> "Bag":
        """With another checkpoint, in the proof too, and timestamps over it."""
        head = self.files[PROOF].partition(b"\n\n")[0]
        return restamp(self.put({CHECKPOINT: note, PROOF: head + b"\n\n" + note}), self.shop.authorities)

    def resign(self, signer: Signer | None = None, at: datetime = AT) -> "Bag":
        """With the tag manifest signed anew."""
        signature = cms.sign(hashlib.sha256(self.files[TAGS]).digest(), signer or self.shop.keys.seal, at)
        return self.put({SIGNATURE: signature})

    def reclose(self, signer: Signer | None = None, at: datetime = AT) -> "Bag":
        """With the closing list made and signed anew over everything outside the tag manifest."""
        tags = {line[66:] for line in self.files[TAGS].decode().splitlines()}
        names = [name for name in self.files if name not in tags and name not in SELF and not name.startswith("data/")]
        listed = _manifest({name: hashlib.sha256(self.files[name]).hexdigest() for name in names})
        signature = cms.sign(hashlib.sha256(listed).digest(), signer or self.shop.keys.seal, at)
        return self.put({CLOSING: listed, "seal/closing.p7s": signature})


def _manifest(digests: dict[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def open_bag(path: object, shop: Workshop) -> Bag:
    """The files of a good package."""
    with ZipFile(str(path)) as archive:
        return Bag({name: archive.read(name) for name in archive.namelist()}, shop)


def flip(data: bytes, place: int, bit: int = 0) -> bytes:
    """One bit other."""
    place %= len(data)
    return data[:place] + bytes((data[place] ^ 1 << bit,)) + data[place + 1 :]


def request_for(data: bytes) -> bytes:
    """A timestamp request over some bytes."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(data).digest()}
    return bytes(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump())


def stamped(authority: Authority, data: bytes, at: datetime) -> bytes:
    """A timestamp over some bytes."""
    return answer(authority, request_for(data), at)


def restamp(bag: Bag, authorities: dict[str, Authority], at: datetime = AT) -> Bag:
    """With timestamps over the checkpoint as it now is, from the given authorities."""
    files: dict[str, bytes | None] = {}
    for name, authority in authorities.items():
        files[f"{CHECKPOINT}.{name}.tsr"] = stamped(authority, bag.files[CHECKPOINT], at)
    return bag.put(files)


def ber(der: bytes) -> bytes:
    """The same value with its outer length one byte longer than needed."""
    assert der[1] == 0x82
    return der[:1] + b"\x83\x00" + der[2:]


def with_unsigned(der: bytes) -> bytes:
    """A CMS signature with an unsigned attribute put in."""
    info = acms.ContentInfo.load(der)
    attribute = acms.CMSAttribute({"type": "1.2.3.4.5", "values": [core.OctetString(b"x")]})
    info["content"]["signer_infos"][0]["unsigned_attrs"] = acms.CMSAttributes([attribute])
    return bytes(info.dump())


def with_certificate(response: bytes, extra: x509.Certificate | bytes) -> bytes:
    """A timestamp response with a foreign certificate put in; as DER where no reader takes it."""
    parsed = tsp.TimeStampResp.load(response)
    found = parsed["time_stamp_token"]["content"]["certificates"]
    found.append(ax509.Certificate.load(extra if isinstance(extra, bytes) else extra.public_bytes(Encoding.DER)))
    return bytes(parsed.dump())
