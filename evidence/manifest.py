"""Manifests: lists of digests and names, one file a line, as sha256sum reads them.

Spec: RFC 8493 (BagIt 1.0) sections 2.1.3 and 2.2.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence import names
from evidence.errors import MalformedError

LINE = re.compile(r"([0-9a-f]{64})  (.+)")
SHA256, SM3, REDACT = "manifest-sha256.txt", "manifest-sm3.txt", "manifest-redact.txt"
TAGS = "tagmanifest-sha256.txt"
SIGNATURE = "seal/tagmanifest.p7s"
CHECKPOINT, PROOF = "seal/checkpoint.note", "seal/item.tlog-proof"
SALTS = "seal/salts.txt"
CLOSING, CLOSING_SIGNATURE = "seal/closing-sha256.txt", "seal/closing.p7s"
REPORT, VERIFIER = "report.pdf", "verifier.html"
REDACTIONS = "redactions.json"
CAPTURE, COMPLETENESS, CUSTODY = "meta/capture.json", "meta/completeness.json", "meta/custody.jsonl"
AUTHORITY = "meta/authority.json"
BEACON = "meta/beacon.note"
RUNNING = "meta/running.jsonl"
NODE_LIST, NODE_SIGNATURE = "meta/capture-sha256.txt", "meta/capture.p7s"
CASE = "meta/case.jsonld"
FACTS = "meta/seal.json"
REQUIRED_TAGS = (
    "README.txt",
    "bag-info.txt",
    "bagit.txt",
    REDACT,
    SHA256,
    SM3,
    AUTHORITY,
    CAPTURE,
    COMPLETENESS,
    CUSTODY,
    FACTS,
    "verify.sh",
)
SELF = (TAGS, CLOSING, CLOSING_SIGNATURE)
REQUIRED = (*REQUIRED_TAGS, *SELF, SIGNATURE, CHECKPOINT, PROOF, SALTS)
"""What every package has; a redacted one without those that it withholds and tells."""
STAMP = re.compile(r"seal/checkpoint\.note\.([a-z0-9][a-z0-9-]{0,30})\.tsr")
BEACON_STAMP = re.compile(r"meta/beacon\.([a-z0-9][a-z0-9-]{0,30})\.tsr")
RENEWAL = re.compile(
    r"seal/renewals/([0-9]{8}T[0-9]{6}Z)/(list-sha512\.txt|list\.[a-z0-9][a-z0-9-]{0,30}\.tsr|record\.ers)"
)
LATER = ("seal/", "viewer/", "derived/")
LATER_FILES = (REPORT, VERIFIER, REDACTIONS)
WITHHELD_FILES = (SHA256, SM3, CAPTURE, COMPLETENESS, CASE, RUNNING, NODE_LIST, NODE_SIGNATURE)
WITHHELD_FOLDERS = ("data/", "meta/forms/")
MAX_REPORT_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Manifests:
    """The lists of a package: name to hex digest. Together they name every file in it.

    Attributes:
        payload, payload_sm3: digests of ``data/``. redact: salted ones of the same files.
        tags: of what was signed. closing: of what was made later. salts: of the disclosed files, hex.
    """

    payload: dict[str, str] = field(default_factory=dict)
    payload_sm3: dict[str, str] = field(default_factory=dict)
    redact: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    closing: dict[str, str] = field(default_factory=dict)
    salts: dict[str, str] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Every file that the package may and must have, unless it is withheld."""
        return {*self.payload, *self.redact, *self.tags, *self.closing, *SELF}


def stamp_name(tsa: str) -> str:
    """Where the response of a timestamp service lies."""
    return f"{CHECKPOINT}.{tsa}.tsr"


def beacon_stamp_name(tsa: str) -> str:
    """Where the response over the beacon lies."""
    return f"meta/beacon.{tsa}.tsr"


def may_withhold(name: str) -> bool:
    """Whether a redacted package may leave a file out."""
    return name in WITHHELD_FILES or name.startswith(WITHHELD_FOLDERS)


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
    """Whether a name may stand in the list ``payload``, ``tags``, ``closing`` or ``node``."""
    if part == "payload":
        return name.startswith("data/")
    if part == "tags":
        return name in REQUIRED_TAGS or name.startswith("meta/")
    if part == "node":
        return name.startswith(("data/", "meta/")) and name not in {NODE_LIST, NODE_SIGNATURE}
    return name in LATER_FILES or (name.startswith(LATER) and name not in SELF)
