"""The record of authorisation: its one form and its rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from evidence import authorisation
from evidence.authorisation import Authorisation
from evidence.errors import MalformedError
from tests.data.evidence.workshop import case_of

GOOD = case_of("ev-1")
TASK = replace(GOOD, kind="task", officers=())


@pytest.mark.parametrize("record", [GOOD, TASK])
def test_good_ones(record: Authorisation) -> None:
    """Written, read and checked."""
    assert authorisation.parse(record.render()) == record
    authorisation.check(record)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, kind="favour"),
        lambda r: replace(r, number=""),
        lambda r: replace(r, basis=""),
        lambda r: replace(r, captured_by=r.sealed_by),
        lambda r: replace(r, valid_from="2026"),
        lambda r: replace(r, valid_from="2099-01-01T00:00:00.000000Z"),
        lambda r: replace(r, officers=()),
        lambda r: replace(r, officers=r.officers[:1]),
        lambda r: replace(r, kind="task", officers=r.officers[:1]),
        lambda r: replace(r, officers=(r.officers[0], r.officers[0])),
        lambda r: replace(r, officers=(replace(r.officers[0], name=""), r.officers[1])),
        lambda r: replace(
            r, officers=(replace(r.officers[0], approved_at="2020-01-01T00:00:00.000000Z"), r.officers[1])
        ),
        lambda r: replace(r, officers=(replace(r.officers[0], approved_at=""), r.officers[1])),
    ],
)
def test_rules(change: Callable[[Authorisation], Authorisation]) -> None:
    """Each broken rule is refused."""
    with pytest.raises(MalformedError):
        authorisation.check(change(GOOD))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]\n",
        b"5\n",
        b'{"officers":[]}\n',
        b'{"officers":5}\n',
        GOOD.render()[:-1],
        GOOD.render().replace(b",", b", ", 1),
        GOOD.render().replace(b'"unit"', b'"team"'),
    ],
)
def test_another_form_is_refused(data: bytes) -> None:
    """Only the one form is read."""
    with pytest.raises(MalformedError):
        authorisation.parse(data)
