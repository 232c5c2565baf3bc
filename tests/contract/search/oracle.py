"""What a query must find, by looking at every listing: no index, no plan, no engine."""

import heapq
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from functools import reduce

from search.documents import ListingDocument
from search.query import And, Everything, Not, Or, Phrase, Present, Query, Range, Value, Word
from search.segmenter import words

_CHINA = timezone(timedelta(hours=8))
_TEXTS = {"shop": "shop_name", "seller": "seller_name"}
_DATES = {"first_seen", "last_seen", "updated"}
_COLUMNS: dict[str, Callable[[ListingDocument], object]] = {
    "price": lambda listing: listing.price_fen,
    "struck": lambda listing: listing.struck_fen,
    "sales": lambda listing: listing.sales,
    "stock": lambda listing: listing.stock,
    "id": lambda listing: listing.id,
    "first_seen": lambda listing: _day(listing.first_seen),
    "last_seen": lambda listing: _day(listing.last_seen),
    "updated": lambda listing: _day(listing.updated),
    "platform": lambda listing: (listing.platform,),
    "shop": lambda listing: (str(listing.shop_id),),
    "shop_id": lambda listing: (str(listing.shop_id),),
    "category": lambda listing: (listing.category,),
    "host": lambda listing: (listing.host,),
    "rule": lambda listing: listing.rules,
    "severity": lambda listing: listing.severities,
    "hit": lambda listing: listing.hit_states,
    "status": lambda listing: (listing.status,),
    "region": lambda listing: _regions(listing.region),
    "month": lambda listing: (listing.first_seen.astimezone(_CHINA).strftime("%Y-%m"),),
    "band": lambda listing: (_band(listing.price_fen),),
    "evidence": lambda listing: (listing.evidence,),
}
_BANDS = ((0, "0-10"), (1_000, "10-50"), (5_000, "50-100"), (10_000, "100-500"), (50_000, "500-1000"))
_LATE = 2**63


def plain(text: str) -> str:
    """The text as phrases are compared."""
    return unicodedata.normalize("NFKC", text).lower()


def _day(at: datetime) -> int:
    return at.astimezone(_CHINA).date().toordinal()


def _regions(code: str) -> tuple[str, ...]:
    if not code:
        return ()
    levels = [code[:2] + "0000"] + [code[:4] + "00"] * (code[2:4] != "00") + [code] * (code[4:] != "00")
    return tuple(levels)


def _band(price: int | None) -> str:
    if price is None:
        return "none"
    if price >= 500_000:
        return "5000+"
    if price >= 100_000:
        return "1000-5000"
    return [name for low, name in _BANDS if price >= low][-1]


