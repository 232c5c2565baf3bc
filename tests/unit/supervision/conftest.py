"""Facts, subjects and the catalogue for the tests of the rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from kernel.facts import FactValue
from supervision.rules.engine import judge
from supervision.rules.hit import Hit
from supervision.rules.rule import Rule
from supervision.rules.rule_catalogue import FOLDER, Catalogue, RuleSet, load_catalogue
from supervision.rules.subject import SeenFact, Subject

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
_SETS: dict[int, RuleSet] = {}
"""Rule sets of single rules by the rule's id(); the set keeps its rule alive, so that no id comes twice."""


@dataclass(frozen=True)
class Maker:
    """Makes facts and subjects of one moment, and judges them."""

    at: datetime = AT

    def fact(self, field: str, value: FactValue, raw: str = "", **more: Any) -> SeenFact:
        """A fact seen now; its raw text is the value where none is given."""
        text = raw or (value if isinstance(value, str) else "")
        return replace(SeenFact(field, value, text, self.at, self.at), **more)

    def price(self, fen: int | None, raw: str = "", slot: str = "shown", **more: Any) -> SeenFact:
        """A price fact."""
        parts = {name: more.pop(name, None) for name in ("sku", "unit", "fen_max")}
        kind = more.pop("kind", "shown")
        shown = raw or ("" if fen is None else f"¥{fen / 100:.2f}")
        return self.fact("price", {"kind": kind, "fen": fen, "currency": "CNY", **parts}, shown, slot=slot, **more)

    def listing(self, *facts: SeenFact, **more: Any) -> Subject:
        """A listing with these facts."""
        return Subject("listing", self.at, facts, **{"listing_id": 1, **more})

    def shop(self, *facts: SeenFact, **more: Any) -> Subject:
        """A shop with these facts, whose licence page was seen."""
        return Subject("shop", self.at, facts, shop_facts=facts, **{"page_kinds": frozenset({"licence"}), **more})

    def hits(self, subject: Subject, rule: Rule) -> list[Hit]:
        """What one rule says of a subject."""
        if id(rule) not in _SETS:
            _SETS[id(rule)] = RuleSet.of([rule])
        return list(judge(subject, _SETS[id(rule)], self.at))

    def reasons(self, subject: Subject, rule: Rule) -> list[str]:
        """The reasons for which one rule fires."""
        return [hit.signal.reason for hit in self.hits(subject, rule)]


@pytest.fixture
def make() -> Maker:
    """Makes facts and subjects."""
    return Maker()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue as shipped."""
    return load_catalogue()


@pytest.fixture
def document() -> Callable[[str], dict[str, Any]]:
    """A shipped rule file as plain values, to be broken by a test."""

    def read(rule_id: str) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{rule_id}.yml").read_text(encoding="utf-8"))
        return loaded

    return read


@pytest.fixture
def rule_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes rule documents into a folder and gives the folder."""

    def write(**documents: Any) -> Path:
        for name, value in documents.items():
            text = value if isinstance(value, str) else yaml.safe_dump(value, allow_unicode=True)
            (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
        return tmp_path

    return write
