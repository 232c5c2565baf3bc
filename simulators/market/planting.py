"""Offences and their innocent twins, planted in the catalogue: at most one sentence a listing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from simulators.market.catalogue import base_listings, round_fen
from simulators.market.merchants import GOODS, shops
from simulators.market.model import Listing, Option, Planted, Price
from simulators.market.wording import dice, read

Entry = Mapping[str, Any]
Plant = Callable[[Listing, Entry, bool], Listing]


def _mark(listing: Listing, mark: Planted, **changes: Any) -> Listing:
    """The listing with an offence or twin noted; it stays on sale and keeps its place in lists."""
    held: dict[str, Any] = {"planted": (mark,)} if not mark.why else {"twins": (mark,)}
    return replace(listing, stable=False, gone_day=None, from_day=0, **held, **changes)


def _note(rule: str, entry: Entry, text: str, **more: Any) -> Planted:
    quote = "" if entry.get("why") else entry.get("quote", text)
    return Planted(
        rule,
        text,
        quote,
        more.pop("field", entry.get("field", "description")),
        entry.get("why", ""),
        tuple(entry.get("also", ())),
        **more,
    )


def _sentence(rule: str) -> Plant:
    """Plant a sentence in the field the entry names."""

    def plant(listing: Listing, entry: Entry, bad: bool) -> Listing:  # noqa: ARG001, FBT001 - one signature for all
        text = entry["text"].format(noun=listing.noun, brand=listing.brand)
        mark = _note(rule, entry, text)
        where = entry.get("field", "description")
        if where == "title":
            return _mark(listing, mark, title=f"{listing.title} {text}")
        if where == "promotion":
            return _mark(listing, mark, promotions=(text, *listing.promotions))
        if where == "review":
            return _mark(listing, mark, reviews=(text, *listing.reviews))
        if where == "attribute":
            key, value = text.split("：", 1)
            mark = replace(mark, text=value)
            return _mark(listing, mark, attributes=(*listing.attributes, (key, value)))
        return _mark(listing, mark, description=(listing.description[0], text, *listing.description[1:]))

    return plant


def _plain(listing: Listing) -> dict[str, Any]:
    """One price, one SKU, one place: so that only the planted difference remains."""
    fen = listing.prices[0].fen
    return {"prices": (Price("shown", fen),), "skus": (), "list_fen": fen, "list_note": ""}


def _list_price(listing: Listing, entry: Entry, bad: bool) -> Listing:  # noqa: FBT001 - one signature for all
    """PR03: the list shows less than the page for the same SKU. Twins: 起, 新人价."""
    changes = _plain(listing)
    fen = changes["list_fen"]
    if bad:
        lower = round_fen(fen * entry["ratio"] / 100)
        amount = f"{lower / 100:.2f}"
        mark = Planted("PR03", amount, amount, "price", on_list=True)
        return _mark(listing, mark, **{**changes, "list_fen": lower})
    if entry["kind"] == "from":
        dear = round_fen(fen * 1.4)
        changes["prices"] = (
            Price("range", fen, dear),
            Price("shown", fen, sku="小份"),
            Price("shown", dear, sku="大份"),
        )
        changes |= {"skus": ("小份", "大份"), "list_note": "起"}
        return _mark(listing, _note("PR03", entry, f"{fen / 100:.2f}", field="price", on_list=True), **changes)
    lower = round_fen(fen * 0.85)
    text = f"新人价¥{lower / 100:.2f}，限新用户首单"
    changes |= {"list_fen": lower, "list_note": "新人价", "promotions": (text, *listing.promotions)}
    return _mark(listing, _note("PR03", entry, f"{lower / 100:.2f}", field="price", on_list=True), **changes)


def _promise(listing: Listing, entry: Entry, bad: bool) -> Listing:  # noqa: FBT001 - one signature for all
    """PR04: a deadline that starts anew each day; ``days`` fills in the date."""
    mark = _note("PR04", entry, entry["text"], field="promotion", from_day=1 if bad else 0)
    return _mark(listing, mark, **_plain(listing), promotions=(entry["text"], *listing.promotions))


def _no_price(listing: Listing, entry: Entry, bad: bool) -> Listing:  # noqa: FBT001 - one signature for all
    """PR05: no price, or none that binds. Twins: made to measure, or a sentence beside a real price."""
    text = entry["text"]
    if not bad and entry["kind"] == "sentence":
        mark = _note("PR05", entry, text)
        return _mark(listing, mark, description=(*listing.description, text))
    fen = entry.get("fen")
    prices = (Price("shown", fen, text=text),)
    mark = _note("PR05", entry, text, field="price")
    return _mark(listing, mark, prices=prices, skus=(), list_fen=fen, list_note="", list_text=text)


def _option(listing: Listing, entry: Entry, bad: bool) -> Listing:  # noqa: FBT001 - one signature for all
    """CT04: a paid add-on ticked on load."""
    option = Option(entry["label"], entry.get("checked", bad), entry["fen"])
    return _mark(listing, _note("CT04", entry, entry["label"], field="option"), options=(option,))


PLANTS: Mapping[str, Plant] = {
    "PR05": _no_price,
    "AD03": _sentence("AD03"),
    "AD02": _sentence("AD02"),
    "CT02": _sentence("CT02"),
    "AD09": _sentence("AD09"),
    "AD01": _sentence("AD01"),
    "PR03": _list_price,
    "PR04": _promise,
    "CT04": _option,
    "UC01": _sentence("UC01"),
}


def _entries() -> Iterator[tuple[str, Entry, bool]]:
    """Every sentence to plant: those with few possible homes first."""
    data = read("violations")
    every = [
        (rule, entry, kind == "planted")
        for rule in PLANTS
        for kind in ("planted", "near")
        for entry in data[rule][kind]
        for _ in range(entry.get("count", 1))
    ]
    return iter(sorted(every, key=lambda one: len(one[1].get("roots", range(99)))))


def _fits(listing: Listing, entry: Entry) -> bool:
    if listing.planted or listing.twins:
        return False
    custom = listing.category.endswith("定制家具")
    if entry.get("kind") == "custom":
        return custom
    return not custom and listing.root in entry.get("roots", (listing.root,))


@cache
def planted_listings(seed: int) -> tuple[Listing, ...]:
    """The catalogue with every offence and twin in it, in the order of ids; small shops get none in their goods.

    Raises:
        ValueError: a sentence finds no listing it fits.
    """
    listings = list(base_listings(seed))
    plain = {shop.slug for shop in shops() if shop.goods < GOODS}
    order = [index for index, one in enumerate(listings) if one.shop not in plain]
    dice(seed, "planting").shuffle(order)
    for rule, entry, bad in _entries():
        place = next((index for index in order if _fits(listings[index], entry)), None)
        if place is None:
            raise ValueError(f"expected a listing for {rule} {entry}, found none left")
        listings[place] = PLANTS[rule](listings[place], entry, bad)
        order.remove(place)
    return tuple(listings)
