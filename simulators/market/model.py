"""The nouns of the sample market: what a shop, a merchant, a listing and a planted offence are."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

PriceKind = Literal["shown", "struck", "coupon", "range", "unit", "member"]
MerchantKind = Literal["company", "trader", "person"]
Showing = Literal["text", "picture", "link", "nothing"]
BASE_DATE = date(2026, 11, 25)
"""The date of day 0 in the market's own calendar."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the market listens: one port for plain HTTP, one for TLS."""

    http: int = 80
    tls: int = 443


@dataclass(frozen=True, slots=True)
class Price:
    """One price on a page; amounts in 分, ``fen`` null where none is given."""

    kind: PriceKind
    fen: int | None
    fen_max: int | None = None
    unit: str | None = None
    sku: str | None = None
    text: str = ""
    """Words shown in place of an amount (面议)."""

    def as_fact(self) -> dict[str, object]:
        """The value of a ``price`` fact, as ``kernel.facts`` defines it."""
        return {
            "kind": self.kind,
            "fen": self.fen,
            "fen_max": self.fen_max,
            "currency": "CNY",
            "unit": self.unit,
            "sku": self.sku,
        }


@dataclass(frozen=True, slots=True)
class Option:
    """An add-on a buyer may tick; ``fen`` null where it has no price."""

    label: str
    checked: bool
    fen: int | None


@dataclass(frozen=True, slots=True)
class Planted:
    """An offence, or a twin that is none, on one listing (or on a shop when ``listing_id`` is 0).

    Attributes:
        rule: rule id.
        text: the sentence as it stands on the page.
        quote: the piece a rule should quote; empty for twins.
        field: fact it stands in (``kernel.facts``).
        why: for twins, why it must not hit.
        also: other pieces of the same sentence that are also right to quote.
        from_day: first day on which a visitor who also came the day before can know it.
    """

    rule: str
    text: str
    quote: str = ""
    field: str = "description"
    why: str = ""
    also: tuple[str, ...] = ()
    from_day: int = 0
    on_list: bool = False
    """The offence is read from a list page (PR03)."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who runs a shop, as its licence page says.

    ``code`` is as shown, or as it would be; ``code_reason`` names its fault.
    ``showing``: how the licence is shown; its text, a picture alone, a 亮照 link alone, or not at all.
    """

    kind: MerchantKind
    name: str
    legal: str
    address: str
    region: str
    capital: str
    code: str
    code_shown: str
    code_reason: str
    declaration: str
    declaration_shown: str
    phone: str
    email: str
    showing: Showing = "text"


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop. ``theme`` names its folder of templates, ``structured`` its structured data."""

    slug: str
    name: str
    host: str
    theme: str
    structured: str
    categories: tuple[str, ...]
    merchant: Merchant
    icp: str
    police: str
    permits: tuple[str, ...]
    notice: str
    goods: int = 0
    """How many listings it ever has."""
    licence_link: bool = False
    """Its pages link to the 亮照 system."""
    planted: tuple[Planted, ...] = ()
    twins: tuple[Planted, ...] = ()

    @property
    def own_site(self) -> bool:
        """It is a self-built site, not a shop on the platform."""
        return self.theme in {"outdoor", "mall"}

    @property
    def scripted(self) -> bool:
        """Its pages are empty shells until their scripts run."""
        return self.theme == "script"


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing as it stands on one day; amounts in 分."""

    id: int
    shop: str
    title: str
    noun: str
    brand: str
    category: str
    root: str
    prices: tuple[Price, ...]
    list_fen: int | None
    list_note: str = ""
    list_text: str = ""
    skus: tuple[str, ...] = ()
    stock: int | None = None
    sales: int | None = None
    rating: str = ""
    description: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    options: tuple[Option, ...] = ()
    promotions: tuple[str, ...] = ()
    gifts: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    images: int = 1
    stable: bool = False
    from_day: int = 0
    gone_day: int | None = None
    planted: tuple[Planted, ...] = ()
    twins: tuple[Planted, ...] = ()

    def price(self, kind: PriceKind) -> Price | None:
        """The price of a kind that is not bound to one SKU, or none."""
        return next((one for one in self.prices if one.kind == kind and one.sku is None), None)

    @property
    def sku_prices(self) -> tuple[Price, ...]:
        """The prices bound to a SKU."""
        return tuple(one for one in self.prices if one.sku is not None)


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered answer. ``headers`` are extra; ``kind`` as in ``kernel.facts.PageKind``."""

    status: int
    content_type: str
    body: bytes
    kind: str = "other"
    headers: tuple[tuple[str, str], ...] = field(default=())
