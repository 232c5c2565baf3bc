"""Ground truth as JSON-ready values, drawn from the model and never read off a page."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.market.addresses import PLATFORM_HOST, Addresses, origin
from simulators.market.merchants import shops
from simulators.market.model import BASE_DATE, Listing, Planted, Ports, Shop
from simulators.market.wording import read

if TYPE_CHECKING:
    from simulators.market.world import World

LIST_KINDS = {"起": "range", "券后": "coupon"}
SAMPLE_REASONS = {"pinjishi": "平台店铺日常巡查", "generic": "自建网站日常巡查"}


@dataclass(frozen=True, slots=True)
class SampleShop:
    """One line of the list of shops to watch; ``platform`` is a folder of ``crawlers/platforms``."""

    url: str
    name: str
    platform: str
    reason: str


def sample_shops(ports: Ports) -> tuple[SampleShop, ...]:
    """Every shop of the market, as ``wangjian watch`` takes them."""
    found = []
    for shop in shops():
        u = Addresses(shop, ports)
        platform = "generic" if shop.own_site else "pinjishi"
        found.append(SampleShop(u.url(u.home), shop.name, platform, SAMPLE_REASONS[platform]))
    return tuple(found)


def shop_list(found: Iterable[SampleShop]) -> str:
    """Shops as a CSV file with the columns ``wangjian run`` takes."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("url", "name", "platform", "reason"))
    lines.writerows((one.url, one.name, one.platform, one.reason) for one in found)
    return text.getvalue()


def _listing(listing: Listing, u: Addresses) -> dict[str, Any]:
    """One listing by the field names of ``kernel.facts``."""
    return {
        "shop": u.url(u.home),
        "needs_browser": u.shop.scripted,
        "structured": u.shop.structured,
        "theme": u.shop.theme,
        "title": listing.title,
        "description": "\n".join(listing.description),
        "price": [price.as_fact() for price in listing.prices],
        "price_text": listing.prices[0].text,
        "stock": listing.stock,
        "sales": listing.sales,
        "image": [u.url(u.image(listing, number)) for number in range(1, listing.images + 1)],
        "sku": list(listing.skus),
        "category": listing.category,
        "brand": listing.brand,
        "rating": listing.rating or None,
        "review": list(listing.reviews),
        "option": [{"label": one.label, "checked": one.checked, "fen": one.fen} for one in listing.options],
        "promotion": list(listing.promotions),
        "gift": list(listing.gifts),
        "attribute": [list(pair) for pair in listing.attributes],
        "seller_shown": u.shop.name,
    }


def _stub(listing: Listing, u: Addresses) -> dict[str, Any]:
    """What a list or home page shows of a listing; ``fen`` is the lowest where the kind is range."""
    return {
        "url": u.url(u.item(listing)),
        "title": listing.title,
        "kind": LIST_KINDS.get(listing.list_note, "shown"),
        "fen": listing.list_fen,
        "note": listing.list_note,
        "text": listing.list_text,
    }


def _shop(shop: Shop, u: Addresses) -> dict[str, Any]:
    """Facts about a shop by the field names of ``kernel.facts``, and the model's own judgement of its code."""
    who = shop.merchant
    registered = who.kind != "person"
    told = registered and who.showing == "text"
    return {
        "slug": shop.slug,
        "platform": "generic" if shop.own_site else "pinjishi",
        "needs_browser": shop.scripted,
        "theme": shop.theme,
        "structured": shop.structured,
        "merchant_kind": who.kind,
        "seller_shown": shop.name,
        "seller_name": who.name,
        "licence_url": u.url(u.licence),
        "rules_url": u.url(u.rules),
        "licence_code": who.code if told else None,
        "licence_code_shown": who.code_shown or None,
        "licence_code_fault": who.code_reason or None,
        "licence_name": who.name if told else None,
        "licence_address": who.address if told or not registered else None,
        "licence_link": u.licence_link if shop.licence_link else None,
        "licence_image": u.url(u.licence_image) if registered and who.showing in {"text", "picture"} else None,
        "legal_representative": who.legal if told else None,
        "capital": (who.capital or None) if told else None,
        "declaration": who.declaration_shown or None,
        "declaration_required": who.declaration or None,
        "icp": shop.icp or read("shops")["platform"]["icp"],
        "police_filing": shop.police or None,
        "permit": list(shop.permits),
        "contact": who.phone,
        "notice": shop.notice,
    }


def _hit(mark: Planted, shop: Shop, listing: Listing | None, page: str, u: Addresses) -> dict[str, Any]:
    return {
        "rule": mark.rule,
        "shop": u.url(u.home),
        "listing_url": u.url(u.item(listing)) if listing else None,
        "page_url": page,
        "field": mark.field,
        "quote": mark.quote,
        "also": list(mark.also),
        "sentence": mark.text,
        "from_day": mark.from_day,
        "needs_browser": shop.scripted,
    }


