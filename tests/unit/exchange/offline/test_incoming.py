"""Packages that come: in order, once, with resume, and always answered."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.offline.errors import (
    ContentError,
    ForeignFileError,
    OrderError,
    RecipientError,
    ReplayError,
    ReturnReceiptError,
    VolumeError,
)
from exchange.offline.hand import Hand
from exchange.offline.manifest import MANIFEST_NAME
from exchange.offline.opening import read_signed
from exchange.offline.outgoing import take_receipt
from exchange.offline.pack import write_signed
from exchange.offline.receipt import read_receipt
from kernel.models import AuditEntry, OfflinePackage
from tests.unit.exchange.offline.conftest import AT, HERE, THERE, Gap, hand

CONTENT = {"messages.jsonl": b"m" * 500, "files/a.bin": bytes(range(256))}
PACKAGE = "310115-310000-000001"


def _row(gap: Gap, package: str = PACKAGE) -> OfflinePackage | None:
    with gap.there.read() as session:
        return session.get(OfflinePackage, package)


def test_a_package_is_taken_once_and_answered(gap: Gap) -> None:
    """What it holds is handed over, the receipt is signed, the staging is gone."""
    outcome = gap.open(gap.send(CONTENT))
    assert (outcome.state, gap.taken) == ("accepted", [CONTENT])
    assert outcome.receipt is not None
    body, _, signature = read_receipt(outcome.receipt)
    assert (body["outcome"], body["package"], body["sheets"]) == ("accepted", PACKAGE, [{"number": 1}])
    assert signature["kid"] == THERE
    assert not (gap.folder / "incoming" / PACKAGE / "volumes").exists()


def test_a_replay_has_no_second_effect(gap: Gap) -> None:
    """It is refused, and the same receipt is written again for whoever lost it."""
    medium = gap.send(CONTENT)
    receipt = gap.open(medium).receipt
    assert receipt is not None
    first = receipt.read_bytes()
    receipt.unlink()
    with pytest.raises(ReplayError):
        gap.open(medium)
    assert receipt.read_bytes() == first
    assert len(gap.taken) == 1


def test_volumes_may_come_one_medium_after_the_other(gap: Gap, tmp_path: Path) -> None:
    """Missing ones are named; the same command goes on with the next medium."""
    medium = gap.send(CONTENT)
    names = sorted(path.name for path in medium.glob("volume-*.bin"))
    for place, name in enumerate(names):
        one = tmp_path / f"disk-{place}"
        one.mkdir()
        shutil.copy(medium / MANIFEST_NAME, one)
        shutil.copy(medium / name, one)
        outcome = gap.open(one)
        assert outcome.missing == tuple(names[place + 1 :])
        assert outcome.state == ("accepted" if place == len(names) - 1 else "waiting")
    assert gap.taken == [CONTENT]


def test_a_bad_volume_leaves_the_others(gap: Gap) -> None:
    """The fault is noted; with the good volume it opens."""
    medium = gap.send(CONTENT)
    good = (medium / "volume-0002.bin").read_bytes()
    (medium / "volume-0002.bin").write_bytes(good[:-1] + b"x")
    with pytest.raises(VolumeError):
        gap.open(medium)
    row = _row(gap)
    assert row is not None
    assert (row.state, row.error_code) == ("waiting", "exchange.offline.volume")
    (medium / "volume-0002.bin").write_bytes(good)
    assert gap.open(medium).state == "accepted"
    row = _row(gap)
    assert row is not None
    assert row.error_code == ""


def test_packages_come_in_their_order(gap: Gap) -> None:
    """The second waits for the first; each names the one before."""
    first, second = gap.send(CONTENT), gap.send({"messages.jsonl": b"2"})
    with pytest.raises(OrderError, match="package 1"):
        gap.open(second)
    gap.open(first)
    assert gap.open(second).state == "accepted"
    assert len(gap.taken) == 2


def _relabelled(medium: Path, **change: object) -> Path:
    text, _ = read_signed(medium / MANIFEST_NAME)
    body = {**json.loads(text), **change}
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    write_signed(medium / MANIFEST_NAME, canonical, hand(HERE, THERE))
    return medium


def test_another_package_under_a_known_number_is_refused(gap: Gap) -> None:
    """Also while the first one is still coming, and when it names another predecessor."""
    medium = gap.send(CONTENT)
    volume = medium / "volume-0001.bin"
    kept = volume.read_bytes()
    volume.unlink()
    assert gap.open(medium).state == "waiting"
    volume.write_bytes(kept)
    text, _ = read_signed(medium / MANIFEST_NAME)
    with pytest.raises(OrderError):
        gap.open(_relabelled(medium, purpose="other"))
    write_signed(medium / MANIFEST_NAME, text, hand(HERE, THERE))
    gap.open(medium)
    with pytest.raises(OrderError):
        gap.open(_relabelled(medium, purpose="other"))
    second = gap.send(CONTENT)
    with pytest.raises(OrderError):
        gap.open(_relabelled(second, prev_sha256="1" * 64))
    assert len(gap.taken) == 1


def test_a_fault_inside_is_answered_with_a_refusal(gap: Gap) -> None:
    """No other medium could mend it; the sender's side reads why, and the next package follows it."""
    medium = gap.send(CONTENT)
    text, _ = read_signed(medium / MANIFEST_NAME)
    entries = json.loads(text)["entries"]
    entries[0][2] = "0" * 64
    with pytest.raises(ContentError):
        gap.open(_relabelled(medium, entries=entries))
    body, _, _ = read_receipt(gap.folder / "receipts" / f"receipt-{PACKAGE}.json")
    assert (body["outcome"], body["code"]) == ("refused", "exchange.offline.content")
    row = _row(gap)
    assert row is not None
    assert row.state == "refused"
    assert gap.taken == []


