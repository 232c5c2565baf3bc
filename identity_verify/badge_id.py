"""Numbers of badges: short enough for a small QR code and for typing, with a check character.

Twelve characters of the 31 that GB 32100 uses for codes (no I, O, S, V, Z), the last one a check
character by the same rule, so that a mistyped number is told from an unknown one.
"""

import secrets
from operator import mul

from kernel.identifiers import NO_VALUE, USCC_ALPHABET, uscc_values

LENGTH = 12
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def _check_character(body: str) -> str:
    return USCC_ALPHABET[-sum(map(mul, uscc_values(body), _WEIGHTS)) % 31]


def new_badge_id() -> str:
    """A fresh random number (54 bits; who guesses one learns only what its page tells everybody)."""
    body = "".join(secrets.choice(USCC_ALPHABET) for _ in range(LENGTH - 1))
    return body + _check_character(body)


def read_badge_id(text: str) -> str | None:
    """The number in a text as people type it (any case, spaces and hyphens between), or None when it is none.

    Spec: GB 32100-2015 annex A (the rule of its check character, over twelve characters).
    """
    number = text.replace(" ", "").replace("-", "").upper()
    return number if is_badge_id(number) else None


def is_badge_id(text: str) -> bool:
    """True when a text is a number just as we write it."""
    values = uscc_values(text)
    if len(values) != LENGTH or NO_VALUE in values:
        return False
    check: int = -sum(map(mul, values, _WEIGHTS)) % 31
    return values[-1] == check


def shown(badge_id: str) -> str:
    """The number in groups of four, as it is printed."""
    return " ".join(badge_id[start : start + 4] for start in range(0, LENGTH, 4))
