"""Checkpoints: three lines, a listed log, listed witnesses."""

import contextlib
import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.log import checkpoint, merkle
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogFormError, NoteSignatureError
from evidence.log.note import Note, Signature, cosign
from tests.unit.evidence.log.conftest import AT, Parties

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
EXAMPLE = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
TREE = Checkpoint("log.example/wangjian", 5, merkle.leaf_hash(b"root"))


def test_the_example_of_the_specification() -> None:
    """C2SP tlog-checkpoint's three lines."""
    found = checkpoint.parse(EXAMPLE)
    assert (found.origin, found.size, len(found.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert found.text() == EXAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"a\n1\n{ROOT}",
        f"a\n1\n{ROOT}\nextension\n",
        f"a\n1\n{ROOT}\n\n",
        f"\n1\n{ROOT}\n",
        f"a b\n1\n{ROOT}\n",
        f"a+b\n1\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n\u0661\n{ROOT}\n",
        f"a\n9223372036854775808\n{ROOT}\n",
        f"a\n10000000000000000000\n{ROOT}\n",
        f"a\n0\n{ROOT}\n",
        "a\n1\nCsUY\n",
        f"a\n1\n{ROOT[:-2]}J=\n",
        f"a\n1\n{ROOT}=\n",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    """Extension lines, other numbers, other hashes."""
    with pytest.raises(LogFormError):
        checkpoint.parse(text)


@given(st.text(alphabet="a1\n =/", max_size=60))
def test_what_is_read_is_in_its_one_form(text: str) -> None:
    """Any text: refused, or written as it was."""
    with contextlib.suppress(LogFormError):
        assert checkpoint.parse(text).text() == text


def test_a_listed_log_is_needed(parties: Parties) -> None:
    """Signed by the key of the origin; no other key, no witness, stands in for it."""
    found, tree = checkpoint.read(parties.signed(TREE).render())
    keys = [one.vkey() for one in (parties.log, *parties.witnesses)]
    assert tree == TREE
    assert checkpoint.verify_log(found, keys).name == parties.log.name
    with pytest.raises(NoteSignatureError):
        checkpoint.verify_log(found, keys[1:])
    other = dataclasses.replace(parties.log, name="log.example/other")
    foreign = dataclasses.replace(parties, log=other).signed(TREE)
    with pytest.raises(NoteSignatureError):
        checkpoint.verify_log(foreign, [*keys, other.vkey()])


def test_witnesses_are_counted_once(parties: Parties) -> None:
    """Each key once, whatever names it is listed under; unknown lines say nothing."""
    keys = [one.vkey() for one in parties.witnesses]
    found = parties.signed(TREE)
    statements = checkpoint.verify_witnesses(found, [*keys, *keys, parties.log.vkey()])
    assert [one.name for one in statements] == [one.name for one in parties.witnesses]
    assert {one.at for one in statements} == {AT}
    assert len(checkpoint.verify_witnesses(parties.signed(TREE, 1), keys)) == 1
    assert checkpoint.verify_witnesses(found, []) == ()
    alias = dataclasses.replace(parties.witnesses[0], name="witness.example/again").vkey()
    assert len(checkpoint.verify_witnesses(found, [alias, *keys])) == 2


def test_the_last_time_that_a_checkpoint_tells(parties: Parties) -> None:
    """The latest of the cosignatures, whoever made them; none without any."""
    tree = Checkpoint(parties.log.name, 1, bytes(32))
    note = parties.signed(tree, cosigned_by=1)
    one = parties.witnesses[1]
    later = cosign(note.text, one.name, one.private_key, AT + timedelta(minutes=3))
    both = Note(note.text, (*note.signatures, later)).render()
    assert checkpoint.latest_cosignature(both) == AT + timedelta(minutes=3)
    assert checkpoint.latest_cosignature(note.render()) == AT
    assert checkpoint.latest_cosignature(parties.signed(tree, cosigned_by=0).render()) is None


def test_a_wrong_line_of_a_listed_witness_is_an_error(parties: Parties) -> None:
    """Not just one witness fewer."""
    found = parties.signed(TREE)
    broken = found.signatures[1]
    value = broken.value[:-1] + bytes((broken.value[-1] ^ 1,))
    bad = Note(found.text, (found.signatures[0], Signature(broken.name, broken.key_id, value), found.signatures[2]))
    with pytest.raises(NoteSignatureError):
        checkpoint.verify_witnesses(bad, [one.vkey() for one in parties.witnesses])