def _twin(mark: Planted, shop: Shop, listing: Listing | None, page: str, u: Addresses) -> dict[str, Any]:
    return {
        "rule": mark.rule,
        "shop": u.url(u.home),
        "listing_url": u.url(u.item(listing)) if listing else None,
        "url": page,
        "field": mark.field,
        "text": mark.text,
        "why": mark.why,
        "present": listing is None or mark.field != "promotion" or mark.text in listing.promotions,
        "needs_browser": shop.scripted,
    }


class _Ledger:
    """Collects offences and twins with the page each stands on."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.hits: list[dict[str, Any]] = []
        self.twins: list[dict[str, Any]] = []

    def add(self, marks: Iterable[Planted], shop: Shop, listing: Listing | None, page: str) -> None:
        """Note marks; those read from a list get the page that lists their listing."""
        u = self.world.addresses(shop)
        for mark in marks:
            where = self._list_url(shop, listing) if mark.on_list and listing else page
            target, make = (self.twins, _twin) if mark.why else (self.hits, _hit)
            target.append(make(mark, shop, listing, where, u))

    def _list_url(self, shop: Shop, listing: Listing) -> str:
        u = self.world.addresses(shop)
        number = next(n for n in range(1, self.world.pages_of(shop) + 1) if listing in self.world.listed(shop, n))
        return u.url(u.list_page(number))


def _terms_marks(shop: Shop) -> Iterable[Planted]:
    words = read("terms")
    for kind in ("planted", "near"):
        for one in words[kind]:
            if one["shop"] == shop.slug:
                yield Planted("CT02", one["text"], one.get("quote", ""), "notice", one.get("why", ""))


def _natural(listing: Listing) -> Iterable[Planted]:
    """Twins nobody had to plant: a list that shows the 券后 price the page shows too."""
    if listing.list_note == "券后" and listing.list_fen is not None:
        why = "列表标“券后”，与页面券后价一致"
        yield Planted("PR03", f"{listing.list_fen / 100:.2f}", field="price", why=why, on_list=True)


def _pages(world: "World", shop: Shop, u: Addresses) -> dict[str, dict[str, Any]]:
    kinds = {u.home: "home", u.licence: "licence", u.rules: "rules"}
    kinds |= {u.list_page(number): "list" for number in range(1, world.pages_of(shop) + 1)}
    kinds |= {u.item(one): "detail" for one in world.listings_of(shop)}
    return {u.url(path): {"kind": kind, "needs_browser": shop.scripted} for path, kind in kinds.items()}


def _stubs(world: "World", shop: Shop, u: Addresses) -> dict[str, list[dict[str, Any]]]:
    found = {u.url(u.home): [_stub(one, u) for one in world.featured(shop)]}
    for number in range(1, world.pages_of(shop) + 1):
        found[u.url(u.list_page(number))] = [_stub(one, u) for one in world.listed(shop, number)]
    return found


def labels(world: "World") -> Mapping[str, Any]:
    """All that is true of the market on a day.

    Returns:
        ``pages`` (URL → kind), ``listings`` (URL → fields), ``stubs`` (list or home URL → entries),
        ``shops`` (home URL → facts), ``hits`` and ``near_misses``. A hit with ``from_day`` above
        the world's day cannot be known yet.
    """
    ledger = _Ledger(world)
    base = origin(PLATFORM_HOST, world.ports)
    pages: dict[str, Any] = {
        f"{base}/": {"kind": "other", "needs_browser": False},
        f"{base}/help/rules": {"kind": "rules", "needs_browser": False},
    }
    listings: dict[str, Any] = {}
    stubs: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for shop in world.shops:
        u = world.addresses(shop)
        pages |= _pages(world, shop, u)
        stubs |= _stubs(world, shop, u)
        facts[u.url(u.home)] = _shop(shop, u)
        ledger.add((*shop.planted, *shop.twins), shop, None, u.url(u.licence))
        ledger.add(_terms_marks(shop), shop, None, u.url(u.rules))
        for one in world.listings_of(shop):
            url = u.url(u.item(one))
            listings[url] = _listing(one, u)
            ledger.add((*one.planted, *one.twins, *_natural(one)), shop, one, url)
    return {
        "day": world.day,
        "date": BASE_DATE.isoformat(),
        "seed": world.seed,
        "ports": {"http": world.ports.http, "tls": world.ports.tls},
        "pages": pages,
        "shops": facts,
        "listings": listings,
        "stubs": stubs,
        "hits": ledger.hits,
        "near_misses": ledger.twins,
    }
