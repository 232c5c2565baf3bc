"""Names of hosts that look like others: mixed scripts, letters of other alphabets, one letter off.

A warning is never a verdict: it makes an officer look before a badge is issued.

Spec: UTS 39 sections 4 (skeleton) and 5 (mixed scripts), with a table of the letters that matter in host names.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from identity_verify.site_address import registrable, shown

WORDS = ("mixed-script", "other-alphabet", "same-shape", "one-letter-off")
MIN_NEAR = 5
"""Shorter names are one letter from too many others."""
_TWINS = dict(
    zip(
        "аеорсухіјѕԁһӏвкмнтгԛԝьᴀɑɡıɩοανρτυιωκβηεχγℓøłđħŧ",
        "aeopcyxijsdhlbkmhtrqwbaagiioavptuiwkbnexyloldht",
        strict=True,
    )
)
_DIGITS = str.maketrans("013578", "olestb")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


@dataclass(frozen=True, slots=True)
class LookAlike:
    """One warning. ``word`` is one of ``WORDS``; ``detail`` says what it looks like."""

    word: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        """JSON-ready."""
        return {"word": self.word, "detail": self.detail}


def skeleton(label: str) -> str:
    """A form that is the same for labels that look the same."""
    text = unicodedata.normalize("NFKD", label.lower())
    text = "".join(_TWINS.get(character, character) for character in text if not unicodedata.combining(character))
    text = text.translate(_DIGITS).replace("-", "").replace("i", "l")
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text


def scripts(label: str) -> frozenset[str]:
    """Alphabets of a label: ``LATIN CYRILLIC GREEK HAN`` and so on; digits and hyphens belong to all."""
    found = set()
    for character in label:
        if character.isalpha():
            name = unicodedata.name(character, "UNKNOWN").split()[0]
            found.add({"CJK": "HAN", "HIRAGANA": "KANA", "KATAKANA": "KANA"}.get(name, name))
    return frozenset(found)


def look_alikes(host: str, known: Iterable[str]) -> tuple[LookAlike, ...]:
    """Warnings about a host.

    Args:
        host: in A-labels. known: hosts or domains of others, in A-labels; the host's own domain does not count.
    """
    warnings = list(_of_alphabets(host))
    own = registrable(host) or host
    own_name = shown(own).partition(".")[0]
    seen: set[str] = set()
    for other in known:
        domain = registrable(other) or other
        if domain in {own, *seen}:
            continue
        seen.add(domain)
        name = shown(domain).partition(".")[0]
        if name != own_name and skeleton(name) == skeleton(own_name):
            warnings.append(LookAlike("same-shape", domain))
        elif min(len(name), len(own_name)) >= MIN_NEAR and _one_apart(name, own_name):
            warnings.append(LookAlike("one-letter-off", domain))
    return tuple(warnings)


def _of_alphabets(host: str) -> Iterable[LookAlike]:
    for label in shown(host).split("."):
        found = scripts(label)
        if len(found - {"HAN", "KANA", "HANGUL", "BOPOMOFO"}) > 1:
            yield LookAlike("mixed-script", label)
        elif found and not label.isascii() and skeleton(label).isascii():
            yield LookAlike("other-alphabet", label)


def _one_apart(left: str, right: str) -> bool:
    """One letter changed, added, left out, or two neighbours exchanged."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    if len(left) > len(right):
        left, right = right, left
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    swapped = left[start : start + 2] == right[start : start + 2][::-1] and left[start + 2 :] == right[start + 2 :]
    return swapped or left[start + 1 :] == right[start + 1 :]