def test_for_somebody_else_nothing_is_written_down(gap: Gap) -> None:
    """A package for another organisation leaves no row and no file."""
    medium = _relabelled(gap.send(CONTENT), receiver="440000", id="310115-440000-000001")
    with pytest.raises(RecipientError):
        gap.open(medium)
    assert not (gap.folder / "incoming").exists()
    with gap.there.read() as session:
        assert session.execute(select(OfflinePackage)).first() is None


def test_a_foreign_file_is_noted(gap: Gap) -> None:
    """The package waits, with what was wrong."""
    medium = gap.send(CONTENT)
    (medium / "note.txt").write_text("hello")
    with pytest.raises(ForeignFileError):
        gap.open(medium)
    row = _row(gap)
    assert row is not None
    assert row.error_code == "exchange.offline.foreign_file"


def test_the_receipt_comes_home(gap: Gap) -> None:
    """Receipts of the messages are handed over once, whatever comes twice."""
    receipt = gap.open(gap.send(CONTENT)).receipt
    assert receipt is not None
    sheets: list[object] = []

    def hands(peer: str) -> Hand | None:
        return hand(HERE, THERE) if peer == THERE else None

    def take(session: Session, peer: str, found: Sequence[Mapping[str, object]], at: datetime) -> None:
        del session, peer, at
        sheets.extend(found)

    for _ in range(2):
        row = take_receipt(gap.here, hands, receipt, take, actor="li", at=AT)
    assert row.state == "receipted"
    assert sheets == [{"number": 1}]
    with gap.here.read() as session:
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.seq)).scalars().all()
    assert [one for one in actions if one.startswith("offline.")] == [
        "offline.pack", "offline.release", "offline.release", "offline.carry_out", "offline.receipt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"number": 2},
        {"package": "310115-310000-000009"},
        {"sender": "999999"},
        {"outcome": "maybe"},
        {"sheets": {}},
        {"format": "x"},
    ],
)
def test_a_receipt_for_something_else_is_refused(gap: Gap, change: dict[str, object]) -> None:
    """Even signed by the receiver; and nothing changes."""
    receipt = gap.open(gap.send(CONTENT)).receipt
    assert receipt is not None
    body, _, _ = read_receipt(receipt)
    canonical = json.dumps({**body, **change}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    write_signed(receipt, canonical, hand(THERE, HERE))
    with pytest.raises(ReturnReceiptError):
        take_receipt(gap.here, lambda peer: hand(HERE, peer), receipt, lambda *_: None, actor="li", at=AT)
    with gap.here.read() as session:
        assert session.get_one(OfflinePackage, PACKAGE).state == "released"


def test_a_receipt_signed_by_somebody_else_is_refused(gap: Gap) -> None:
    """Nor is one by another suite than agreed, or one of a package that never left."""
    receipt = gap.open(gap.send(CONTENT)).receipt
    assert receipt is not None
    text, _ = read_signed(receipt)
    good = receipt.read_bytes()
    for wrong in (hand("999999", HERE), hand(THERE, HERE, "weaker")):
        write_signed(receipt, text, wrong)
        with pytest.raises(ReturnReceiptError):
            take_receipt(gap.here, lambda peer: hand(HERE, peer), receipt, lambda *_: None, actor="li", at=AT)
    receipt.write_bytes(good)
    with gap.here.write() as session:
        session.get_one(OfflinePackage, PACKAGE).state = "packed"
    with pytest.raises(ReturnReceiptError, match="left"):
        take_receipt(gap.here, lambda peer: hand(HERE, peer), receipt, lambda *_: None, actor="li", at=AT)
