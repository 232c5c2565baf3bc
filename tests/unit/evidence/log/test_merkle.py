"""The Merkle tree against RFC 6962's own definitions, written again here, and against every mutation."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.log import merkle
from evidence.log.errors import InconsistentError, NotIncludedError

# The trees that Certificate Transparency's implementations are tested with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
MOST = 300
LEAVES = [merkle.leaf_hash(f"leaf {number}".encode()) for number in range(MOST)]
STORED = merkle.from_leaves(LEAVES)


def _mth(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, by the letter, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = _k(len(leaves))
    return hashlib.sha256(b"\x01" + _mth(leaves[:k]) + _mth(leaves[k:])).digest()


def _k(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def _path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = _k(len(leaves))
    if m < k:
        return [*_path(m, leaves[:k]), _mth(leaves[k:])]
    return [*_path(m - k, leaves[k:]), _mth(leaves[:k])]


def _subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [_mth(leaves)]
    k = _k(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), _mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), _mth(leaves[:k])]


def test_known_roots() -> None:
    """The published roots of the published inputs."""
    stored = merkle.from_leaves([merkle.leaf_hash(data) for data in INPUTS])
    assert [merkle.root(size, stored).hex() for size in range(9)] == list(ROOTS)


def test_the_example_of_the_rfc() -> None:
    """Section 2.1.3: seven leaves, which nodes each proof holds."""
    a, b, c, d, e, f, j = (merkle.leaf_hash(data) for data in INPUTS[:7])
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, low = merkle.node_hash(g, h), merkle.node_hash(i, j)
    stored = merkle.from_leaves([a, b, c, d, e, f, j])
    assert merkle.inclusion(0, 7, stored) == (b, h, low)
    assert merkle.inclusion(3, 7, stored) == (c, g, low)
    assert merkle.inclusion(4, 7, stored) == (f, j, k)
    assert merkle.inclusion(6, 7, stored) == (i, k)
    assert merkle.consistency(3, 7, stored) == (c, d, g, low)
    assert merkle.consistency(4, 7, stored) == (low,)
    assert merkle.consistency(6, 7, stored) == (i, j, k)


@pytest.mark.parametrize("size", range(1, 34))
def test_proofs_are_those_of_the_definition(size: int) -> None:
    """Every leaf and every older tree of small trees."""
    leaves = LEAVES[:size]
    assert merkle.root(size, STORED) == _mth(leaves)
    for index in range(size):
        assert list(merkle.inclusion(index, size, STORED)) == _path(index, leaves)
    for old in range(1, size + 1):
        assert list(merkle.consistency(old, size, STORED)) == _subproof(old, leaves, whole=True)


def test_every_inclusion_proof_holds() -> None:
    """All trees of up to 300 leaves, every leaf."""
    for size in range(1, MOST + 1):
        root = merkle.root(size, STORED)
        for index in range(size):
            path = merkle.inclusion(index, size, STORED)
            assert merkle.root_from_inclusion(LEAVES[index], index, size, path) == root


def test_every_consistency_proof_holds() -> None:
    """All pairs of trees of up to 300 leaves."""
    roots = [merkle.root(size, STORED) for size in range(MOST + 1)]
    for new in range(MOST + 1):
        for old in range(new + 1):
            merkle.check_consistency(old, roots[old], new, roots[new], merkle.consistency(old, new, STORED))


def test_a_growing_tree_has_the_same_roots() -> None:
    """Leaf by leaf."""
    tree = merkle.Frontier()
    for size in range(MOST):
        assert (tree.size, tree.root()) == (size, merkle.root(size, STORED))
        tree.push(LEAVES[size])


def _mutations(path: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    """Each hash flipped, left out, doubled, swapped with the next; one more at either end."""
    found = [(*path, LEAVES[0]), (LEAVES[0], *path)]
    for at, value in enumerate(path):
        flipped = bytes((value[0] ^ 1, *value[1:]))
        found += [
            (*path[:at], flipped, *path[at + 1 :]),
            (*path[:at], *path[at + 1 :]),
            (*path[: at + 1], *path[at:]),
        ]
        if at:
            found.append((*path[: at - 1], value, path[at - 1], *path[at + 1 :]))
    return found


def _leads_to(leaf: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes | None:
    try:
        return merkle.root_from_inclusion(leaf, index, size, path)
    except NotIncludedError:
        return None


@given(st.data())
def test_every_changed_inclusion_proof_is_refused(data: st.DataObject) -> None:
    """Changed hashes, another leaf, another place: never the root."""
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, STORED)
    root = merkle.root(size, STORED)
    for other in _mutations(path):
        assert _leads_to(LEAVES[index], index, size, other) != root
    for place in range(size):
        if place != index:
            assert _leads_to(LEAVES[index], place, size, path) != root
            assert _leads_to(LEAVES[place], index, size, path) != root


@given(st.data())
@settings(max_examples=200)
def test_every_changed_consistency_proof_is_refused(data: st.DataObject) -> None:
    """Changed hashes, another old or new root, another old size."""
    new = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, new - 1))
    roots = {size: merkle.root(size, STORED) for size in (old, new)}
    proof = merkle.consistency(old, new, STORED)
    wrong = hashlib.sha256(roots[old]).digest()
    for other in _mutations(proof):
        with pytest.raises(InconsistentError):
            merkle.check_consistency(old, roots[old], new, roots[new], other)
    for first, second in ((wrong, roots[new]), (roots[old], wrong), (roots[new], roots[old])):
        with pytest.raises(InconsistentError):
            merkle.check_consistency(old, first, new, second, proof)


@given(st.data())
def test_a_fork_has_no_proof(data: st.DataObject) -> None:
    """A tree in which an old leaf is another cannot be shown to continue the old one."""
    new = data.draw(st.integers(2, 80))
    old = data.draw(st.integers(1, new))
    place = data.draw(st.integers(0, old - 1))
    forked = merkle.from_leaves([*LEAVES[:place], merkle.leaf_hash(b"other"), *LEAVES[place + 1 : new]])
    with pytest.raises(InconsistentError):
        merkle.check_consistency(
            old,
            merkle.root(old, STORED),
            new,
            merkle.root(new, forked),
            merkle.consistency(old, new, forked),
        )


def test_what_is_outside_the_tree_is_refused() -> None:
    """Indexes and sizes that no tree has."""
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(NotIncludedError):
            merkle.inclusion(index, size, STORED)
        with pytest.raises(NotIncludedError):
            merkle.root_from_inclusion(LEAVES[0], index, size, ())
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(InconsistentError):
            merkle.consistency(old, new, STORED)
        with pytest.raises(InconsistentError):
            merkle.check_consistency(old, LEAVES[0], new, LEAVES[0], ())


def test_the_ends_need_no_proof() -> None:
    """From nothing, and from a tree to itself: an empty proof and the right roots, nothing else."""
    root = merkle.root(5, STORED)
    merkle.check_consistency(0, merkle.EMPTY, 5, root, ())
    merkle.check_consistency(0, merkle.EMPTY, 0, merkle.EMPTY, ())
    merkle.check_consistency(5, root, 5, root, ())
    for size1, root1, size2, root2, proof in (
        (0, merkle.EMPTY, 5, root, (root,)),
        (0, root, 5, root, ()),
        (0, merkle.EMPTY, 0, root, ()),
        (5, root, 5, LEAVES[0], ()),
        (5, root, 5, root, (root,)),
        (3, LEAVES[0], 5, root, ()),
    ):
        with pytest.raises(InconsistentError):
            merkle.check_consistency(size1, root1, size2, root2, proof)
