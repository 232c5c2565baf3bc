"""The record of authorisation: its one form and its rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from evidence import authorisation
from evidence.authorisation import Authorisation
from evidence.custody import event_record
from evidence.errors import MalformedError
from tests.data.evidence.workshop import case_of, custody_of

DIGEST = "ab" * 32
GOOD = case_of("ev-1")
TASK = replace(GOOD, kind="task", officers=())


def _events(**changes: object) -> list[dict[str, object]]:
    """Custody of the good record, the last event changed."""
    events = [event_record(event) for event in custody_of("ev-1", capture=DIGEST, authority=GOOD)]
    return [*events[:-1], {**events[-1], **changes}]


def test_custody_knows_the_people() -> None:
    """Who captured, and each officer's approval of that very capture; a task needs no approvals."""
    authorisation.require_custody(GOOD, _events(), DIGEST)
    authorisation.require_custody(TASK, _events(), DIGEST)
    authorisation.require_custody(TASK, [], DIGEST)
    plain = [event_record(event) for event in custody_of("ev-1", authority=GOOD)]
    authorisation.require_custody(GOOD, plain, DIGEST)


@pytest.mark.parametrize(
    ("record", "changes", "words"),
    [
        (replace(GOOD, captured_by="li"), {}, "capture by li"),
        (GOOD, {"action": "read"}, "approval"),
        (GOOD, {"at": "2026-11-25T07:57:00.000001Z"}, "approval"),
        (GOOD, {"object_sha256": ""}, "approval"),
        (GOOD, {"detail": {}}, "approval"),
        (replace(GOOD, number="x"), {}, "approval"),
        (GOOD, {"action": "captured", "actor": "system:capture", "object_sha256": "cd" * 32}, "expected the capture"),
    ],
)
def test_custody_knows_other_people(record: Authorisation, changes: dict[str, object], words: str) -> None:
    """The record of authorisation and the custody tell the same."""
    with pytest.raises(MalformedError, match=words):
        authorisation.require_custody(record, _events(**changes), DIGEST)


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
