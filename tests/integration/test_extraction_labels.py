"""Extraction measured on the labelled sample market: recall and precision for every field.

Run ``pytest tests/integration/test_extraction_labels.py -s`` to see the table.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawlers.extraction import extract
from kernel.facts import Fact, PageFacts
from simulators.market.labels import labels
from simulators.market.rendering import sales_words
from simulators.market.world import World

SURE = 50
TEXTS = ("title", "brand", "rating", "category", "description")
MANY = ("image", "sku", "promotion", "gift")
SHOP_FIELDS = (
    "licence_code",
    "licence_name",
    "licence_address",
    "licence_image",
    "icp",
    "police_filing",
    "contact",
    "declaration",
    "permit",
)


@dataclass
class Tally:
    """Counts of one field: ``right`` found and true, ``wanted`` in the labels, ``said`` by the extractor when sure."""

    right: int = 0
    wanted: int = 0
    said: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """Share of what was said that is true."""
        return self.right / self.said if self.said else 1.0


def plain(value: object) -> str:
    """A text without white space, marks between words and letter case."""
    return re.sub(r"[\s/>›·]+", "", str(value)).lower()


def price_key(value: object) -> tuple[Any, ...]:
    """What has to be right about a price."""
    assert isinstance(value, Mapping)
    return value["kind"], value["fen"], value["fen_max"], plain(value["sku"] or "")


def sure(facts: Iterable[Fact], name: str) -> list[Fact]:
    """Facts of a field that the extractor stands by."""
    return [fact for fact in facts if fact.field == name and fact.confidence >= SURE]


def compare(tally: Tally, wanted: Iterable[Any], said: Iterable[Any], where: str) -> None:
    """Add one page's values of one field."""
    want, got = Counter(set(wanted)), Counter(set(said))
    right = sum((want & got).values())
    tally.right += right
    tally.wanted += sum(want.values())
    tally.said += sum(got.values())
    if want != got and len(tally.misses) < 6:
        tally.misses.append(f"{where}: want {sorted(map(str, want - got))[:3]} got {sorted(map(str, got - want))[:3]}")


def same_description(want: str, got: str) -> bool:
    """Whether a description is there and little else."""
    one, two = plain(want), plain(got)
    return one in two and len(two) <= len(one) * 1.3 + 40


def compare_listing(tallies: dict[str, Tally], want: Mapping[str, Any], facts: tuple[Fact, ...], where: str) -> None:
    """Add one detail page."""
    for name in ("title", "brand", "rating", "category"):
        wanted = [plain(want[name])] if want[name] else []
        compare(tallies[name], wanted, [plain(fact.value) for fact in sure(facts, name)], where)
    said = sure(facts, "description")
    good = bool(said) and same_description(want["description"], str(said[0].value))
    compare(
        tallies["description"],
        ["as written"],
        ["as written"] if good else [str(fact.value)[:80] for fact in said],
        where,
    )
    for name in MANY:
        compare(tallies[name], [plain(v) for v in want[name]], [plain(fact.value) for fact in sure(facts, name)], where)
    compare(tallies["price"], map(price_key, want["price"]), [price_key(f.value) for f in sure(facts, "price")], where)
    compare(
        tallies["stock"], [v for v in [want["stock"]] if v is not None], [f.value for f in sure(facts, "stock")], where
    )
    wanted_sales = [] if want["sales"] is None else [sales_words(want["sales"])]
    compare(tallies["sales"], wanted_sales, [sales_words(int(str(f.value))) for f in sure(facts, "sales")], where)
    options = [(plain(one["label"]), one["checked"], one["fen"]) for one in want["option"]]
    found = [f.value for f in sure(facts, "option")]
    compare(
        tallies["option"],
        options,
        [(plain(v["label"]), v["checked"], v["fen"]) for v in found if isinstance(v, Mapping)],
        where,
    )


def read(world: World, url: str, platform: str) -> PageFacts:
    """Extract one page of the market."""
    parts = urlsplit(url)
    page = world.page(parts.netloc.partition(":")[0], parts.path + (f"?{parts.query}" if parts.query else ""))
    return extract(page.body, url=url, content_type=page.content_type, platform=platform)


def platform_of(truth: Mapping[str, Any], url: str, *, adapters: bool) -> str:
    """Platform of the shop an address belongs to; generic when adapters are off."""
    home = next((home for home in truth["shops"] if url.startswith(home)), None)
    return truth["shops"][home]["platform"] if home and adapters else "generic"


