"""Packages that leave: two different officers, byte for byte what they released."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence import officer
from evidence.errors import OfficerRevokedError, OfficerUnknownError
from exchange.offline.errors import OfflineError, ReleaseError
from exchange.offline.outgoing import carry_out, in_force, release, withdraw
from kernel.models import AuditEntry, OfflinePackage
from tests.unit.exchange.offline.conftest import AT, Gap

CONTENT = {"messages.jsonl": b"m" * 500}
PACKAGE = "310115-310000-000001"


def _release(gap: Gap, account: str) -> str:
    with gap.here.write() as session:
        return release(session, PACKAGE, account=account, at=AT).state


def _carry(gap: Gap, at_day: int = 0) -> list[Path]:
    with gap.here.write() as session:
        return carry_out(session, PACKAGE, gap.folder / "medium", actor="li", at=AT + timedelta(days=at_day))


def test_one_officer_is_not_enough(gap: Gap) -> None:
    """Nor is the same one twice, nor somebody without a certificate."""
    gap.pack(CONTENT)
    with pytest.raises(ReleaseError):
        _carry(gap)
    assert _release(gap, "li") == "packed"
    with pytest.raises(ReleaseError, match="another officer"):
        _release(gap, "li")
    with pytest.raises(OfficerUnknownError):
        _release(gap, "admin")
    with pytest.raises(ReleaseError):
        _carry(gap)
    assert not (gap.folder / "medium").exists()
    assert _release(gap, "wang") == "released"
    assert len(_carry(gap)) == 4
    with pytest.raises(ReleaseError):
        _release(gap, "zhao")


def test_who_made_it_does_not_release_it(gap: Gap) -> None:
    """Three pairs of eyes when an officer packs."""
    gap.pack(CONTENT)
    with gap.here.write() as session:
        session.get_one(OfflinePackage, PACKAGE).created_by = "li"
    with pytest.raises(ReleaseError, match="made it"):
        _release(gap, "li")


def test_an_officer_whose_certificate_was_taken_back_counts_no_more(gap: Gap) -> None:
    """Looked at again when it is carried out."""
    gap.pack(CONTENT)
    _release(gap, "li")
    _release(gap, "wang")
    with gap.here.write() as session:
        officer.revoke(session, "沪A0001", actor="system:cli", at=AT)
        assert len(in_force(session, PACKAGE, AT)) == 1
    with pytest.raises(ReleaseError):
        _carry(gap, 1)
    with pytest.raises(OfficerRevokedError):
        _release(gap, "wang")


@pytest.mark.parametrize("name", ["volume-0001.bin", "package.json"])
def test_what_changed_after_the_release_does_not_leave(gap: Gap, name: str) -> None:
    """Neither a volume nor the manifest."""
    gap.pack(CONTENT)
    _release(gap, "li")
    _release(gap, "wang")
    path = gap.folder / "outgoing" / PACKAGE / name
    data = path.read_bytes()
    path.write_bytes(data.replace(b"messages", b"massages") if name == "package.json" else data[:-1] + b"x")
    with pytest.raises(OfflineError):
        _carry(gap)
    assert not (gap.folder / "medium" / name).exists()


def test_numbers_follow_one_another(gap: Gap) -> None:
    """Each package names the one before; a withdrawn one frees its number."""
    one, two = gap.pack(CONTENT), gap.pack({"messages.jsonl": b"2"})
    assert (one.number, two.number) == (1, 2)
    assert two.prev_sha256 == one.sha256
    with gap.here.write() as session, pytest.raises(ReleaseError, match="newest"):
        withdraw(session, one.id, actor="li", at=AT)
    with gap.here.write() as session:
        release(session, two.id, account="li", at=AT)
        withdraw(session, two.id, actor="li", at=AT)
    assert not Path(two.folder).exists()
    again = gap.pack({"messages.jsonl": b"3"})
    assert (again.number, again.prev_sha256) == (2, one.sha256)
    with gap.here.read() as session:
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.seq)).scalars().all()
    assert "offline.withdraw" in actions


def test_a_package_of_a_killed_run_is_made_anew(gap: Gap) -> None:
    """Files without a row were never released."""
    folder = gap.folder / "outgoing" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "volume-0001.bin").write_bytes(b"half")
    (folder / ".package.json.part").write_bytes(b"half")
    assert gap.pack(CONTENT).number == 1
    assert gap.open(gap.folder / "outgoing" / PACKAGE).state == "accepted"


def test_nothing_leaves_without_a_purpose(gap: Gap) -> None:
    """Nor an empty package; nor is a folder with other files touched."""
    with pytest.raises(OfflineError):
        gap.pack(CONTENT, purpose=" ")
    with pytest.raises(OfflineError):
        gap.pack({})
    folder = gap.folder / "outgoing" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(OfflineError, match="empty folder"):
        gap.pack(CONTENT)
    assert (folder / "thesis.txt").exists()
    with gap.here.write() as session, pytest.raises(OfflineError):
        release(session, "nonsense", account="li", at=AT)
