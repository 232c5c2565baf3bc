"""Does a tree continue an older one? Written apart from ``evidence``, so that neither hides the other's mistakes.

Spec: RFC 6962 section 2.1.2.
"""

import hashlib
from collections.abc import Iterator, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(Exception):
    """The proof does not show it."""


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _fold(old: int, new: int, whole: bytes | None, hashes: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Roots of the first ``old`` and of all ``new`` leaves below one node, by the definition of SUBPROOF.

    Args:
        whole: root of the old leaves where the verifier knows it, or none. hashes: the proof from its end.
    """
    if old == new:
        value = whole if whole is not None else next(hashes)
        return value, value
    split = 1
    while 2 * split < new:
        split *= 2
    other = next(hashes)
    if old <= split:
        older, left = _fold(old, split, whole, hashes)
        return older, _join(left, other)
    older, right = _fold(old - split, new - split, None, hashes)
    return _join(other, older), _join(other, right)


def require_continued(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check a consistency proof.

    Raises:
        ProofError: it does not lead from the old root to the new one.
    """
    if old == 0:
        if proof or (new == 0 and new_root != EMPTY_ROOT):
            raise ProofError("no proof is due from nothing")
        return
    hashes = reversed(proof)
    try:
        found = _fold(old, new, old_root, hashes)
    except StopIteration:
        raise ProofError("too short") from None
    if found != (old_root, new_root) or next(hashes, None) is not None:
        raise ProofError("other roots, or too long")
