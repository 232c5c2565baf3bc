"""Names and texts in the form they are compared in: width, script, case, brackets, spaces."""

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from opencc import OpenCC  # type: ignore[import-untyped]

_SPACES = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad]+")
_PUNCTUATION = re.compile(
    r"[()\[\]{}<>【】〔〕［］《》〈〉「」『』·•・.,。、;:'\"“”‘’!?*_~|/\\—–\-]+",
)
_BRACKETS = str.maketrans("[]{}<>【】〔〕［］〈〉《》", "()()()()()()()()")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _traditional() -> frozenset[str]:
    """Characters that simplified script writes otherwise."""
    lines = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line.strip()]
    return frozenset(pair[0] for pair in pairs if pair[0] not in pair[1:])


@lru_cache(maxsize=65_536)
def _converted(text: str) -> str:
    return str(_converter().convert(text))


def simplified(text: str) -> str:
    """Traditional characters as simplified ones; a text in simplified script comes back as it is."""
    return text if text.isascii() or _traditional().isdisjoint(text) else _converted(text)


def folded(text: str) -> str:
    """A text of one width, one script and lower case, with round brackets only and without spaces."""
    narrow = unicodedata.normalize("NFKC", text)
    return _SPACES.sub("", simplified(narrow)).translate(_BRACKETS).lower()


def normal_text(text: str) -> str:
    """A text without differences of width, script, case, spaces and punctuation."""
    current = _PUNCTUATION.sub("", folded(text))
    # Taking a sign away can bring characters together that width folding joins; ends after one or two rounds.
    while (again := _PUNCTUATION.sub("", folded(current))) != current:
        current = again
    return current


def normal_name(name: str) -> str:
    """A name in the form whole names are compared in: brackets go, what stands in them stays."""
    return normal_text(name)
