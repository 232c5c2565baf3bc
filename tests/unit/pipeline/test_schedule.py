"""What is due."""

import socket
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from kernel.db import Database
from kernel.models import Evidence, Job, Shop
from pipeline.job_run import owner_name
from pipeline.schedule import CAPTURE_BATCH, due_shops, lost_jobs, plan_captures, plan_watch

AT = datetime(2026, 11, 25, tzinfo=UTC)


def _order(database: Database, name: str, **values: object) -> None:
    with database.write() as session:
        row = Evidence(id=name, key=name, url="http://a.example.test/", reason="order", ordered_by="me", ordered_at=AT)
        for field, value in values.items():
            setattr(row, field, value)
        session.add(row)


def _plan(database: Database, at: datetime = AT) -> list[list[str]]:
    with database.write() as session:
        jobs = plan_captures(session, created_by="me", at=at)
    with database.read() as session:
        return [list(session.get_one(Job, job).params["evidence_ids"]) for job in jobs]  # type: ignore[call-overload]


def test_orders_become_batches_once(database: Database) -> None:
    """Every waiting order is in one job, all of one size; planning again makes none."""
    for number in range(CAPTURE_BATCH + 2):
        _order(database, f"ev-{number}")
    batches = _plan(database)
    assert [len(batch) for batch in batches] == [CAPTURE_BATCH // 2 + 1] * 2
    assert _plan(database) == []


def test_sealed_and_failed_rest_and_retries_wait(database: Database) -> None:
    """Only what is open and due is planned."""
    _order(database, "ev-sealed", state="sealed")
    _order(database, "ev-failed", state="failed")
    _order(database, "ev-later", retry_at=AT + timedelta(minutes=1))
    _order(database, "ev-captured", state="captured")
    assert _plan(database) == [["ev-captured"]]
    _set_running(database)
    assert _plan(database, AT + timedelta(minutes=2)) == [["ev-later"]]


def test_a_job_that_still_waits_is_filled_up(database: Database) -> None:
    """Orders that come one by one share a job, and so a browser, until it is full, taken or another person's."""
    _order(database, "ev-0")
    assert _plan(database) == [["ev-0"]]
    for number in range(1, CAPTURE_BATCH + 1):
        _order(database, f"ev-{number:02}")
    assert _plan(database) == [[f"ev-{CAPTURE_BATCH}"]]
    with database.read() as session:
        first = session.execute(select(Job).order_by(Job.created_at, Job.id)).scalars().all()
    assert sorted(len(job.params["evidence_ids"]) for job in first) == [1, CAPTURE_BATCH]  # type: ignore[arg-type]
    _set_running(database)
    _order(database, "ev-new")
    assert _plan(database) == [["ev-new"]]


def _set_running(database: Database) -> None:
    with database.write() as session:
        for job in session.execute(select(Job)).scalars():
            job.state = "running"


def test_what_a_dead_job_held_comes_back(database: Database) -> None:
    """When the holder is over, its open evidence is planned anew."""
    _order(database, "ev-1", state="capturing")
    _plan(database)
    with database.write() as session:
        session.execute(select(Job)).scalar_one().state = "failed"
    assert _plan(database) == [["ev-1"]]


def test_a_watch_is_taken_up_again(database: Database) -> None:
    """The same shops while a job is unfinished: the same job; afterwards a new one."""
    with database.write() as session:
        first = plan_watch(session, shop_ids=[2, 1], created_by="me", at=AT)
        assert plan_watch(session, shop_ids=[1, 2], created_by="me", at=AT) == first
        assert plan_watch(session, shop_ids=[1], created_by="me", at=AT) != first
        session.get_one(Job, first).state = "done"
        assert plan_watch(session, shop_ids=[1, 2], created_by="me", at=AT) != first


def test_due_shops_come_longest_waiting_first(database: Database) -> None:
    """Paused shops and those of tomorrow do not come."""
    with database.write() as session:
        for name, status, due in (("a", "watched", 0), ("b", "watched", -5), ("c", "paused", -9), ("d", "watched", 9)):
            session.add(
                Shop(
                    url=f"http://{name}.example.test/",
                    host=name,
                    status=status,
                    created_at=AT,
                    next_visit_at=AT + timedelta(days=due),
                )
            )
    with database.read() as session:
        shops = [session.get_one(Shop, shop_id).host for shop_id in due_shops(session, at=AT)]
    assert shops == ["b", "a"]


def test_jobs_that_an_empty_queue_ought_to_hold(database: Database) -> None:
    """Queued a while ago, or running under a process that is gone; not what was just made or is in work."""
    with database.write() as session:
        for name, state, owner, age in (
            ("old", "queued", "", 5),
            ("new", "queued", "", 1),
            ("left", "running", f"{socket.gethostname()}:999999999:1", 5),
            ("at-work", "running", owner_name(), 5),
            ("over", "done", "", 5),
        ):
            made = AT - timedelta(seconds=age)
            session.add(Job(id=name, kind="capture", created_by="me", created_at=made, state=state, owner=owner))
    with database.read() as session:
        assert lost_jobs(session, at=AT) == ["left", "old"]
