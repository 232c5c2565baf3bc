"""The catalogue: all rule files of a folder, and the rules in force on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from kernel.clock import CHINA
from supervision.errors import RuleFileError, UnknownRuleError
from supervision.rules.rule import Bilingual, Rule
from supervision.rules.terms import TermIndex

FOLDER = Path(__file__).with_name("catalogue")


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules in force on one day, with the automaton over all their terms."""

    rules: tuple[Rule, ...]
    index: TermIndex

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "RuleSet":
        """A set of rules with its automaton."""
        kept = tuple(rules)
        return cls(kept, TermIndex({rule.id: rule.terms() for rule in kept}))


class Catalogue:
    """Rules by id.

    Raises:
        RuleFileError: an id comes twice.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: dict[str, Rule] = {}
        for rule in rules:
            if rule.id in self.rules:
                raise RuleFileError(
                    f"expected each rule id once, got {rule.id} twice", hint="Raise the version instead."
                )
            self.rules[rule.id] = rule
        self._sets: dict[date, RuleSet] = {}
        self._by_ids: dict[tuple[str, ...], RuleSet] = {}

    def get(self, rule_id: str) -> Rule:
        """One rule.

        Raises:
            UnknownRuleError: not in the catalogue.
        """
        try:
            return self.rules[rule_id]
        except KeyError:
            raise UnknownRuleError(
                f"expected one of {', '.join(sorted(self.rules))}, got {rule_id!r}",
                hint="`wangjian rules` lists the catalogue.",
            ) from None

    def same_fact(self, rule_id: str, reason: str) -> tuple[tuple[str, str, Bilingual], ...]:
        """Rules that tell of the same fact as a reason of a rule, whichever of the two says so.

        Returns:
            id, reason and a note for the officer, of each.
        """
        found: list[tuple[str, str, Bilingual]] = []
        for rule in self.rules.values():
            for one in rule.same_fact:
                here, there = (rule.id, one.reason), (one.rule, one.its_reason)
                if (rule_id, reason) in {here, there}:
                    found.append((*(there if here == (rule_id, reason) else here), one.note))
        return tuple(found)

    def in_force(self, at: datetime) -> RuleSet:
        """The rules in force on the day (China) of an act.

        Spec: 行政处罚法 art 37 (the law at the time of the act).
        """
        day = at.astimezone(CHINA).date()
        if day not in self._sets:
            kept = [rule for rule in self.rules.values() if rule.in_force.holds(at)]
            ids = tuple(rule.id for rule in kept)
            if ids not in self._by_ids:
                self._by_ids[ids] = RuleSet.of(kept)
            self._sets[day] = self._by_ids[ids]
        return self._sets[day]


def read_rule(path: Path) -> Rule:
    """One rule file.

    Raises:
        RuleFileError: not YAML, or not a rule; the message names the field.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleFileError(
            f"expected YAML in {path.name}, got: {error}", hint="Check indentation and quotes."
        ) from error
    try:
        rule = Rule.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the whole'}: {problem['msg']}" for problem in error.errors()
        )
        raise RuleFileError(
            f"expected a rule in {path.name}, got: {problems}",
            hint="docs/rules.md lists the fields of a rule file.",
            context={"file": path.name, "fields": [".".join(map(str, one["loc"])) for one in error.errors()]},
        ) from error
    if rule.id != path.stem:
        raise RuleFileError(
            f"expected the id {path.stem} in {path.name}, got {rule.id}", hint="The file is named for the rule."
        )
    return rule


@lru_cache(maxsize=8)
def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """The catalogue in a folder of ``<ID>.yml`` files; read once per process.

    Raises:
        RuleFileError: a file cannot be used, or there is none.
    """
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise RuleFileError(f"expected rule files in {folder}, got none", hint="Check the folder.")
    return Catalogue(read_rule(path) for path in paths)
