"""Manifests: lists of digests and names, one file a line, as sha256sum reads them.

Spec: RFC 8493 (BagIt 1.0) sections 2.1.3 and 2.2.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from evidence import names
from evidence.errors import MalformedError

LINE = re.compile(r"([0-9a-f]{64})  (.+)")
SHA256, SM3 = "manifest-sha256.txt", "manifest-sm3.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = "seal/tagmanifest.p7s"
CLOSING, CLOSING_SIGNATURE = "seal/closing-sha256.txt", "seal/closing.p7s"
REPORT = "report.pdf"
CAPTURE, COMPLETENESS, CUSTODY = "meta/capture.json", "meta/completeness.json", "meta/custody.jsonl"
FACTS = "meta/seal.json"
REQUIRED_TAGS = (
    "README.txt",
    "bag-info.txt",
    "bagit.txt",
    SHA256,
    SM3,
    CAPTURE,
    COMPLETENESS,
    CUSTODY,
    FACTS,
    "verify.sh",
)
SELF = (TAGS, CLOSING, CLOSING_SIGNATURE)
REQUIRED = (*REQUIRED_TAGS, *SELF, SIGNATURE, REPORT)
STAMP = re.compile(r"seal/tagmanifest\.p7s\.([a-z0-9][a-z0-9-]{0,30})\.tsr")
MAX_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Manifests:
    """The three lists of a package: name to hex digest. Together they name every file in it."""

    payload: dict[str, str]
    payload_sm3: dict[str, str]
    tags: dict[str, str]
    closing: dict[str, str]

    def names(self) -> set[str]:
        """Every file that the package may and must have."""
        return {*self.payload, *self.tags, *self.closing, *SELF}


def stamp_name(tsa: str) -> str:
    """Where the response of a timestamp service lies."""
    return f"{SIGNATURE}.{tsa}.tsr"


def render(digests: Mapping[str, str]) -> bytes:
    """A manifest in its one form: sorted by name, LF after each line."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode("ascii")


def parse(data: bytes) -> dict[str, str]:
    """Read a manifest.

    Raises:
        MalformedError: not in its one form, or a name that is not allowed.
    """
    digests: dict[str, str] = {}
    for line in data.decode("latin-1").splitlines():
        match = LINE.fullmatch(line)
        if match is None or not names.is_safe(match[2]) or match[2] in digests:
            raise MalformedError(f"expected a digest and a plain name once, got {line[:120]!r}")
        digests[match[2]] = match[1]
    if render(digests) != data:
        raise MalformedError("expected a manifest sorted by name with LF after each line, got another form")
    return digests


def belongs(name: str, part: str) -> bool:
    """Whether a name may stand in the list ``payload``, ``tags`` or ``closing``."""
    if part == "payload":
        return name.startswith("data/")
    if part == "tags":
        return name in REQUIRED_TAGS or name.startswith("meta/")
    return name == REPORT or (name.startswith("seal/") and name not in SELF)
