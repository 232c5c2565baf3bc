"""Redaction: salted digests that let a package without some of its files still be checked.

Every file of ``data/`` has a salt of its own. The signed list ``manifest-redact.txt`` holds
SHA-256(salt ‖ content); without its salt a line says nothing about the content. Whoever gets a file
gets its salt; what is withheld stays provable later.

Spec: 行政处罚法 (2021) 第50条 (商业秘密、个人隐私).
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from evidence.errors import MalformedError
from kernel.crypto import canonical_json

SALT_BYTES = 32
TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)
KEYS = {"at", "evidence_id", "officer", "root_sha256"}
LISTS = ("derived", "withheld")


@dataclass(frozen=True, slots=True)
class Withheld:
    """One file left out: its name in the package and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Derived:
    """One file made for a redacted export: its name, how it was made, and from which sealed file."""

    file: str
    how: str
    parent: str


@dataclass(frozen=True, slots=True)
class Redactions:
    """What a redacted package tells.

    Attributes:
        at: RFC 3339 text. officer: who decided. root_sha256: of the whole package, hex.
    """

    at: str
    evidence_id: str
    officer: str
    root_sha256: str
    withheld: tuple[Withheld, ...]
    derived: tuple[Derived, ...] = ()

    def render(self) -> bytes:
        """``redactions.json`` in its one form."""
        value = {
            "at": self.at,
            "derived": [{"file": one.file, "how": one.how, "parent": one.parent} for one in self.derived],
            "evidence_id": self.evidence_id,
            "officer": self.officer,
            "root_sha256": self.root_sha256,
            "withheld": [{"name": one.name, "reason": one.reason} for one in self.withheld],
        }
        return canonical_json(value) + b"\n"


def salt_of(key: bytes, evidence_id: str, name: str, sha256: str) -> bytes:
    """The salt of one file: 32 bytes that only the holder of the salt key can make again.

    Spec: RFC 2104 (HMAC).

    Args:
        key: the installation's salt key. name: in the package. sha256: of the content, hex.
    """
    message = b"\x00".join((evidence_id.encode(), name.encode(), bytes.fromhex(sha256)))
    return hmac.new(key, message, hashlib.sha256).digest()


def parse(data: bytes) -> Redactions:
    """Read ``redactions.json``.

    Raises:
        MalformedError: not in its one form.
    """
    try:
        value = json.loads(data)
        heads = _texts({key: value[key] for key in value if key not in LISTS}, KEYS)
        withheld = tuple(Withheld(**_texts(item, {"name", "reason"})) for item in value["withheld"])
        derived = tuple(Derived(**_texts(item, {"file", "how", "parent"})) for item in value["derived"])
        found = Redactions(**heads, withheld=withheld, derived=derived)
        again = found.render()  # fails on half of a pair of signs, which JSON can hold and no text
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedError(f"expected the list of redactions, got {error}") from error
    if again != data or not TIME.fullmatch(found.at) or not found.officer:
        raise MalformedError("expected the list of redactions in its one form, with time and officer, got another")
    if len({one.name for one in withheld}) != len(withheld) or not all(one.reason for one in withheld):
        raise MalformedError("expected each withheld file once and with a reason, got another list")
    return found


def _texts(item: Any, keys: set[str]) -> dict[str, str]:
    if set(item) != keys or not all(isinstance(item[key], str) for key in keys):
        raise ValueError(f"an item {str(item)[:80]}")
    return {key: item[key] for key in keys}
