"""What a rule file may say about its detector: one model a kind.

A new kind needs a model here, a check in ``checks/`` and a line in ``checks/__init__.py``; a new rule of
a kind that is here needs only its file.
"""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Strict(BaseModel):
    """A piece of a rule file: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {pattern!r}: {error}") from error
    return pattern


class Context(Strict):
    """What must stand around a fact. In YAML, a bare text means ``all: [text]``.

    Patterns are regular expressions on folded text without spaces (NFKC, lower case, simplified); in
    a term rule the matched term stands between 〔 and 〕, so ``〔最佳〕赏味`` and ``〔[^〕]*〕服务`` can say
    what is next to it.

    Attributes:
        all: each must be found. none: none may be found.
        within: the text that is searched: ``sentence`` (default), ``clause``, ``text`` (the whole fact),
            ``listing`` (all texts of the listing), ``title``, ``category``, ``brand``, ``seller``, ``notices``
            (of the shop), ``kind`` (of a price), ``label`` (of an option), ``field``.
        inside: the match lies inside the value of one of these facts where it stands in the text
            (a brand called 第一香).
    """

    all: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    none: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    within: Literal[
        "sentence", "clause", "text", "listing", "title", "category", "brand", "seller", "notices", "kind", "label",
        "field",
    ] = "sentence"  # fmt: skip
    inside: tuple[str, ...] = ()

    _check_all = field_validator("all", "none")(lambda patterns: tuple(_regex(pattern) for pattern in patterns))

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> object:
        return {"all": (value,)} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _not_empty(self) -> "Context":
        if not self.all and not self.inside:
            raise ValueError("expected `all` or `inside`, got neither: such a context would always hold")
        return self


class TermGroup(Strict):
    """Terms that are judged alike.

    Attributes:
        terms: as people write them; normalised before use.
        spaced: a two-character term with a space inside counts even where both its ends touch other words
            (有专 利保护); only for words no two ordinary words add up to.
        needs: if any are given, one must hold for a hit (an ambiguous term must point at the goods).
    """

    name: str
    terms: tuple[Annotated[str, Field(min_length=2)], ...] = Field(min_length=1)
    needs: tuple[Context, ...] = ()
    spaced: bool = False


class TermParameters(Strict):
    """Terms in texts. Reason keys: ``quote term field``."""

    kind: Literal["term"]
    fields: tuple[str, ...] = Field(min_length=1)
    groups: tuple[TermGroup, ...] = Field(min_length=1)

    reasons: ClassVar[frozenset[str]] = frozenset({"term"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "term", "field"})


class CodeParameters(Strict):
    """A code with check digits.

    Attributes:
        fields: facts that hold the code.
        masked: characters that hide a part of a code; such a code cannot be checked.
    """

    kind: Literal["licence_code"]
    fields: tuple[str, ...] = Field(min_length=1)
    masked: str = "*×●•"

    reasons: ClassVar[frozenset[str]] = frozenset({"length", "alphabet", "check-digit", "organisation-code"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "code", "expected", "length", "candidate"})


class DeclarationParameters(Strict):
    """A statement whose wording the law fixes, with what must stand beside it.

    Attributes:
        texts: the fixed statements; one, and only one, must be there.
        marks: words by which a text is known to be meant as such a statement.
        individual: patterns by which a seller says it is a person (folded text).
        address, contact: patterns for the two where they stand in the statement's own text.
        address_fields, contact_fields: shop facts that hold them otherwise.
    """

    kind: Literal["fixed_statement"]
    field: str
    texts: tuple[str, ...] = Field(min_length=1)
    marks: tuple[str, ...] = Field(min_length=1)
    individual: tuple[str, ...] = ()
    address: tuple[str, ...] = Field(min_length=1)
    contact: tuple[str, ...] = Field(min_length=1)
    address_fields: tuple[str, ...] = Field(min_length=1)
    contact_fields: tuple[str, ...] = Field(min_length=1)

    _check = field_validator("individual", "address", "contact")(lambda many: tuple(_regex(one) for one in many))
    reasons: ClassVar[frozenset[str]] = frozenset({"altered", "several", "no-address", "no-contact", "absent"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "nearest", "difference"})


class PricePairParameters(Strict):
    """A list or home price against the price on the listing's own page.

    Attributes:
        compared: kinds of price that are compared on both sides.
        seconds: the two captures may be so far apart; pairs of one visit are taken too, and flagged.
        tolerance_fen: differences up to this are not told (分).
    """

    kind: Literal["price_pair"]
    compared: tuple[str, ...] = ("shown",)
    seconds: int = Field(default=60, ge=1)
    tolerance_fen: int = Field(default=0, ge=0)

    reasons: ClassVar[frozenset[str]] = frozenset({"lower"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "list_price", "detail_price", "sku", "gap", "gap_note"})


class CountdownParameters(Strict):
    """A claim that an offer ends today, seen on several days.

    Attributes:
        groups: claims, matched as terms.
        days: different days (China time) on which it must have stood.
        window_days: the days lie no further apart than this from one to the next.
    """

    kind: Literal["repeated_countdown"]
    fields: tuple[str, ...] = Field(min_length=1)
    groups: tuple[TermGroup, ...] = Field(min_length=1)
    days: int = Field(default=2, ge=2)
    window_days: int = Field(default=14, ge=1)

    reasons: ClassVar[frozenset[str]] = frozenset({"repeated"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "term", "days", "count"})


class UnmarkedPriceParameters(Strict):
    """No price, a price of nought, or no unit where goods are sold by measure.

    Attributes:
        instead: patterns for what stands where a price should (面议); in the price's raw text.
        anywhere: patterns for the same in the listing's texts, where no amount is given at all.
        unit_goods: patterns for categories and titles of goods that are sold by measure.
        units: patterns that count as a unit in the price, SKU or title.
    """

    kind: Literal["unmarked_price"]
    instead: tuple[str, ...] = Field(min_length=1)
    anywhere: tuple[str, ...] = ()
    unit_goods: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    _check = field_validator("instead", "anywhere", "unit_goods", "units")(
        lambda many: tuple(_regex(one) for one in many)
    )
    reasons: ClassVar[frozenset[str]] = frozenset({"no-price", "zero", "no-unit"})
    values: ClassVar[frozenset[str]] = frozenset({"quote"})


class PreselectedParameters(Strict):
    """An option that costs money and is ticked before the buyer did anything.

    Attributes:
        amount: pattern for an amount in 元 in the label, for options whose price was not read; the first of its
            groups that matched is the amount.
        paid: patterns for labels of things that cost money, where no amount is to be had.
    """

    kind: Literal["preselected_option"]
    amount: str
    paid: tuple[str, ...] = ()

    _check = field_validator("amount")(_regex)
    reasons: ClassVar[frozenset[str]] = frozenset({"paid"})
    values: ClassVar[frozenset[str]] = frozenset({"quote", "label", "amount"})


DisplayWhy = Literal[
    "nothing-shown", "not-in-registry", "other-name", "former-name", "deregistered", "revoked", "cancelled",
    "former-address", "other-address", "other-site", "other-shop",
]  # fmt: skip


class DisplayParameters(Strict):
    """What the 亮照 check found (``identity_verify.licence_display``). Reasons are the words in ``told``.

    Attributes:
        told: the failures that this rule is about.
        selling: only while the shop has goods on offer, and was seen after the registry said it.
    """

    kind: Literal["licence_display"]
    told: tuple[DisplayWhy, ...] = Field(min_length=1)
    selling: bool = False

    values: ClassVar[frozenset[str]] = frozenset(
        {"quote", "code", "name", "registered", "shown", "since", "as_of", "on_sale", "counted_zh", "counted_en"}
    )

    @property
    def reasons(self) -> frozenset[str]:
        """A sentence for each failure."""
        return frozenset(self.told)


Detector = Annotated[
    TermParameters
    | CodeParameters
    | DeclarationParameters
    | PricePairParameters
    | CountdownParameters
    | UnmarkedPriceParameters
    | PreselectedParameters
    | DisplayParameters,
    Field(discriminator="kind"),
]
