"""History of facts: slots, what is new, what ends."""

from hypothesis import given
from hypothesis import strategies as st

from crawlers.history import (
    Standing,
    detail_changes,
    is_stub_slot,
    listing_columns,
    place_detail,
    place_shop,
    place_stub,
    shared_changes,
    value_digest,
)
from kernel.facts import Fact, FactValue, ListingFacts


def fact(field: str, value: FactValue, confidence: int = 100) -> Fact:
    """A fact with nothing odd about it."""
    return Fact(field, value, str(value), "css:x", "heuristic", confidence)


def price(fen: int | None, kind: str = "shown", sku: str | None = None, confidence: int = 100) -> Fact:
    """A price fact."""
    value = {"kind": kind, "fen": fen, "fen_max": None, "currency": "CNY", "unit": None, "sku": sku}
    return fact("price", value, confidence)


def standing(placed: list, source: str = "page-a") -> list[Standing]:  # type: ignore[type-arg]
    """Placed facts as rows that stand."""
    return [Standing(number, item.fact.field, item.slot, item.digest, source) for number, item in enumerate(placed, 1)]


def test_slots_tell_values_of_a_field_apart() -> None:
    """Price by kind and SKU, images by number, options by label, repeated texts by digest."""
    facts = [
        price(100), price(90, "struck"), price(110, sku="红"), price(120),
        fact("image", "a"), fact("image", "b"), fact("option", {"label": "运费险", "checked": True, "fen": 50}),
        fact("review", "好"), fact("title", "茶"), fact("title", "茶"),
    ]  # fmt: skip
    slots = [(item.fact.field, item.slot) for item in place_detail(facts)]
    assert slots[:7] == [
        ("price", "shown"), ("price", "struck"), ("price", "shown:红"), ("price", "shown#2"),
        ("image", "0"), ("image", "1"), ("option", "运费险"),
    ]  # fmt: skip
    assert slots[7] == ("review", value_digest("好")[:12])
    assert slots[8:] == [("title", "")]


def test_a_picture_stays_the_same_when_only_its_cache_number_changes() -> None:
    """What gets round a cache says nothing of the picture; another size or name does."""
    first, second, third = (
        place_detail([fact("image", f"http://shop.example.test/{name}")])[0].digest
        for name in ("a.png?_=1795616864", "a.png?_=1795617117", "a.png?w=200&_=1795617117")
    )
    assert first == second != third


def test_stub_slots() -> None:
    """The shown price of a list page has the slot ``list``."""
    slots = [
        item.slot for item in place_stub([fact("title", "茶"), price(100), price(120, "struck"), fact("image", "a")])
    ]
    assert slots == ["list", "list", "list:struck", "list"]
    assert all(is_stub_slot(slot) for slot in [*slots, "list#abc"])
    assert not is_stub_slot("listing")


def test_a_detail_page_speaks_for_its_listing() -> None:
    """Same: nothing. Other value: old ends, new begins. Left out: ends. Stubs are not touched."""
    before = place_detail([price(100), fact("title", "茶"), fact("brand", "某")])
    rows = [*standing(before), *standing(place_stub([price(100)]))]
    assert not detail_changes(rows, before)
    changes = detail_changes(rows, place_detail([price(90), fact("title", "茶")]))
    assert [(item.fact.field, item.slot) for item in changes.new] == [("price", "shown")]
    assert {(item.field, item.slot) for item in changes.ended} == {("price", "shown"), ("brand", "")}


def test_pages_that_share_values() -> None:
    """Another page's different value stands beside; a page ends only what was read from it."""
    rows = standing(place_stub([price(100)]), "page-a")
    other = shared_changes(rows, place_stub([price(90)]), "page-b")
    assert other.ended == ()
    assert other.new[0].slot.startswith("list#")
    assert not shared_changes(rows, place_stub([price(100)]), "page-b")
    changed = shared_changes(rows, place_stub([price(80)]), "page-a")
    assert [item.slot for item in changed.new] == ["list"]
    assert len(changed.ended) == 1


def test_shop_facts_by_page_kind() -> None:
    """Slot is the page's kind; two different codes on one page both stand."""
    placed = place_shop([fact("licence_code", "A"), fact("licence_code", "B"), fact("licence_code", "A")], "licence")
    changes = shared_changes([], placed, "page-a")
    assert [item.slot.partition("#")[0] for item in changes.new] == ["licence", "licence"]
    assert len({item.slot for item in changes.new}) == 2


_VALUES = st.lists(st.tuples(st.sampled_from(["title", "brand", "review", "image"]), st.text(max_size=3)), max_size=8)


@given(_VALUES, _VALUES)
def test_after_a_page_exactly_its_values_stand(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    """Applying the changes of a page, and the page again, leaves its values and no further change."""
    rows = standing(place_detail([fact(*item) for item in first]))
    placed = place_detail([fact(*item) for item in second])
    changes = detail_changes(rows, placed)
    ended = {item.id for item in changes.ended}
    left = [item for item in rows if item.id not in ended] + standing(list(changes.new), "page-b")
    assert {(item.field, item.slot, item.digest) for item in left} == {
        (item.fact.field, item.slot, item.digest) for item in placed
    }
    assert not detail_changes(left, placed)


@given(_VALUES, _VALUES)
def test_a_shared_page_read_twice_changes_nothing(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    """Idempotent also where values are shared."""
    placed = place_stub([fact(*item) for item in first])
    rows = standing(list(shared_changes([], placed, "a").new), "a")
    other = place_stub([fact(*item) for item in second])
    rows += standing(list(shared_changes(rows, other, "b").new), "b")
    assert not shared_changes(rows, other, "b")


def test_columns_of_a_listing() -> None:
    """First price without SKU counts; unsure prices are not shown; what is missing is blank."""
    entry = ListingFacts(
        "u", (fact("title", "茶" * 600), price(500), price(400), price(900, "struck"), fact("stock", 3))
    )
    columns = listing_columns(entry)
    assert (columns["price_fen"], columns["struck_fen"], columns["stock"]) == (500, 900, 3)
    assert (columns["brand"], columns["sales"]) == ("", None)
    assert len(str(columns["title"])) == 500
    skus = ListingFacts("u", (price(700, sku="大"), price(600, sku="小"), price(None, confidence=100)))
    assert listing_columns(skus)["price_fen"] == 600
    assert listing_columns(ListingFacts("u", (price(500, confidence=40),)))["price_fen"] is None
    stub = ListingFacts("u", (fact("title", "茶"),), is_stub=True)
    assert listing_columns(stub) == {"title": "茶"}
    coupon = ListingFacts("u", (price(1, "coupon"), fact("sales", 7, 10)))
    assert (listing_columns(coupon)["price_fen"], listing_columns(coupon)["sales"]) == (None, None)
