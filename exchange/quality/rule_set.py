"""Files of quality rules: one a data set, each rule with its field, the standard it comes from, and who answers for it.

The fields of a file are explained in docs/quality.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exchange.quality.errors import DataSetUnknownError, QualityRuleError
from exchange.quality.predicate import UNIQUE, Look, Parameters, compile_check

FOLDER = Path(__file__).with_name("rules")
SOURCE_UNIT = "source"
"""As the responsible unit of a rule: whoever handed the rows in."""
SEVERITIES = ("error", "warning", "notice")
DAYS_OF = {"error": 5, "warning": 10, "notice": 20}
"""Days in which a finding has to be put right, where no rule and no owner says otherwise. Ours: no law says it."""


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _RuleText(BaseModel):
    """One rule as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^DQ-[A-Z0-9]+-[0-9]{2}$")
    field: str = Field(min_length=1, max_length=60)
    check: str
    severity: Literal["error", "warning", "notice"] = "error"
    basis: str = Field(min_length=1)
    tag: Literal["V", "S", "M", "C", "D"]
    unit: str = Field(default=SOURCE_UNIT, pattern=r"^(source|[0-9]{6}|[0-9]{8})$")
    days: int | None = Field(default=None, ge=1, le=365)
    says: _Words
    other: str = ""
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    least: int | None = None
    most: int | None = None
    future: bool = False
    by_other: dict[str, tuple[str, ...]] | None = None
    place: tuple[int, int] | None = None


class _FileText(BaseModel):
    """One file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    data_set: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    title: _Words
    key: str = Field(min_length=1)
    personal: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    unit_field: str = ""
    rules: tuple[_RuleText, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        field: whose value is judged. fields: all that the check reads, ``field`` first. check: name of the check.
        basis: the standard or law it comes from, with clause. tag: how well we know its text (V read in full, S its
            existence only, M from memory, C by computation, D our own decision).
        unit: who answers for it: an organisation code, or ``source``. days: until it has to be put right.
        look: the compiled check; none for one over the whole set.
    """

    id: str
    field: str
    fields: tuple[str, ...]
    check: str
    severity: str
    basis: str
    tag: str
    unit: str
    days: int
    zh: str
    en: str
    expected: str
    look: Look | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one data set.

    Attributes:
        key: the field that names a row. personal: fields whose values are never repeated in a finding.
        unit_field: the one that names a place (six digits) whose unit answers, or empty.
        profiled: fields whose values are counted from run to run.
    """

    data_set: str
    zh: str
    en: str
    key: str
    personal: frozenset[str]
    profiled: tuple[str, ...]
    rules: tuple[Rule, ...]
    unit_field: str = ""

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, or none."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that some rule reads, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.fields))


def _expected(text: _RuleText) -> str:
    """In one line what the rule wants, without the value."""
    said = {
        "required": "a value",
        "required-when": f"a value where {text.other} is {', '.join(text.one_of)}",
        "uscc": "18 characters, both check digits right",
        "registration-number": "15 digits, check digit right",
        "pattern": text.pattern,
        "choice": ", ".join(text.one_of),
        "trimmed": "no white space around",
        "day": "a day" if text.future else "a day, not ahead",
        "not-before": f"not before {text.other}" + (f", at most {text.most} days after" if text.most else ""),
        "fits": f"what fits {text.other}",
        "equals": f"the same as {text.other}",
        UNIQUE: "each value once",
    }
    bounds = f"{'' if text.least is None else text.least}…{'' if text.most is None else text.most}"
    return said.get(text.check, f"{text.check} {bounds}")[:200]


def _rule(text: _RuleText) -> Rule:
    given = Parameters(
        other=text.other, one_of=text.one_of, pattern=text.pattern, least=text.least, most=text.most,
        future=text.future, by_other=text.by_other, place=text.place,
    )  # fmt: skip
    try:
        look = None if text.check == UNIQUE else compile_check(text.check, given)
    except QualityRuleError as error:
        raise QualityRuleError(f"{text.id}: {error.message}", hint=error.hint) from error
    return Rule(
        id=text.id,
        field=text.field,
        fields=(text.field, text.other) if text.other else (text.field,),
        check=text.check,
        severity=text.severity,
        basis=text.basis,
        tag=text.tag,
        unit=text.unit,
        days=text.days or DAYS_OF[text.severity],
        zh=text.says.zh,
        en=text.says.en,
        expected=_expected(text),
        look=look,
    )


def read_rules(path: Path) -> RuleSet:
    """One file of rules.

    Raises:
        QualityRuleError: not YAML, not rules, or a check that cannot be made; the message names the place.
    """
    try:
        text = _FileText.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise QualityRuleError(f"expected YAML in {path.name}, got: {error}", hint="docs/quality.md") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise QualityRuleError(f"expected rules in {path.name}, got: {problems}", hint="docs/quality.md") from error
    ids = [rule.id for rule in text.rules]
    if text.data_set != path.stem or len(set(ids)) != len(ids):
        raise QualityRuleError(
            f"expected data_set {path.stem} and each id once in {path.name}, got {text.data_set} and {', '.join(ids)}",
            hint="The file is named for its data set.",
        )
    return RuleSet(
        data_set=text.data_set,
        zh=text.title.zh,
        en=text.title.en,
        key=text.key,
        personal=frozenset(text.personal),
        profiled=text.profile,
        rules=tuple(_rule(rule) for rule in text.rules),
        unit_field=text.unit_field,
    )


@lru_cache(maxsize=64)
def rule_set(data_set: str, folder: Path = FOLDER) -> RuleSet:
    """The rules of a data set; read once a process.

    Raises:
        DataSetUnknownError: there are none. QualityRuleError: they cannot be used.
    """
    known = data_sets(folder)
    if data_set not in known:
        raise DataSetUnknownError(
            f"expected one of {', '.join(known)}, got {data_set[:40]!r}", hint="`wangjian quality rules` lists them."
        )
    return read_rules(folder / f"{data_set}.yml")


def data_sets(folder: Path = FOLDER) -> Sequence[str]:
    """Names of all data sets that have rules."""
    return tuple(sorted(path.stem for path in folder.glob("*.yml")))
