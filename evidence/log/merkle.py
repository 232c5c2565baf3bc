"""The Merkle tree: hashes, proofs, and their checks. Pure; hashes are 32 raw bytes.

A tree of ``size`` leaves is described by a function ``stored(level, index)`` that gives the hash of
the complete subtree over the leaves ``index * 2**level`` to ``(index + 1) * 2**level - 1``.

Spec: RFC 6962 section 2.1.
"""

import hashlib
from collections.abc import Callable, Sequence

from evidence.log.errors import InconsistentError, NotIncludedError

Stored = Callable[[int, int], bytes]

SIZE = 32
EMPTY = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""
MAX_SIZE = (1 << 63) - 1
MAX_PATH = 63


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf. Spec: RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children. Spec: RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def from_leaves(leaves: Sequence[bytes]) -> Stored:
    """The ``stored`` function of a tree held in memory, from its leaf hashes."""
    levels: list[list[bytes]] = [list(leaves)]

    def stored(level: int, index: int) -> bytes:
        while len(levels) <= level:
            below = levels[-1]
            levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
        return levels[level][index]

    return stored


def _hash_of(stored: Stored, start: int, end: int) -> bytes:
    """Hash of the tree over the leaves ``start`` to ``end - 1``; ``start`` is where a subtree begins."""
    parts: list[bytes] = []
    while start < end:
        width = 1 << ((end - start).bit_length() - 1)
        level = width.bit_length() - 1
        parts.append(stored(level, start >> level))
        start += width
    value = parts.pop()
    while parts:
        value = node_hash(parts.pop(), value)
    return value


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


class Frontier:
    """A tree that only grows: the complete subtrees at its right edge, so that a root needs no stored hashes."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def push(self, leaf: bytes) -> None:
        """One more leaf, as its hash."""
        place = self.size
        while place & 1:
            leaf, place = node_hash(self._edge.pop(), leaf), place >> 1
        self._edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Root of the leaves so far."""
        if not self._edge:
            return EMPTY
        value = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            value = node_hash(left, value)
        return value


def root(size: int, stored: Stored) -> bytes:
    """Root of the first ``size`` leaves. Spec: RFC 6962 section 2.1."""
    return _hash_of(stored, 0, size) if size else EMPTY


def inclusion(index: int, size: int, stored: Stored) -> tuple[bytes, ...]:
    """The path of a leaf, the leaf's sibling first. Spec: RFC 6962 section 2.1.1.

    Raises:
        NotIncludedError: no leaf with that index in a tree of that size.
    """
    if not 0 <= index < size:
        raise NotIncludedError(f"expected an index below {size}, got {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash_of(stored, middle, end))
            end = middle
        else:
            path.append(_hash_of(stored, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, stored: Stored) -> tuple[bytes, ...]:
    """The proof that the tree of ``old`` leaves is the beginning of that of ``new`` leaves.

    Spec: RFC 6962 section 2.1.2. Empty when ``old`` is 0 or equals ``new``.

    Raises:
        InconsistentError: ``old`` is larger than ``new``.
    """
    if not 0 <= old <= new:
        raise InconsistentError(f"expected an old size from 0 to {new}, got {old}")
    if old in {0, new}:
        return ()
    proof: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_hash_of(stored, middle, end))
            end = middle
        else:
            proof.append(_hash_of(stored, start, middle))
            start = middle
    if start:
        proof.append(_hash_of(stored, start, end))
    return tuple(reversed(proof))


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Fold a path from a leaf hash to the root. Spec: RFC 9162 section 2.1.3.2.

    Args:
        leaf: leaf hash. index: of the leaf, from 0. size: leaves of the tree. path: sibling first.

    Returns:
        the root that the path leads to; it proves nothing until compared with a signed one.

    Raises:
        NotIncludedError: index outside the tree, or a path of another length than such a tree has.
    """
    if not 0 <= index < size:
        raise NotIncludedError(f"expected an index below {size}, got {index}")
    value, place, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise NotIncludedError(f"expected fewer than {len(path)} hashes for leaf {index} of {size}")
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise NotIncludedError(f"expected more than {len(path)} hashes for leaf {index} of {size}")
    return value


def check_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the first tree is the beginning of the second. Spec: RFC 9162 section 2.1.4.2.

    Raises:
        InconsistentError: it is not, or the proof has another length than such a proof has.
    """
    if not 0 <= size1 <= size2:
        raise InconsistentError(f"expected a tree that grew, got {size1} leaves and then {size2}")
    if size1 in {0, size2}:
        expected = EMPTY if size1 == 0 else root2
        if proof or root1 != expected or (size2 == 0 and root2 != EMPTY):
            raise InconsistentError(f"expected no proof and a fitting root for {size1} of {size2} leaves")
        return
    old, new = _fold_consistency(size1, size2, root1, proof)
    if old != root1 or new != root2:
        raise InconsistentError(
            f"expected the tree of {size1} leaves to be the beginning of that of {size2}, got another history",
            hint="Keep both checkpoints: together they show that the log was changed.",
        )


def _fold_consistency(size1: int, size2: int, root1: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    hashes = list(proof)
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # A first tree that is complete is itself the first hash; the proof leaves it out.
    if place == 0:
        hashes.insert(0, root1)
    if not hashes:
        raise InconsistentError(f"expected a proof from {size1} to {size2} leaves, got none")
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise InconsistentError(f"expected fewer hashes from {size1} to {size2} leaves, got {len(proof)}")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise InconsistentError(f"expected more hashes from {size1} to {size2} leaves, got {len(proof)}")
    return old, new
