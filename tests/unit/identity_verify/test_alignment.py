"""Aligning two stems."""

from hypothesis import given
from hypothesis import strategies as st

from identity_verify.alignment import Edit, align

TEXTS = st.text("青禾商贸清河未末甲乙", max_size=8)


def test_kinds_of_differences() -> None:
    """Same sound, look-alike, lost, added, swapped, other."""
    assert align("青禾", "青禾") == ()
    assert align("清禾", "青禾") == (Edit(0, "清", "青", "sound"),)
    assert align("末来", "未来") == (Edit(0, "末", "未", "shape"),)
    assert align("青商贸", "青禾商贸") == (Edit(1, "", "禾", "missing"),)
    assert align("青禾禾商贸", "青禾商贸") == (Edit(2, "禾", "", "extra"),)
    assert align("禾青商贸", "青禾商贸") == (Edit(0, "禾青", "青禾", "swap"),)
    assert align("乙禾", "青禾") == (Edit(0, "乙", "青", "other"),)


@given(TEXTS, TEXTS)
def test_edits_rebuild_the_shown_text(shown: str, registered: str) -> None:
    """Undone from the end on, the edits give the shown text: nothing is left out and nothing invented."""
    letters = list(registered)
    for edit in reversed(align(shown, registered)):
        assert "".join(letters[edit.place : edit.place + len(edit.registered)]) == edit.registered
        letters[edit.place : edit.place + len(edit.registered)] = list(edit.shown)
    assert "".join(letters) == shown


@given(TEXTS)
def test_nothing_differs_from_itself(text: str) -> None:
    """No edit between equal texts."""
    assert align(text, text) == ()
