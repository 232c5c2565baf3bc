"""Verdicts: named steps with three values and one more for "not checked", and what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml

from kernel.clock import iso
from kernel.crypto import canonical_json

CODES_FILE = Path(__file__).parent / "codes.yml"
EXIT_PASSED, EXIT_FAILED, EXIT_UNREADABLE, EXIT_RESERVED = 0, 1, 2, 3
WORDS = {
    EXIT_PASSED: ("PASSED", "全部通过", "all passed"),
    EXIT_FAILED: ("FAILED", "有失败项：见各步骤", "something failed: see the steps"),
    EXIT_UNREADABLE: ("UNREADABLE", "无法读取", "unreadable"),
    EXIT_RESERVED: ("RESERVED", "通过，但有保留或未检验项", "stands, with reservations or unchecked steps"),
}
MAX_DETAIL = 600


class State(StrEnum):
    """Outcome of one step."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences of a code, and what to do next."""

    zh: str
    en: str
    next_zh: str
    next_en: str


@lru_cache(maxsize=1)
def _texts() -> tuple[dict[str, tuple[str, str]], dict[str, Words]]:
    loaded = yaml.safe_load(CODES_FILE.read_text("utf-8"))
    titles = {key: (zh, en) for key, (zh, en) in loaded["steps"].items()}
    codes = {
        code: Words(words["zh"], words["en"], words.get("next_zh", ""), words.get("next_en", ""))
        for code, words in loaded["codes"].items()
    }
    return titles, codes


def titles() -> dict[str, tuple[str, str]]:
    """Step key to its title, Chinese and English, in the order of the steps."""
    return _texts()[0]


def codes() -> dict[str, Words]:
    """Code to its sentences."""
    return _texts()[1]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a verification.

    Attributes:
        number: from 1. key: of the step, ``timestamp:<name>`` for one timestamp service.
        code: ``OK`` or one of ``codes.yml``. detail: file names, times, reasons; English or neutral.
    """

    number: int
    key: str
    state: State
    code: str
    detail: str = ""

    def title(self) -> tuple[str, str]:
        """Title in Chinese and English."""
        base, _, name = self.key.partition(":")
        zh, en = titles()[base]
        return (f"{zh} {name}", f"{en} {name}") if name else (zh, en)

    def words(self) -> Words:
        """Sentences of its code."""
        return codes()[self.code]

    def as_dict(self) -> dict[str, object]:
        """JSON-ready values."""
        title, words = self.title(), self.words()
        return {
            "number": self.number,
            "key": self.key,
            "state": self.state.value,
            "code": self.code,
            "detail": self.detail,
            "title_zh": title[0],
            "title_en": title[1],
            "zh": words.zh,
            "en": words.en,
            "next_zh": words.next_zh,
            "next_en": words.next_en,
        }

    def line(self) -> str:
        """One line for people, the same form as verify.sh prints."""
        title, words = self.title(), self.words()
        return (
            f"{self.number:2d} {self.key} {self.state.value} {self.code} {title[0]} {title[1]}: {words.zh} / {words.en}"
        )


def exit_code(steps: Iterable[Step]) -> int:
    """0 all passed; 1 a step failed; 2 unreadable; 3 something with reservation or not checked."""
    found = list(steps)
    if any(step.code == "E100" for step in found):
        return EXIT_UNREADABLE
    if any(step.state is State.FAILED for step in found):
        return EXIT_FAILED
    return EXIT_PASSED if found and all(step.code == "OK" for step in found) else EXIT_RESERVED


@dataclass(frozen=True, slots=True)
class StampFact:
    """A timestamp that holds: name of its service, its time, kind of its trust, SHA-256 of its root's key (hex)."""

    name: str
    gen_time: datetime
    kind: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class LogFact:
    """Where the package stands in the log, as its checkpoint says; index -1 where that is not proven.

    Attributes:
        cosigned: names of the listed witnesses that cosigned.
    """

    origin: str
    size: int
    index: int
    cosigned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification.

    Attributes:
        at: the time of the verification. root_sha256: of the tag manifest, hex; empty when there is none.
        evidence_id, url: as sealed. stamps: the timestamps that hold. trust: ``court``, ``test`` or empty.
        log: none where there is no checkpoint that can be read. not_before, not_after: the proven bracket.
    """

    at: datetime
    steps: tuple[Step, ...]
    root_sha256: str
    evidence_id: str
    url: str
    stamps: tuple[StampFact, ...]
    trust: str
    log: LogFact | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def exit_code(self) -> int:
        """As :func:`exit_code`."""
        return exit_code(self.steps)

    @property
    def verdict(self) -> str:
        """``PASSED FAILED UNREADABLE RESERVED``."""
        return WORDS[self.exit_code][0]

    def failed(self) -> tuple[Step, ...]:
        """The steps that failed."""
        return tuple(step for step in self.steps if step.state is State.FAILED)

    def as_dict(self) -> dict[str, object]:
        """JSON-ready values."""
        word, zh, en = WORDS[self.exit_code]
        return {
            "version": 2,
            "at": iso(self.at),
            "verdict": word,
            "verdict_zh": zh,
            "verdict_en": en,
            "exit_code": self.exit_code,
            "evidence_id": self.evidence_id,
            "url": self.url,
            "root_sha256": self.root_sha256,
            "trust": self.trust,
            "log": self._log(),
            "bracket": {
                "not_before": iso(self.not_before) if self.not_before else "",
                "not_after": iso(self.not_after) if self.not_after else "",
                "seconds": self.bracket_s(),
            },
            "timestamps": [
                {"name": stamp.name, "gen_time": iso(stamp.gen_time), "kind": stamp.kind} for stamp in self.stamps
            ],
            "steps": [step.as_dict() for step in self.steps],
        }

    def bracket_s(self) -> int | None:
        """Seconds from the proven not-before to the proven not-after; none where one of them is missing."""
        if self.not_before is None or self.not_after is None:
            return None
        return int((self.not_after - self.not_before).total_seconds())

    def _log(self) -> dict[str, object]:
        if self.log is None:
            return {}
        found = self.log
        return {"origin": found.origin, "size": found.size, "index": found.index, "witnesses": list(found.cosigned)}

    def as_json(self) -> bytes:
        """The report as canonical JSON: same package, trust list and time, same bytes."""
        return canonical_json(self.as_dict()) + b"\n"
