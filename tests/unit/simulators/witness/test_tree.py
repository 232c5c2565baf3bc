"""The witness's own check of consistency agrees with the log's, proof by proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.log import merkle
from simulators.witness.tree import EMPTY_ROOT, ProofError, require_continued

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(70)]
STORED = merkle.from_leaves(LEAVES)
ROOTS = [merkle.root(size, STORED) for size in range(71)]


def test_every_proof_holds() -> None:
    """All pairs of trees."""
    for new in range(71):
        for old in range(new + 1):
            require_continued(old, ROOTS[old], new, ROOTS[new], merkle.consistency(old, new, STORED))


@given(st.data())
def test_no_other_proof_holds(data: st.DataObject) -> None:
    """A hash changed, left out or added; another root."""
    new = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, new - 1))
    proof = list(merkle.consistency(old, new, STORED))
    place = data.draw(st.integers(0, len(proof) - 1))
    spoiled = [
        proof[:place] + proof[place + 1 :],
        [*proof[:place], bytes(32), *proof[place + 1 :]],
        [*proof, bytes(32)],
        [bytes(32), *proof],
    ]
    for other in spoiled:
        with pytest.raises(ProofError):
            require_continued(old, ROOTS[old], new, ROOTS[new], other)
    for first, second in ((bytes(32), ROOTS[new]), (ROOTS[old], bytes(32))):
        with pytest.raises(ProofError):
            require_continued(old, first, new, second, proof)


def test_from_nothing_no_proof_is_due() -> None:
    """And an empty tree has one root."""
    assert merkle.EMPTY == EMPTY_ROOT
    require_continued(0, EMPTY_ROOT, 5, ROOTS[5], ())
    for new, root, proof in ((5, ROOTS[5], (bytes(32),)), (0, bytes(32), ())):
        with pytest.raises(ProofError):
            require_continued(0, EMPTY_ROOT, new, root, proof)
    with pytest.raises(ProofError):
        require_continued(5, ROOTS[5], 5, ROOTS[6], ())
