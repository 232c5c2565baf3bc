"""What changes from day to day; all else stays byte for byte."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from simulators.market.catalogue import round_fen
from simulators.market.model import BASE_DATE, Listing, Planted, Price
from simulators.market.planting import planted_listings
from simulators.market.wording import dice, read

PRICE_SHARE = 0.15
STOCK_SHARE = 0.22
TEXT_SHARE = 0.24
FROZEN = frozenset({"PR03", "PR04", "PR05", "CT04"})
FACTORS = (0.85, 0.9, 0.95, 1.05, 1.1, 1.2)


def date_of(day: int) -> date:
    """The market's own date on a day."""
    return BASE_DATE + timedelta(days=day)


def words_of(day: int) -> str:
    """The date as promotions write it: 11月25日."""
    at = date_of(day)
    return f"{at.month}月{at.day}日"


def _scaled(price: Price, factor: float) -> Price:
    if price.fen is None:
        return price
    fen = round(price.fen * factor) if price.kind == "unit" else round_fen(price.fen * factor)
    return replace(price, fen=fen, fen_max=None if price.fen_max is None else round_fen(price.fen_max * factor))


def _repriced(listing: Listing, factor: float) -> Listing:
    """All prices moved together; the list price follows the page (it equals one of its prices)."""
    prices = tuple(_scaled(price, factor) for price in listing.prices)
    kind = {"券后": "coupon", "起": "range"}.get(listing.list_note, "shown")
    list_fen = next((price.fen for price in prices if price.kind == kind and price.sku is None), None)
    return replace(listing, prices=prices, list_fen=list_fen)


def _stepped(seed: int, listing: Listing, day: int) -> Listing:
    """The listing after one more day of trade."""
    rng = dice(seed, "day", day, listing.id)
    roll = rng.random()
    if roll < PRICE_SHARE:
        return _repriced(listing, rng.choice(FACTORS))
    if roll < STOCK_SHARE:
        sold = rng.randint(1, 9)
        sales = None if listing.sales is None else listing.sales + (sold if listing.sales < 9_000 else 1000)
        stock = None if listing.stock is None else max(0, listing.stock - sold)
        return replace(listing, sales=sales, stock=stock)
    if roll < TEXT_SHARE:
        line = rng.choice(read("categories")["common"]["changed_promotions"])
        return listing if line in listing.promotions else replace(listing, promotions=(*listing.promotions, line))
    return listing


def _reworded(listing: Listing, mark: Planted, text: str) -> Listing:
    """The planted promotion in other words (empty: taken away)."""
    rest = listing.promotions[1:]
    planted = tuple(replace(one, text=text) for one in listing.planted)
    twins = tuple(replace(one, text=text or mark.text) for one in listing.twins)
    return replace(listing, promotions=(text, *rest) if text else rest, planted=planted, twins=twins)


def _promised(listing: Listing, day: int) -> Listing:
    """The deadline of a PR04 listing as it reads on a day."""
    mark = (listing.planted or listing.twins)[0]
    if listing.planted:
        return _reworded(listing, mark, mark.text.format(date=words_of(day)))
    entry = next(one for one in read("violations")["PR04"]["near"] if one["text"] == mark.text)
    if day == 0 or entry["kind"] == "fixed":
        return listing
    if entry["kind"] == "extended":
        return _reworded(listing, mark, entry["later"])
    return _repriced(_reworded(listing, mark, ""), 1.25)


@cache
def listings_on(seed: int, day: int) -> tuple[Listing, ...]:
    """Every listing as it stands on a day, those not yet or no longer on sale included."""
    if day == 0:
        return planted_listings(seed)
    stepped = []
    for listing in listings_on(seed, day - 1):
        marks = listing.planted + listing.twins
        frozen = listing.stable or any(mark.rule in FROZEN for mark in marks)
        stepped.append(listing if frozen else _stepped(seed, listing, day))
    return tuple(stepped)


def on_sale(seed: int, day: int) -> tuple[Listing, ...]:
    """The listings a visitor finds on a day, with dated promotions filled in."""
    found = []
    for listing in listings_on(seed, day):
        if listing.from_day > day or (listing.gone_day is not None and listing.gone_day <= day):
            continue
        marks = listing.planted + listing.twins
        found.append(_promised(listing, day) if any(mark.rule == "PR04" for mark in marks) else listing)
    return tuple(found)
