"""The list of a renewal: SHA-512 of every file, and the timestamps over it; the same for those who make and who judge.

Spec: RFC 4998 section 5.3 (evidence records); the list has the form of sha512sum.
"""

import hashlib
import re
from datetime import datetime

from evidence import chain, manifest, names, timestamp
from evidence.container import Source, opened
from evidence.errors import MalformedError
from evidence.package import Package
from evidence.timestamp import Stamp
from evidence.trust import Trust
from kernel.crypto import CHUNK_BYTES

LIST, RECORD = "list-sha512.txt", "record.ers"
FOLDER = "seal/renewals/"
LINE = re.compile(r"([0-9a-f]{128})  (.+)")


def parse(data: bytes) -> dict[str, str]:
    """Read a list of SHA-512, in the form of sha512sum.

    Raises:
        MalformedError: not in its one form.
    """
    digests: dict[str, str] = {}
    for line in data.decode("latin-1").splitlines():
        match = LINE.fullmatch(line)
        if match is None or not names.is_safe(match[2]) or match[2] in digests:
            raise MalformedError(f"expected a digest and a plain name once, got {line[:150]!r}")
        digests[match[2]] = match[1]
    if manifest.render(digests) != data or not digests:
        raise MalformedError("expected a list sorted by name with LF after each line, got another form")
    return digests


def sha512(source: Source) -> str:
    """SHA-512 of a file, hex, in constant memory."""
    value = hashlib.sha512()
    with opened(source) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            value.update(chunk)
    return value.hexdigest()


def folders(package: Package) -> list[str]:
    """Folders of the renewals of a package, oldest first."""
    return sorted({name.rpartition("/")[0] for name in package.members if name.startswith(FOLDER)})


def stamps(package: Package, about: str, start: str, anchors: Trust) -> list[Stamp]:
    """The timestamps ``START.NAME.tsr`` over a file, each under the roots of its service.

    Args:
        about: name of the file. start: beginning of their names.

    Raises:
        MalformedError: none. EvidenceError: one does not hold.
    """
    imprint = hashlib.sha256(package.read(about)).digest()
    found = []
    for name in sorted(package.members):
        if name.startswith(f"{start}.") and name.endswith(".tsr"):
            tsa = name.removeprefix(f"{start}.").removesuffix(".tsr")
            found.append(timestamp.check(package.read(name), imprint, anchors.roots("timestamp", tsa)))
    if not found:
        raise MalformedError(f"expected a timestamp over {about}, got none")
    return found


def renewal_stamps(package: Package, folder: str, anchors: Trust) -> list[Stamp]:
    """The timestamps of one renewal.

    Raises:
        EvidenceError: none, or one that does not hold.
    """
    return stamps(package, f"{folder}/{LIST}", f"{folder}/list", anchors)


def first_stamps_end(package: Package, anchors: Trust) -> datetime:
    """When the last certificate ends of the timestamps that a package was sealed with, aware UTC.

    Raises:
        EvidenceError: none, or one that does not hold.
    """
    sealed = stamps(package, manifest.CHECKPOINT, manifest.CHECKPOINT, anchors)
    return max(chain.expires(stamp.path) for stamp in sealed)
