"""The sample market's registry and 亮照 links, for tests that hold what its shops show against them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors.registration.mapping import understand
from exchange.connectors.row import SourceRow, Understood
from identity_verify.code_reading import read_code
from identity_verify.licence_display import Display, LinkSeen, Place, ShopLook, judge_display
from identity_verify.licence_link import follow_link, link_in
from identity_verify.licence_record import keep_look
from identity_verify.registry_extract import RegistryExtract
from identity_verify.registry_word import RegistryWord
from identity_verify.shown_identity import ShownIdentity
from identity_verify.subjects import take_extract
from kernel.models import LinkedState, Page, Shop, Subject
from kernel.outside import DnsAnswer, Fetched
from simulators.linked.registry import entries
from simulators.market.addresses import LICENCE_HOST
from simulators.market.model import Ports
from simulators.market.world import World


class MarketNet:
    """Answers from the pages of a market, without a wire."""

    def __init__(self, world: World) -> None:
        self.world = world

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        """The page at an address."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        page = self.world.page(parts.hostname or "", path)
        return Fetched(url=url, final_url=url, status=page.status, body=page.body[:max_bytes])

    def txt(self, name: str) -> DnsAnswer:
        """Nobody proves anything here."""
        raise AssertionError(name)

    cname = txt


def extracts(at: datetime, today: date) -> Iterator[RegistryExtract]:
    """Every entry of the registry of the market."""
    for key, fields in entries(Ports(), today=today):
        found = understand(SourceRow(key, 1, at, fields), at)
        assert isinstance(found, Understood), found
        assert isinstance(found.body, RegistryExtract)
        yield found.body


def take_registry(session: Session, at: datetime, today: date) -> None:
    """Let the records know the registry, read to its end."""
    session.add(LinkedState(system="registration", good_at=at, keys_at=at))
    for extract in extracts(at, today):
        take_extract(session, extract, at=at)


def look_at_links(session: Session, world: World, shops: Mapping[str, int], at: datetime) -> None:
    """What the duty of the 亮照 check does after a visit, over the pages of the market; the registry was read again."""
    session.get_one(LinkedState, "registration").good_at = at
    net = MarketNet(world)
    for home, shop_id in shops.items():
        query = select(Page.id).where(Page.shop_id == shop_id, Page.url == home).order_by(Page.id.desc())
        page_id = session.execute(query.limit(1)).scalar() or 0
        url = link_in(net.fetch(home, max_bytes=1_000_000).body, home, {LICENCE_HOST})
        seen = follow_link(url, net, page_id=page_id)
        keep_look(session, session.get_one(Shop, shop_id), seen, at=at)


def displays(world: World, on: date, at: datetime) -> Mapping[str, Display]:
    """What each shop shows, as a perfect reader would judge it, by home address."""
    known: dict[str, tuple[Subject | None, RegistryWord]] = {}
    for extract in extracts(at, on):
        subject = Subject(
            code=extract.code, registration_number=extract.registration_number, name=extract.name,
            status=extract.status, address=extract.address, persons=[list(one) for one in extract.persons],
            approved_on=extract.approved_on,
        )  # fmt: skip
        word = RegistryWord((extract.name, *extract.former_names), (), {}, at)
        known[extract.code] = known[extract.registration_number] = (subject, word)
    net, found = MarketNet(world), {}
    for home, want in world.labels()["shops"].items():
        holder, word = known.get(want["licence_code"], (None, RegistryWord(gap="")))
        link = follow_link(want["licence_link"], net, page_id=1) if want["licence_link"] else LinkSeen()
        parts = urlsplit(home)
        place = Place((parts.hostname or "",), parts.path, want["platform"] != "generic")
        look = ShopLook(bool(want["declaration"]), bool(want["licence_image"]), page_id=1)
        found[home] = judge_display(_shown(want), holder, word=word, look=look, place=place, link=link, on=on)
    return found


def _shown(want: Mapping[str, Any]) -> ShownIdentity:
    names = (want["licence_name"],) if want["licence_name"] else ()
    codes = (read_code(want["licence_code_shown"]),) if want["licence_code_shown"] else ()
    return ShownIdentity(
        names=names, codes=codes, addresses=(want["licence_address"] or "",), contacts=(), filings=(), permits=(),
        digest="", last_fact_id=0, licence_names=names,
    )  # fmt: skip
