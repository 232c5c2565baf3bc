"""A hit: one rule that fired on one fact. Always a lead (线索), never a finding."""

from dataclasses import dataclass

from kernel.crypto import sha256_hex
from supervision.rules.rule import LawReference, Rule
from supervision.rules.subject import SeenFact, Subject


@dataclass(frozen=True, slots=True)
class Signal:
    """What a check found, before it is dressed as a hit.

    Attributes:
        fact: where it stands. start, end: the quoted piece of ``fact.text``, code points, half-open.
        reason: name of one of the rule's ``reasons``.
        values: what the rule compared; fills the reason's sentence.
        identity: what makes it the same hit next time: the term, the code, the two prices.
        sentence: the surroundings of the quote, for reading.
        tried: ids of the exemptions that were looked at and did not apply.
    """

    fact: SeenFact
    start: int
    end: int
    reason: str
    values: dict[str, str]
    identity: str
    sentence: str
    tried: tuple[str, ...] = ()

    @property
    def quote(self) -> str:
        """The quoted piece."""
        return self.fact.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal with its rule and subject."""

    rule: Rule
    subject: Subject
    signal: Signal
    law: tuple[LawReference, ...]

    @property
    def key(self) -> str:
        """Natural key, hex SHA-256: rule, subject, field and what was quoted."""
        subject = self.subject
        where = f"shop:{subject.shop_id}" if subject.listing_id is None else f"listing:{subject.listing_id}"
        parts = (self.rule.id, where, self.signal.fact.field, self.signal.reason, self.signal.identity)
        return sha256_hex("\x1f".join(parts).encode("utf-8", "surrogatepass"))

    def reason(self) -> dict[str, str]:
        """Why it fired, in both languages, with the compared values."""
        reason = self.rule.reasons[self.signal.reason]
        return {"zh": reason.zh.format(**self.signal.values), "en": reason.en.format(**self.signal.values)}
