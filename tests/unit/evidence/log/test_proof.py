"""Proofs: strict form, and no change that still leads to the signed root."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.log import entry, merkle, note, proof
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogFormError, NoteSignatureError, NotIncludedError
from evidence.log.proof import Proof
from tests.unit.evidence.log.conftest import Parties

LINES = [entry.custody(f"{number:064x}") for number in range(70)]
STORED = merkle.from_leaves([entry.leaf(line) for line in LINES])
SIZE = len(LINES)


@pytest.fixture(scope="session")
def signed(parties: Parties) -> bytes:
    """A witnessed checkpoint over all lines."""
    return parties.signed(Checkpoint(parties.log.name, SIZE, merkle.root(SIZE, STORED))).render()


def _proof(signed: bytes, index: int) -> Proof:
    return Proof(index, merkle.inclusion(index, SIZE, STORED), signed)


def test_every_entry_has_a_proof(signed: bytes) -> None:
    """Written, read, and checked."""
    for index, line in enumerate(LINES):
        found = proof.parse(_proof(signed, index).render())
        assert found == _proof(signed, index)
        assert proof.check(found, line).size == SIZE


def test_the_form_is_that_of_the_specification(signed: bytes) -> None:
    """Header, index, hashes, empty line, checkpoint to the byte."""
    data = _proof(signed, 69).render()
    head, _, below = data.partition(b"\n\n")
    assert head.split(b"\n")[:2] == [b"c2sp.org/tlog-proof@v1", b"index 69"]
    assert all(len(line) == 44 for line in head.split(b"\n")[2:])
    assert below == signed


def test_a_tree_of_one_leaf(parties: Parties) -> None:
    """No hashes at all."""
    alone = parties.signed(Checkpoint(parties.log.name, 1, entry.leaf(LINES[0]))).render()
    assert proof.check(proof.parse(Proof(0, (), alone).render()), LINES[0]).size == 1


def test_another_entry_is_not_included(signed: bytes) -> None:
    """Another line, another place, a place outside."""
    with pytest.raises(NotIncludedError):
        proof.check(_proof(signed, 3), LINES[4])
    with pytest.raises(NotIncludedError):
        proof.check(Proof(4, merkle.inclusion(3, SIZE, STORED), signed), LINES[3])
    with pytest.raises(NotIncludedError):
        proof.check(Proof(SIZE, merkle.inclusion(3, SIZE, STORED), signed), LINES[3])
    with pytest.raises(LogFormError):
        proof.check(_proof(signed, 3), "not an entry")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1\n", b""),
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"index 3\n", b""),
        (b"index 3\n", b"index 03\n"),
        (b"index 3\n", b"index  3\n"),
        (b"index 3\n", b"index -3\n"),
        (b"index 3\n", b"extra AAAA\nindex 3\n"),
        (b"index 3\n", b"index 3\n\n"),
        (b"index 3\n", b"index 3\nAAAA\n"),
        (b"index 3\n", b"index 3\nindex 3\n"),
        (b"index 3\n", b"index 3\r\n"),
        (b"index 3\n", "index 3\n\u4e2d\n".encode()),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\n\n\n"),
        (b"index 3\n", b"index 3\n" + b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" * 64),
    ],
)
def test_other_forms_are_refused(signed: bytes, old: bytes, new: bytes) -> None:
    """Nothing is passed over."""
    with pytest.raises(LogFormError):
        proof.parse(_proof(signed, 3).render().replace(old, new, 1))


@given(st.data())
def test_no_flipped_bit_goes_unseen(parties: Parties, signed: bytes, data: st.DataObject) -> None:
    """Refused, not included, or a note whose signatures no longer all hold."""
    index = data.draw(st.integers(0, SIZE - 1))
    changed = bytearray(_proof(signed, index).render())
    place = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    try:
        found = proof.parse(bytes(changed))
        proof.check(found, LINES[index])
        read = note.parse(found.checkpoint)
        said = [note.verify(read, one.vkey()) for one in (parties.log, *parties.witnesses)]
    except (LogFormError, NotIncludedError, NoteSignatureError):
        return
    assert None in said
