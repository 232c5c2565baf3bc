"""Facts: what a page says, each with the place it was read from.

These are plain values shared by extraction (which makes them), records (which keep them) and
rules (which judge them). A fact is never a judgement.

Fields used across the house (``Fact.field``):

* of a listing: ``title description price stock sales image sku category brand rating review
  option promotion gift``
* of a shop: ``seller_name seller_shown licence_code licence_name licence_address licence_image
  declaration icp police_filing permit contact notice``

A ``price`` value is ``{"kind": "shown|struck|coupon|range|unit|member", "fen": int|null,
"fen_max": int|null, "currency": "CNY", "unit": str|null, "sku": str|null}``; amounts are integers
in 分; ``fen`` is null where no amount is given (面议). An ``option`` value is ``{"label": str,
"checked": bool, "fen": int|null}``. ``stock`` and ``sales`` are integers. All others are text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

PageKind = Literal["home", "list", "detail", "licence", "rules", "login", "captcha", "empty", "other"]
Method = Literal["adapter", "json-ld", "microdata", "open-graph", "template", "heuristic"]
FactValue = str | int | Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """One value read from one place.

    Attributes:
        field: name from the list in the module text.
        value: the normalised value.
        raw: the text as it stood on the page (before normalising), at most 4,000 characters.
        locator: where it was read: ``css:<selector>`` (visible text of the element),
            ``css:<selector>@<attribute>``, ``title:`` (the title element), ``meta:og:title``,
            ``json-ld:/<block>/offers/price`` (RFC 6901 pointer into the array of the page's
            JSON-LD scripts) or ``text:<start>-<end>`` (code points of the visible text).
        method: how it was read.
        confidence: 0 to 100; below 50 means the extractor is unsure and says so.
    """

    field: str
    value: FactValue
    raw: str
    locator: str
    method: Method
    confidence: int = 100


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """What one page says of one listing. ``url`` is absolute and names the listing."""

    url: str
    facts: tuple[Fact, ...]
    is_stub: bool = False
    """True when read from a list or home page: a title, a price and a link, not the whole."""


class Link(NamedTuple):
    """A link worth following. ``kind`` is what the page behind it probably is."""

    url: str
    kind: PageKind
    text: str = ""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """All that was read from one page.

    Attributes:
        kind: what the page is.
        listings: one entry a listing; a detail page has one that is not a stub.
        shop: facts about the shop and its licence.
        links: same-site links, each URL once, in document order.
        text: the visible text, in document order, as the rules see it.
        needs_browser: the page is an empty shell until its scripts run.
        notes: what was odd (``encoding-conflict``, ``truncated``), for data quality.
    """

    kind: PageKind
    listings: tuple[ListingFacts, ...] = ()
    shop: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()
    text: str = ""
    needs_browser: bool = False
    notes: tuple[str, ...] = ()
