"""Visits from the database into the hands of the crawl."""

from pathlib import Path

from sqlalchemy import update

from crawlers.spiders.setting_out import recorded_rules, set_out
from kernel.clock import now
from kernel.db import Database
from kernel.models import Shop, Visit


def test_running_visits_with_what_they_have_spent(database: Database, visit_id: int) -> None:
    """Budget, seconds used; a visit that is over is left out; a used-up one is stopped at once."""
    with database.write() as session:
        row = session.get_one(Visit, visit_id)
        row.pages, row.budget = 100, {**row.budget, "used_seconds": 12.5}
        session.add(Shop(url="https://shop.example/b/", host="shop.example", created_at=now()))
        session.flush()
        (visit,) = set_out(session, (visit_id, 99))
        assert (visit.spent.pages, visit.spent.seconds, visit.stopped) == (100, 12.5, "budget-pages")
        assert visit.site.prefix == "/"
        session.execute(update(Visit).values(state="done"))
        assert set_out(session, (visit_id,)) == []


def test_robots_that_cannot_be_read_again_is_asked_again(database: Database, visit_id: int, tmp_path: Path) -> None:
    """No page, or no file any more: no rules, so the process asks."""
    with database.write() as session:
        session.get_one(Visit, visit_id).robots = {
            "origin": "https://a.example",
            "page_id": 5,
            "others": {"x": {"page_id": None}},
        }
        session.flush()
        assert recorded_rules(session, (visit_id,), tmp_path, "x") == {}
