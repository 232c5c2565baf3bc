"""A shown licence code whose check digits are wrong: ID02."""

from collections.abc import Iterator
from datetime import datetime

from kernel.identifiers import (
    REGISTRATION_LENGTH,
    USCC_LENGTH,
    CodeCheck,
    check_registration_number,
    check_uscc,
)
from supervision.rules.context import Scene, exemption, tried
from supervision.rules.hit import Signal
from supervision.rules.look import Look, parameters
from supervision.rules.normal_text import fold_text, is_separator
from supervision.rules.parameters import CodeParameters
from supervision.rules.rule import Rule

LOOK_ALIKES = {"I": "1", "O": "0", "Z": "2", "S": "5"}
"""Letters the standard leaves out, and the digits they are misread for."""


def check(rule: Rule, look: Look, at: datetime) -> Iterator[Signal]:
    """A signal for each different code that fails, where the whole code is shown.

    Spec: 网络交易监督管理办法 art 12(3) (如实公示); GB 32100-2015; GB 11714-1997; GS 15-2006.
    """
    del at
    detector = parameters(rule, CodeParameters)
    told: set[str] = set()
    for fact in look.subject.of(*detector.fields):
        value = fact.value if isinstance(fact.value, str) else fact.raw
        code = bare_code(value)
        if not code or code in told or any(mark in value for mark in detector.masked):
            continue
        verdict = check_code(code)
        scene = Scene(look.subject, fact, extra=(("label", fact.raw),))
        if verdict.ok or exemption(rule, scene) is not None:
            continue
        told.add(code)
        start = fact.text.find(value) if value in fact.text else 0
        end = start + len(value) if value in fact.text else len(fact.text)
        yield Signal(
            fact=fact,
            start=start,
            end=end,
            reason=verdict.reason,
            values={
                "quote": fact.text[start:end],
                "code": code,
                "expected": verdict.expected,
                "length": str(len(code)),
                "candidate": candidate(code),
            },
            identity=code,
            sentence=fact.text,
            tried=tried(rule),
        )


def bare_code(shown: str) -> str:
    """A shown code in the form the standards write: upper case, half width, no spaces or dashes."""
    return "".join(piece for piece in fold_text(shown) if not is_separator(piece) and not piece.isspace()).upper()


def check_code(code: str) -> CodeCheck:
    """Check a code by the standard its length belongs to; 15 digits are the old 注册号."""
    if len(code) == REGISTRATION_LENGTH and code.isdigit():
        return check_registration_number(code)
    return check_uscc(code)


def candidate(code: str) -> str:
    """What a code with letters that cannot be in it may have been meant to be, if that is valid; else a dash."""
    corrected = "".join(LOOK_ALIKES.get(character, character) for character in code)
    valid = len(code) == USCC_LENGTH and corrected != code and check_uscc(corrected).ok
    return corrected if valid else "—"
