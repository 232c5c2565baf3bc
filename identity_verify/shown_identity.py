"""What a shop shows of who runs it, gathered from the facts that stand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.claims import digest_of
from identity_verify.code_reading import CodeReading, read_code
from identity_verify.filing import read_filing
from identity_verify.normal_name import normal_name
from identity_verify.permit import read_permit
from kernel.models import FactVersion

NAME_FIELDS = ("licence_name", "seller_name", "seller_shown")
"""Fields that may hold the name of the seller, the most telling first."""
FIELDS = (*NAME_FIELDS, "licence_code", "licence_address", "contact", "icp", "police_filing", "permit")
SURE = 50


@dataclass(frozen=True, slots=True)
class ShownIdentity:
    """What a shop shows.

    Attributes:
        names: different names, the most telling first. codes: readings of the different codes shown.
        licence_names: those of them that stand where a licence's name does (not a shop's own name).
        addresses, contacts: texts. filings: keys of filings (all sites of one subject share them).
        permits: numbers. digest: of all this; last_fact_id: of the newest fact.
    """

    names: tuple[str, ...]
    codes: tuple[CodeReading, ...]
    addresses: tuple[str, ...]
    contacts: tuple[str, ...]
    filings: tuple[str, ...]
    permits: tuple[str, ...]
    digest: str
    last_fact_id: int
    licence_names: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The one code that can be read beyond doubt; empty when there is none or several differ."""
        found = {reading.code for reading in self.codes if reading.code}
        return found.pop() if len(found) == 1 else ""

    @property
    def silent(self) -> bool:
        """True when nothing says who runs it."""
        return not self.names and not any(reading.text for reading in self.codes)


def shown_by(session: Session, shop_id: int) -> ShownIdentity:
    """Gather what a shop shows now; facts that the reader was not sure of count only when there is no other."""
    query = (
        select(FactVersion.id, FactVersion.field, FactVersion.value, FactVersion.confidence)
        .where(
            FactVersion.shop_id == shop_id,
            FactVersion.listing_id.is_(None),
            FactVersion.field.in_(FIELDS),
            FactVersion.superseded_at.is_(None),
        )
        .order_by(FactVersion.id)
    )
    by_field: dict[str, list[tuple[int, str]]] = {}
    last = 0
    for number, field, value, confidence in session.execute(query):
        last = max(last, number)
        if isinstance(value, str) and value.strip():
            by_field.setdefault(field, []).append((confidence, value.strip()))
    texts = {field: _best(values) for field, values in by_field.items()}
    names = _different((name for field in NAME_FIELDS for name in texts.get(field, ())), normal_name)
    codes = tuple(map(read_code, _different(texts.get("licence_code", ()), lambda text: read_code(text).text)))
    filings = [read_filing(text) for field in ("icp", "police_filing") for text in texts.get(field, ())]
    permits = [read_permit(text) for text in texts.get("permit", ())]
    parts = {
        "names": names,
        "addresses": tuple(texts.get("licence_address", ())),
        "contacts": tuple(dict.fromkeys(texts.get("contact", ()))),
        "filings": tuple(dict.fromkeys(filing.subject_key for filing in filings if filing)),
        "permits": tuple(dict.fromkeys(permit.number for permit in permits if permit)),
    }
    whole = {name: list(values) for name, values in parts.items()}
    digest = digest_of({**whole, "codes": [reading.text for reading in codes]})
    licence_names = tuple(texts.get("licence_name", ()))
    return ShownIdentity(codes=codes, digest=digest, last_fact_id=last, licence_names=licence_names, **parts)


def _best(values: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    held = list(values)
    sure = [text for confidence, text in held if confidence >= SURE]
    return tuple(dict.fromkeys(sure or [text for _, text in held]))


def _different(texts: Iterable[str], form: Callable[[str], str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(form(text), text)
    return tuple(text for key, text in found.items() if key)
