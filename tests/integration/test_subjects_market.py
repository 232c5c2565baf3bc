"""The sample market and its registry: every seller is found, no shop is tied to another seller."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from exchange.connectors.registration.mapping import understand
from exchange.connectors.row import SourceRow, Understood
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import LinkResult, find_by_code, link_shop, subject_of_shop, take_extract
from kernel.db import Database
from kernel.models import FactVersion, Page, Visit
from kernel.models import Shop as ShopRow
from simulators.linked.world import books
from simulators.market.merchants import shops
from simulators.market.model import Ports, Shop
from simulators.market.wording import read

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
OTHERS = 60


def _extracts() -> Iterator[RegistryExtract]:
    book = books(Ports(1, 2), at=AT, extra=OTHERS)["registration"]
    for entry in book.entries():
        found = understand(SourceRow(entry.key, entry.version, entry.updated_at, entry.fields), AT)
        assert isinstance(found, Understood), found
        assert isinstance(found.body, RegistryExtract)
        yield found.body


def _watched(database: Database, shop: Shop, number: int) -> int:
    """The shop with what its licence page shows, as facts."""
    merchant = shop.merchant
    with database.write() as session:
        row = ShopRow(url=f"https://{shop.slug}.example.test/", host=f"{shop.slug}.example.test", created_at=AT)
        session.add(row)
        session.flush()
        visit = Visit(shop_id=row.id, job_id=f"job-{number}", state="done", started_at=AT)
        session.add(visit)
        session.flush()
        page = Page(
            visit_id=visit.id, shop_id=row.id, url=row.url, final_url=row.url, url_key="k", status=200, fetched_at=AT,
            body_sha256="0" * 64,
        )  # fmt: skip
        session.add(page)
        session.flush()
        shown = {"licence_name": merchant.name, "licence_code": merchant.code_shown, "contact": merchant.phone}
        for field, value in shown.items():
            if value:
                session.add(
                    FactVersion(
                        shop_id=row.id, field=field, value=value, digest="d", page_id=page.id, seen_at=AT
                    )
                )  # fmt: skip
        return row.id


@pytest.fixture
def seen(database: Database) -> list[tuple[Shop, int, LinkResult]]:
    """Every shop of the market with what came of looking at it."""
    with database.write() as session:
        for extract in _extracts():
            take_extract(session, extract, at=AT)
    found = []
    for number, shop in enumerate(shops()):
        shop_id = _watched(database, shop, number)
        with database.write() as session:
            found.append((shop, shop_id, link_shop(session, shop_id, at=AT)))
    return found


def test_right_codes_lead_to_their_seller(database: Database, seen: list[tuple[Shop, int, LinkResult]]) -> None:
    """However the code is written, and whatever else the registry holds."""
    unknown = read("registry")["unknown"]
    right = [
        (shop, shop_id)
        for shop, shop_id, _ in seen
        if shop.merchant.code_shown and not shop.merchant.code_reason and shop.slug not in unknown
    ]
    assert len(right) > 10
    with database.read() as session:
        for shop, shop_id in right:
            linked, wanted = subject_of_shop(session, shop_id), find_by_code(session, shop.merchant.code)
            assert wanted is not None, shop.slug
            assert linked is not None, shop.slug
            assert linked[0].id == wanted.id, shop.slug


def test_wrong_codes_and_persons_are_never_tied_to_another(
    database: Database, seen: list[tuple[Shop, int, LinkResult]]
) -> None:
    """By the name at most; who is not registered is tied to nobody."""
    with database.read() as session:
        for shop, shop_id, result in seen:
            linked = subject_of_shop(session, shop_id)
            if shop.merchant.kind == "person":
                assert linked is None, shop.slug
                assert result.outcome != "linked"
            elif linked is not None:
                names = shop.merchant.name, linked[0].name
                assert names[0] == names[1] or not shop.merchant.code_reason, names
