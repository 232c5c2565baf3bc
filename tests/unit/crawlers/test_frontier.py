"""The frontier's own arithmetic; its promises on both databases are in tests/contract."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from crawlers.budget import Budget
from crawlers.frontier import Claim, NewLink, add_links, finish, open_count, open_visit, retry_later
from kernel.db import Database
from kernel.models import FrontierEntry, Shop, Visit

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
Claimer = Callable[[Sequence[str]], list[Claim]]


def test_home_then_licence_then_goods_then_lists(database: Database, visit_id: int) -> None:
    """Urgency by kind, less urgent the deeper; however many lists a shop has, its goods come first."""
    links = [NewLink(f"https://shop.example/{kind}", kind, 1) for kind in ("other", "detail", "list", "licence")]
    links.append(NewLink("https://shop.example/deep", "list", 9, state="refused", outcome="budget-depth"))
    with database.write() as session:
        assert add_links(session, visit_id=visit_id, links=links) == 5
        assert add_links(session, visit_id=visit_id, links=[]) == 0
        rows = session.execute(
            select(FrontierEntry.kind).where(FrontierEntry.state == "pending").order_by(FrontierEntry.priority.desc())
        ).scalars()
        assert list(rows) == ["home", "licence", "detail", "list", "other"]
        assert open_count(session, visit_id=visit_id) == 5


def test_nothing_to_do_is_nothing_done(database: Database, claims: Claimer) -> None:
    """Empty batches touch no row."""
    claims([])
    with database.write() as session:
        finish(session, results=[])
        retry_later(session, ids=[], not_before=AT, outcome="x")
        assert session.execute(select(FrontierEntry.state)).scalars().all() == ["leased"]


def test_a_revisit_is_seeded_with_what_was_left(database: Database, visit_id: int, claims: Claimer) -> None:
    """Taken, failed and cut by budget come again with their way; not found, forbidden and too deep do not."""
    items = {
        claim.url.rpartition("/")[2]: claim for claim in claims(["ok", "slow", "cut", "gone", "no", "deep", "app"])
    }
    ends = {
        "": ("done", "ok"), "ok": ("done", "ok"), "slow": ("failed", "timeout"), "cut": ("refused", "budget-pages"),
        "gone": ("failed", "http-404"), "no": ("refused", "robots"), "deep": ("refused", "budget-depth"),
        "app": ("done", "ok"),
    }  # fmt: skip
    with database.write() as session:
        results = [
            {"id": items[name].id, "state": state, "outcome": outcome} for name, (state, outcome) in ends.items()
        ]
        finish(session, results=results)
        session.get_one(FrontierEntry, items["app"].id).via = "browser"
        session.get_one(Visit, visit_id).state = "done"
        session.flush()
        shop = session.execute(select(Shop)).scalars().one()
        later = open_visit(session, shop=shop, job_id="job-2", budget=Budget(1, 1, 1, 1), at=AT + timedelta(days=1))
        rows = session.execute(select(FrontierEntry).where(FrontierEntry.visit_id == later.id)).scalars()
        seeded = {row.url.rpartition("/")[2]: (row.via, row.depth) for row in rows}
    assert seeded == {
        "": ("http", 0), "ok": ("http", 1), "slow": ("http", 1), "cut": ("http", 1), "app": ("browser", 1),
    }  # fmt: skip
