"""What rules look at: a listing or a shop with its facts, history and surroundings. Plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from identity_verify.licence_display import Display
from kernel.facts import FactValue

UNSURE = 50
"""Facts below this confidence are not judged: the extractor itself says it is not sure."""


@dataclass(frozen=True, slots=True)
class SeenFact:
    """One value of one field while it stood.

    Attributes:
        field, slot, value, raw, locator, method, confidence: as in ``kernel.facts`` and ``FactVersion``.
        page_id, page_url, page_kind: the page it was first read from; 0 and empty outside the database.
        visit_id: the visit of the last fetch of that page's address.
        seen_at: first time. last_seen_at: last fetch of that address while the fact stood.
        superseded_at: none while it stands.
    """

    field: str
    value: FactValue
    raw: str
    seen_at: datetime
    last_seen_at: datetime
    slot: str = ""
    locator: str = ""
    method: str = ""
    confidence: int = 100
    page_id: int = 0
    page_url: str = ""
    page_kind: str = ""
    visit_id: int = 0
    superseded_at: datetime | None = None

    @property
    def text(self) -> str:
        """The text that rules read: the raw text, or the value where the raw text was cut short."""
        if isinstance(self.value, str) and len(self.value) > len(self.raw):
            return self.value
        return self.raw

    @property
    def from_list(self) -> bool:
        """A listing's value that was read from a list or home page."""
        return self.slot == "list" or self.slot.startswith(("list:", "list#"))

    def amount(self) -> int | None:
        """分 of a price or option; none where no amount is given."""
        fen = self.value.get("fen") if not isinstance(self.value, str | int) else None
        return fen if isinstance(fen, int) and not isinstance(fen, bool) else None

    def part(self, name: str) -> str:
        """A text part of a structured value, or empty."""
        part = self.value.get(name) if not isinstance(self.value, str | int) else None
        return part if isinstance(part, str) else ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A listing or a shop, ready to be judged.

    Attributes:
        facts: current facts of the subject itself. history: its superseded facts.
        shop_facts: current facts of the shop (the same as ``facts`` when the subject is the shop).
        page_kinds: kinds of pages that were seen of the shop.
        display: of a shop: what it shows, held against the registry; None where that was not looked at.
        on_sale: of a shop: how many listings are on offer.
        act_at: when the newest page of the subject was fetched; it decides which law applies.
    """

    kind: Literal["listing", "shop"]
    act_at: datetime
    facts: tuple[SeenFact, ...] = ()
    history: tuple[SeenFact, ...] = ()
    shop_facts: tuple[SeenFact, ...] = ()
    shop_id: int = 0
    shop_name: str = ""
    channel: str = ""
    listing_id: int | None = None
    url: str = ""
    category: str = ""
    page_kinds: frozenset[str] = frozenset()
    display: Display | None = None
    on_sale: int = 0

    def of(self, *fields: str) -> list[SeenFact]:
        """Current facts of these fields that the extractor is sure of, without list-page stubs."""
        return [f for f in self.facts if f.field in fields and f.confidence >= UNSURE and not self.is_stub(f)]

    def is_stub(self, fact: SeenFact) -> bool:
        """Whether a fact of the subject is only a list page's word for it (a shop's facts are its own anywhere)."""
        return self.kind == "listing" and fact.from_list

    def shop(self, *fields: str) -> list[SeenFact]:
        """Current facts about the shop that the extractor is sure of."""
        return [f for f in self.shop_facts if f.field in fields and f.confidence >= UNSURE]


def texts(facts: Iterable[SeenFact]) -> str:
    """The texts of facts, a line each."""
    return "\n".join(fact.text for fact in facts)