class Oracle:
    """All listings, and the answers that follow from them."""

    def __init__(self, listings: Sequence[ListingDocument]) -> None:
        self.listings = {listing.id: listing for listing in listings}
        self.ids = frozenset(self.listings)
        self._texts: dict[str, list[tuple[int, str]]] = {}
        self._columns: dict[str, dict[int, object]] = {}
        self._held: dict[str, dict[str, set[int]]] = {}
        self._ranks: dict[str, dict[int, int]] = {}
        self._words: dict[str, dict[str, set[int]]] = {}
        for listing in listings:
            for name in ("title", "description", "shop", "brand", "category", "seller"):
                raw = getattr(listing, _TEXTS.get(name, name))
                self._texts.setdefault(name, []).append((listing.id, plain(raw)))
                for word in set(words(raw)):
                    self._words.setdefault(name, {}).setdefault(word, set()).add(listing.id)

    def containing(self, text: str, names: Iterable[str] = ("title", "description")) -> set[int]:
        """Ids of the listings with the string in one of the texts."""
        wanted = plain(text)
        return {number for name in names for number, text in self._texts[name] if wanted in text}

    def find(self, query: Query) -> set[int]:
        """Ids of what a query must find."""
        match query:
            case And(parts):
                return reduce(set.intersection, (self.find(part) for part in parts))
            case Or(parts):
                return set().union(*(self.find(part) for part in parts))
            case Not(part):
                return set(self.ids) - self.find(part)
            case Everything():
                return set(self.ids)
            case _:
                return self._leaf(query)

    def _leaf(self, query: Word | Phrase | Value | Range | Present) -> set[int]:
        match query:
            case Word(text, field):
                return self._word(text, field)
            case Phrase(text, field):
                return self.containing(text, (field,) if field else ("title", "description"))
            case Value(field, value):
                return set(self._holding(field).get(value, ()))
            case Range(field, low, high):
                least, most = -_LATE if low is None else low, _LATE if high is None else high
                return self._where(field, lambda found: found is not None and least <= found <= most)
            case Present("title" | "description" | "shop" | "brand" | "category" | "seller" as field):
                return {number for number, text in self._texts[field] if text}
            case Present(field):
                return self._where(field, lambda found: found not in (None, (), ("",)))

    def _column(self, field: str) -> dict[int, object]:
        if field not in self._columns:
            column = _COLUMNS[field]
            self._columns[field] = {number: column(listing) for number, listing in self.listings.items()}
        return self._columns[field]

    def _holding(self, field: str) -> dict[str, set[int]]:
        """Ids by each value of a keyword field."""
        if field not in self._held:
            held: dict[str, set[int]] = {}
            for number, values in self._column(field).items():
                for value in values:  # type: ignore[attr-defined]
                    held.setdefault(value, set()).add(number)
            self._held[field] = held
        return self._held[field]

    def _where(self, field: str, holds: Callable[..., bool]) -> set[int]:
        return {number for number, found in self._column(field).items() if holds(found)}

    def _word(self, text: str, field: str) -> set[int]:
        tokens = words(text)
        names = (field,) if field else tuple(self._words)
        if not tokens:
            return self.containing(text, (field,) if field else ("title", "description"))
        found = [set().union(*(self._words[name].get(token, set()) for name in names)) for token in tokens]
        return reduce(set.intersection, found)

    def chosen(self, filters: dict[str, Sequence[str]], *, without: str = "") -> set[int]:
        """Ids that pass the filters, one facet's own left out."""
        passing = set(self.ids)
        for facet, values in filters.items():
            if facet != without:
                held = self._holding(facet)
                passing &= set().union(*(held.get(value, set()) for value in values))
        return passing

    def facet(self, name: str, ids: Iterable[int], size: int) -> list[tuple[str, int]]:
        """The most frequent values of a facet among the ids."""
        values = Counter(map(self._column(name).__getitem__, ids))
        counts: Counter[str] = Counter()
        for held, times in values.items():
            for value in held:  # type: ignore[attr-defined]
                counts[value] += times
        return sorted(((v, n) for v, n in counts.items() if v), key=lambda item: (-item[1], item[0]))[:size]

    def ordered(self, ids: Iterable[int], sort: str, first: int | None = None) -> list[int]:
        """The ids in an exact order, or the first of them."""
        if sort not in self._ranks:
            key = _SORTS[sort]
            whole = sorted(self.ids, key=lambda number: (key(self.listings[number]), number))
            self._ranks[sort] = {number: rank for rank, number in enumerate(whole)}
        rank_of = self._ranks[sort].__getitem__
        return sorted(ids, key=rank_of) if first is None else heapq.nsmallest(first, ids, key=rank_of)


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


_SORTS: dict[str, Callable[[ListingDocument], float]] = {
    "price_asc": lambda listing: _or(listing.price_fen, _LATE),
    "price_desc": lambda listing: -_or(listing.price_fen, -_LATE),
    "sales_desc": lambda listing: -_or(listing.sales, -_LATE),
    "updated_desc": lambda listing: -listing.updated.timestamp(),
    "updated_asc": lambda listing: listing.updated.timestamp(),
    "first_seen_desc": lambda listing: -listing.first_seen.timestamp(),
    "first_seen_asc": lambda listing: listing.first_seen.timestamp(),
    "id_asc": lambda listing: listing.id,
}
