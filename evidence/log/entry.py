"""Entries of the log: one line of ASCII each, and the hash of its leaf."""

import re

from evidence.log import merkle
from evidence.log.errors import LogFormError

HEX = re.compile(r"[0-9a-f]{64}")
PACKAGE, CUSTODY, IDENTITY = "wangjian/package/v1", "wangjian/custody/v1", "wangjian/identity/v1"
_FORM = re.compile(rf"{PACKAGE} [0-9a-f]{{64}} [0-9a-f]{{64}}|(?:{CUSTODY}|{IDENTITY}) [0-9a-f]{{64}}")


def _digest(text: str, what: str) -> str:
    if not HEX.fullmatch(text):
        raise LogFormError(f"expected {what} as 64 lower-case hex digits, got {text[:80]!r}")
    return text


def package(root: str, signature_sha256: str) -> str:
    """The entry of a sealed package.

    Args:
        root: SHA-256 of the tag manifest, hex. signature_sha256: of ``seal/tagmanifest.p7s``, hex.

    Raises:
        LogFormError: not 64 lower-case hex digits.
    """
    return f"{PACKAGE} {_digest(root, 'the root')} {_digest(signature_sha256, 'the digest of the signature')}"


def custody(event_hash: str) -> str:
    """The entry of a custody event, from the event's hash (hex).

    Raises:
        LogFormError: not 64 lower-case hex digits.
    """
    return f"{CUSTODY} {_digest(event_hash, 'the hash of the event')}"


def identity(event_hash: str) -> str:
    """The entry of a step in the history of a merchant's identity, from the step's hash (hex).

    Raises:
        LogFormError: not 64 lower-case hex digits.
    """
    return f"{IDENTITY} {_digest(event_hash, 'the hash of the step')}"


def require(entry: str) -> str:
    """The entry, if it has one of the known forms.

    Raises:
        LogFormError: another form.
    """
    if not _FORM.fullmatch(entry):
        raise LogFormError(f"expected a package, custody or identity entry, got {entry[:160]!r}")
    return entry


def leaf(entry: str) -> bytes:
    """The leaf hash of an entry, 32 bytes: SHA-256 over ``00`` and the line without line feed.

    Raises:
        LogFormError: another form than that of an entry.
    """
    return merkle.leaf_hash(require(entry).encode("ascii"))
