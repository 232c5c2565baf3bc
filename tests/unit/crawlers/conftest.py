"""A shop, a visit, and claims on it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from crawlers.budget import Budget
from crawlers.frontier import Claim, NewLink, add_links, claim, open_visit
from kernel.db import Database
from kernel.models import Job, Shop

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOME = "https://shop.example/"
Claimer = Callable[[Sequence[str]], list[Claim]]


@pytest.fixture
def visit_id(database: Database) -> int:
    """A running visit of job ``job-1`` to https://shop.example/."""
    with database.write() as session:
        shop = Shop(url=HOME, host="shop.example", created_at=AT)
        session.add(shop)
        session.add(Job(id="job-1", kind="watch", created_by="test", created_at=AT, progress={"judged": 1}))
        session.flush()
        return open_visit(session, shop=shop, job_id="job-1", budget=Budget(100, 1_000_000, 60, 5), at=AT).id


@pytest.fixture
def claims(database: Database, visit_id: int) -> Claimer:
    """Adds addresses to the visit and claims all that is free for the owner ``me``."""

    def take(paths: Sequence[str]) -> list[Claim]:
        with database.write() as session:
            add_links(session, visit_id=visit_id, links=[NewLink(HOME + path, "detail", 1) for path in paths])
            return claim(session, visit_ids=(visit_id,), owner="me", limit=100, lease_s=60, at=AT)

    return take
