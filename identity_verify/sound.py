"""How Chinese characters sound, without tones: for homophones and for names typed in pinyin.

Readings are those of the package pypinyin; a character may have several. Only its list is read: the package would
load 45 MB of phrases beside it, and as Python objects the list alone is eight.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"), ("f", "h"), ("ing", "in"), ("eng", "en"), ("ang", "an"))

_ENTRY = re.compile(r'"(\d+)":\s*"([^"]+)"')
_U_UMLAUT = str.maketrans("üǖǘǚǜ", "vvvvv")


@lru_cache(maxsize=2_048)
def _plain(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable.translate(_U_UMLAUT))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return letters.replace("ɡ", "g").lower()


@cache
def _table() -> tuple["array[int]", Sequence[tuple[str, ...]]]:
    """By code point the number of what a character may sound like, and those by number; number 0 is none."""
    package = find_spec("pypinyin")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("expected the package pypinyin, whose list of readings is read")
    text = Path(package.origin).with_name("pinyin_dict.json").read_text("utf-8")
    codes: array[int] = array("H")
    sounds: dict[tuple[str, ...], int] = {(): 0}
    for code, toned in ((int(found[1]), found[2]) for found in _ENTRY.finditer(text)):
        if code >= len(codes):
            codes.extend([0] * (code + 1 - len(codes)))
        plain = tuple(dict.fromkeys(_plain(item) for item in toned.split(",")))
        codes[code] = sounds.setdefault(plain, len(sounds))
    return codes, tuple(sounds)


@lru_cache(maxsize=4_096)
def readings(character: str) -> tuple[str, ...]:
    """All readings of one character without tones, the usual one first; itself when it has none."""
    codes, sounds = _table()
    code = ord(character)
    return (sounds[codes[code]] if code < len(codes) else ()) or (character,)


def sound_of(text: str) -> str:
    """The usual readings in a row, with nothing between."""
    return "".join(readings(character)[0] for character in text)


MOST_SOUNDS = 4


def sounds_of(text: str) -> tuple[str, ...]:
    """The ways a text may sound, the usual one first: signs with a second reading (长, 行, 乐) make several.

    Returns:
        at most ``MOST_SOUNDS``; of each sign its two first readings.
    """
    ways = [""]
    for character in text:
        found = readings(character)[:2]
        if len(found) > 1 and len(ways) * 2 <= MOST_SOUNDS:
            ways = [way + reading for reading in found for way in ways]
        else:
            ways = [way + found[0] for way in ways]
    return tuple(ways)


def same_sound(left: str, right: str) -> bool:
    """True when two characters share a reading."""
    return not set(readings(left)).isdisjoint(readings(right))


@lru_cache(maxsize=8_192)
def _broad(syllable: str) -> str:
    for long, short in _NEAR[:5]:
        if syllable.startswith(long):
            syllable = short + syllable[len(long) :]
            break
    for long, short in _NEAR[5:]:
        if syllable.endswith(long):
            return syllable[: -len(long)] + short
    return syllable


def near_sound(left: str, right: str) -> bool:
    """True when two characters sound alike to many speakers (zh/z, n/l, ing/in …)."""
    broad = {_broad(item) for item in readings(left)}
    return not broad.isdisjoint(_broad(item) for item in readings(right))


@cache
def syllables() -> frozenset[str]:
    """Every syllable that a character can have."""
    return frozenset(item for sounds in _table()[1] for item in sounds if item.isascii())


def is_pinyin(text: str) -> bool:
    """True when a text of Latin letters can be cut into syllables."""
    reach = {0}
    for start in range(len(text)):
        if start in reach:
            reach |= {start + size for size in range(1, 7) if text[start : start + size] in syllables()}
    return len(text) in reach and len(text) > 3
