"""What stands around a fact, and whether a rule's contexts and exemptions hold there.

Contexts are searched in folded text without spaces; the matched term is put between 〔 and 〕 in its
normal form, so that 最*佳 赏味期 reads 〔最佳〕赏味期.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from supervision.rules.normal_text import fold_text, normalise
from supervision.rules.parameters import Context
from supervision.rules.rule import Rule
from supervision.rules.subject import SeenFact, Subject, texts

SENTENCE_ENDS = frozenset("。！？!?；;\n\r\u2028\u2029\u0085")
CLAUSE_ENDS = SENTENCE_ENDS | frozenset("，,：:、…")
LISTING_FIELDS = ("title", "description", "promotion", "gift", "brand", "sku")
SHOP_FIELDS = {"seller": ("seller_name", "seller_shown", "licence_name"), "notices": ("notice", "declaration")}
MARKED = {"sentence": SENTENCE_ENDS, "clause": CLAUSE_ENDS, "text": frozenset[str]()}
FIELDS = {"title": ("title",), "brand": ("brand",), "listing": LISTING_FIELDS}
LONGEST_SENTENCE = 200
"""Code points kept on either side of a quote when no sentence end comes sooner."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """A compiled pattern, kept."""
    return re.compile(pattern)


def squeeze(raw: str) -> str:
    """Folded text without white space: what patterns are searched in."""
    return "".join(fold_text(raw).split())


def bounds(text: str, start: int, end: int, ends: frozenset[str]) -> tuple[int, int]:
    """The span around a piece up to the nearest of some marks (which stay outside)."""
    first, last = start, end
    floor, ceiling = max(0, start - LONGEST_SENTENCE), min(len(text), end + LONGEST_SENTENCE)
    while first > floor and text[first - 1] not in ends:
        first -= 1
    while last < ceiling and text[last] not in ends:
        last += 1
    return first, last


@dataclass(frozen=True)
class Scene:
    """One fact (or one piece of it) in its surroundings.

    Attributes:
        subject: whose fact it is. fact: the fact.
        start, end: the piece in question, half-open span of ``fact.text``; equal when it is the whole.
        extra: more named texts a check offers (``kind``, ``label``).
    """

    subject: Subject
    fact: SeenFact
    start: int = 0
    end: int = 0
    extra: tuple[tuple[str, str], ...] = ()
    _texts: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """The raw sentence around the piece, for reading."""
        first, last = bounds(self.fact.text, self.start, self.end, SENTENCE_ENDS)
        return self.fact.text[first:last].strip()

    def text(self, within: str) -> str:
        """One of the texts a context can be searched in (see ``parameters.Context``); empty if there is none."""
        if within not in self._texts:
            self._texts[within] = self._make(within)
        return self._texts[within]

    def _make(self, within: str) -> str:
        if within in MARKED:
            return self._marked(MARKED[within])
        if within in FIELDS:
            return squeeze(texts(self.subject.of(*FIELDS[within])))
        named = {"category": self.subject.category, "field": self.fact.field, **dict(self.extra)}
        if within in SHOP_FIELDS:
            return squeeze(texts(self.subject.shop(*SHOP_FIELDS[within])))
        return squeeze(named.get(within, ""))

    def _marked(self, ends: frozenset[str]) -> str:
        text, start, end = self.fact.text, self.start, self.end
        if start == end:
            return squeeze(text)
        first, last = bounds(text, start, end, ends) if ends else (0, len(text))
        return f"{squeeze(text[first:start])}〔{normalise(text[start:end])}〕{squeeze(text[end:last])}"

    def holds(self, context: Context) -> bool:
        """Whether a context holds here."""
        if context.inside and not self._inside(context.inside):
            return False
        text = self.text(context.within)
        return all(compiled(pattern).search(text) for pattern in context.all) and not any(
            compiled(pattern).search(text) for pattern in context.none
        )

    def _inside(self, fields: tuple[str, ...]) -> bool:
        """Whether the piece lies inside the value of one of the fields where that stands in this text."""
        text = self.fact.text
        before = len(fold_text(text[: self.start]))
        folded, length = fold_text(text), len(fold_text(text[self.start : self.end]))
        for named in (*self.subject.of(*fields), *self.subject.shop(*fields)):
            name = fold_text(named.text).strip()
            place = folded.find(name)
            while name and place >= 0:
                if place <= before and before + length <= place + len(name):
                    return True
                place = folded.find(name, place + 1)
        return False


def exemption(rule: Rule, scene: Scene) -> str | None:
    """The first exemption of a rule that applies, by id; none when the signal stands."""
    for candidate in rule.exemptions:
        if any(scene.holds(context) for context in candidate.when):
            return candidate.id
    return None


def tried(rule: Rule) -> tuple[str, ...]:
    """Ids of a rule's exemptions, all of which were looked at before a hit stood."""
    return tuple(candidate.id for candidate in rule.exemptions)