def compare_shop(tally: Tally, name: str, want: Mapping[str, Any], page: PageFacts, where: str) -> None:
    """Add one field of one licence page."""
    person = want["merchant_kind"] == "person"
    value = want["licence_code_shown" if name == "licence_code" else name]
    if person and name in {"licence_address", "licence_name"}:
        value = None  # a natural person has no licence
    expected = [plain(v) for v in (value if isinstance(value, list) else [value] if value else [])]
    said = [plain(fact.value) for fact in sure(page.shop, name)]
    if name in {"icp", "permit"} or (person and name != "declaration"):
        # The platform's own filing number stands in the footer as well, and a person shows an address of no licence.
        said = [one for one in said if one in expected]
    compare(tally, expected, said, where)


def compare_stubs(tallies: dict[str, Tally], truth: Mapping[str, Any], url: str, page: PageFacts) -> None:
    """Add the cards of one list or home page."""
    entries = truth["stubs"][url]
    found = {listing.url: listing.facts for listing in page.listings if listing.is_stub}
    # Goods in a side bar are goods all the same: only what is no good at all counts against precision.
    listed = {one["url"] for one in entries}
    said = [one for one in found if one in listed or one not in truth["listings"]]
    compare(tallies["stub url"], listed, said, url)
    for one in entries:
        facts = found.get(one["url"], ())
        compare(
            tallies["stub title"], [plain(one["title"])], [plain(f.value) for f in sure(facts, "title")], one["url"]
        )
        # A newcomers' price is no price for all: it is told as a member's price.
        kind = "member" if one["note"] == "新人价" else one["kind"]
        prices = [price_key(f.value)[0:2] for f in sure(facts, "price")]
        compare(tallies["stub price"], [(kind, one["fen"])], prices, one["url"])


def measure(world: World, *, adapters: bool) -> dict[str, Tally]:
    """Every labelled page that needs no browser."""
    truth = labels(world)
    tallies: dict[str, Tally] = defaultdict(Tally)
    for url, kind in truth["pages"].items():
        page = read(world, url, platform_of(truth, url, adapters=adapters))
        compare(tallies["page kind"], ["empty" if kind["needs_browser"] else kind["kind"]], [page.kind], url)
        if kind["needs_browser"]:
            continue
        if url in truth["listings"]:
            want = truth["listings"][url]
            facts = next((listing.facts for listing in page.listings if not listing.is_stub), ())
            compare_listing(tallies, want, facts, f"{want['theme']} {url}")
        if url in truth["stubs"]:
            compare_stubs(tallies, truth, url, page)
    for want in truth["shops"].values():
        if not want["needs_browser"]:
            url = want["licence_url"]
            page = read(world, url, platform_of(truth, url, adapters=adapters))
            for name in SHOP_FIELDS:
                compare_shop(tallies[name], name, want, page, f"{want['theme']} {url}")
    return tallies


def table(title: str, tallies: dict[str, Tally], *, misses: bool = False) -> tuple[float, float]:
    """Write the table; returns recall and precision over all fields together."""
    lines = [f"\n{title}\n{'field':18}{'wanted':>8}{'recall':>9}{'precision':>11}"]
    for name, tally in sorted(tallies.items()):
        lines.append(f"{name:18}{tally.wanted:8}{tally.recall:9.3f}{tally.precision:11.3f}")
        if misses and (tally.recall < 1 or tally.precision < 1):
            lines.extend(f"      {miss}" for miss in tally.misses)
    right, wanted, said = (sum(getattr(t, n) for t in tallies.values()) for n in ("right", "wanted", "said"))
    lines.append(f"{'all':18}{wanted:8}{right / wanted:9.3f}{right / said:11.3f}\n")
    sys.stdout.write("\n".join(lines))
    return right / wanted, right / said


@pytest.fixture(scope="module")
def world() -> World:
    """The market on its first day."""
    return World(0)


def test_adapters_read_the_labelled_market(world: World) -> None:
    """With adapters, nearly every labelled field is found and nearly nothing wrong is said."""
    recall, precision = table("with adapters", measure(world, adapters=True))
    assert recall >= 0.95
    assert precision >= 0.98


def test_generic_reads_the_labelled_market(world: World) -> None:
    """Without any adapter most of it is found, and what is said is right."""
    recall, precision = table("generic alone", measure(world, adapters=False))
    assert recall >= 0.85
    assert precision >= 0.95
