"""Subjects and their facts."""

from datetime import UTC, datetime

from supervision.rules.subject import SeenFact, Subject, texts

AT = datetime(2026, 11, 25, tzinfo=UTC)


def seen(field: str, value: str | dict[str, str | int | bool | None], raw: str = "", **more: object) -> SeenFact:
    """A fact seen now."""
    return SeenFact(field, value, raw, AT, AT, **more)  # type: ignore[arg-type]


def test_text_is_raw_unless_cut_short() -> None:
    """Rules read the raw text; a longer value wins, for raw texts are cut at a length."""
    assert seen("title", "茶", "茶 叶").text == "茶 叶"
    assert seen("description", "x" * 10, "x" * 4).text == "x" * 10
    assert texts([seen("title", "a", "a"), seen("title", "b", "b")]) == "a\nb"


def test_parts_of_structured_values() -> None:
    """Amounts are integers or none; text parts are text or empty."""
    price = seen("price", {"fen": 990, "kind": "shown", "unit": None}, "¥9.90")
    assert (price.amount(), price.part("kind"), price.part("unit")) == (990, "shown", "")
    assert seen("price", {"fen": True}).amount() is None
    assert (seen("title", "茶").amount(), seen("title", "茶").part("kind")) == (None, "")


def test_stubs_and_doubtful_facts_stay_out() -> None:
    """What list pages say of a listing, and what the extractor is unsure of, is not judged; a shop has no stubs."""
    stub, unsure, sure = seen("title", "a", slot="list#1"), seen("title", "b", confidence=40), seen("title", "c")
    listing = Subject("listing", AT, (stub, unsure, sure))
    assert listing.of("title") == [sure]
    shop = Subject("shop", AT, (stub,), shop_facts=(stub, unsure))
    assert shop.of("title") == [stub]
    assert shop.shop("title") == [stub]
    assert not seen("option", "x", slot="listen").from_list
