"""Commands that look after the installation."""

import io
import json
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from evidence import intake
from kernel import audit
from kernel.config import settings
from kernel.db import Database
from kernel.jobs import create
from kernel.models import AuditEntry, CustodyEvent, Job, Listing, OutboxEntry, Shop, User, UserSession
from pipeline import cli_keep
from pipeline.commands import action_of, command_line
from pipeline.errors import UsageError
from pipeline.health import Finding
from pipeline.wiring import open_database

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


@pytest.fixture
def records() -> Database:
    """The installation's own database, with one listing that waits for the index."""
    database = open_database(settings())
    with database.write() as session:
        shop = Shop(url="http://a.example.test/", host="a.example.test", name="青禾", created_at=AT)
        session.add(shop)
        session.flush()
        listing = Listing(
            shop_id=shop.id,
            url=f"{shop.url}1",
            url_key="k",
            title="龙井茶叶",
            price_fen=9_950,
            first_seen_at=AT,
            last_seen_at=AT,
            updated_at=AT,
        )
        session.add(listing)
        session.flush()
        session.add(OutboxEntry(object_id=listing.id, created_at=AT))
    return database


def test_search_finds_what_waited(records: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """The index is brought up to date first; as text and as JSON."""
    assert _run("search", "query", "价格:99..100") == 0
    assert "CNY 99.50" in capsys.readouterr().out
    assert _run("search", "query", "龙井", "--json") == 0
    assert json.loads(capsys.readouterr().out)["price_fen"] == 9_950
    assert _run("search", "query", "红茶") == 0
    assert "0 条 found" in capsys.readouterr().err
    records.close()


def test_the_index_is_drained_and_made_anew(records: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """Each says how much."""
    assert _run("search", "drain") == 0
    assert "indexed: 1" in capsys.readouterr().out
    assert _run("search", "rebuild") == 0
    assert "rebuilt: 1" in capsys.readouterr().out
    with records.read() as session:
        assert session.execute(select(Job.kind, Job.state)).all() == [("rebuild_index", "done")]
    records.close()


def test_rules_are_listed_and_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """With article and confidence; a hit ends with one and says that it is a lead."""
    assert _run("rules", "list") == 0
    listed = capsys.readouterr().out
    assert "AD01" in listed
    assert "[V]" in listed
    assert _run("rules", "try", "全国最佳的好茶") == 1
    assert "线索不是认定" in capsys.readouterr().err
    assert _run("rules", "try", "一包茶叶") == 0


def test_a_user_is_added_with_a_password(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Kept as argon2id; a short one is refused; a ticket is for known people only."""
    monkeypatch.setattr("sys.stdin", io.StringIO("too short\n"))
    with pytest.raises(UsageError):
        _run("user", "add", "li", "--role", "supervisor")
    with pytest.raises(UsageError):
        _run("user", "ticket", "li")
    monkeypatch.setattr("sys.stdin", io.StringIO("four unrelated words\n"))
    assert _run("user", "add", "li", "--role", "supervisor", "--role", "investigator") == 0
    database = open_database(settings())
    with database.read() as session:
        user = session.execute(select(User).where(User.name == "li")).scalar_one()
        assert PasswordHasher().verify(user.password_hash, "four unrelated words")
        assert user.roles == ["investigator", "supervisor"]
    database.close()
    capsys.readouterr()
    assert _run("user", "ticket", "li") == 0
    assert "/signin/once?ticket=" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("four other unrelated words\n"))
    assert _run("user", "add", "li", "--role", "supervisor") == 0
    database = open_database(settings())
    with database.read() as session:
        assert session.execute(select(UserSession)).first() is None
    database.close()


@pytest.mark.parametrize("name", ["system:rules", "Li", "l", "-li", "李", "li\n"])
def test_a_name_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Names look like names: the system's own cannot be taken."""
    monkeypatch.setattr("sys.stdin", io.StringIO("four unrelated words\n"))
    with pytest.raises(UsageError, match="small letters"):
        _run("user", "add", "--role", "supervisor", "--", name)


def test_jobs_are_listed_and_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    """Stopping twice, or something unknown, is refused."""
    database = open_database(settings())
    with database.write() as session:
        job_id = create(session, kind="watch", title="巡查", params={}, created_by="li", at=AT).id
    assert _run("jobs", "cancel", job_id) == 0
    with pytest.raises(UsageError):
        _run("jobs", "cancel", job_id)
    assert _run("jobs", "list") == 0
    assert f"{job_id}  cancelled" in capsys.readouterr().out
    with database.read() as session:
        assert session.execute(select(AuditEntry.action)).scalars().all() == ["job.cancel"]
    database.close()


def test_a_broken_audit_chain_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """And names the first entry that does not fit."""
    database = open_database(settings())
    with database.write() as session:
        for action in ("a", "b"):
            audit.append(session, actor="li", action=action, at=AT)
    assert _run("audit") == 0
    with database.write() as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == 2).values(actor="wang"))
    assert _run("audit") == 1
    assert "在第 2 条断开" in capsys.readouterr().out
    database.close()


def test_a_broken_chain_of_custody_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A changed custody event is found, and the evidence is named."""
    database = open_database(settings())
    with database.write() as session:
        row = intake.order(
            session,
            key="k",
            url="http://a.example.test/",
            shop_id=None,
            listing_id=None,
            reason="order",
            purpose="p",
            actor="li",
            at=AT,
        )
    assert _run("audit") == 0
    with database.write() as session:
        session.execute(update(CustodyEvent).values(actor="wang"))
    assert _run("audit") == 1
    assert f"{row.id}: " in capsys.readouterr().out
    database.close()


def test_the_doctor_ends_as_its_findings_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a part; one that is missing is enough for one."""
    monkeypatch.setattr(cli_keep, "examine", lambda _config: [Finding("a", ok=True, line="x")])
    assert _run("doctor") == 0
    monkeypatch.setattr(cli_keep, "examine", lambda _config: [Finding("a", ok=False, line="gone → mend it")])
    assert _run("doctor") == 1
    assert "异常 BAD" in capsys.readouterr().out
