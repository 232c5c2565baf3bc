"""How Chinese characters sound, without tones: for homophones and for names typed in pinyin.

Readings come from the package pypinyin; a character may have several.
"""

import os
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import import_module

_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"), ("f", "h"), ("ing", "in"), ("eng", "en"), ("ang", "an"))

_U_UMLAUT = str.maketrans("üǖǘǚǜ", "vvvvv")


@cache
def _dictionary() -> Mapping[int, str]:
    """Readings by code point, loaded by the first who asks. The package would load 45 MB of phrases beside them."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    found: Mapping[int, str] = import_module("pypinyin.pinyin_dict").pinyin_dict
    return found


def _plain(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable.translate(_U_UMLAUT))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return letters.replace("ɡ", "g").lower()


@lru_cache(maxsize=32_768)
def readings(character: str) -> tuple[str, ...]:
    """All readings of one character without tones, the usual one first; itself when it has none."""
    found = _dictionary().get(ord(character), "")
    plain = tuple(dict.fromkeys(_plain(item) for item in found.split(","))) if found else ()
    return plain or (character,)


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
    return frozenset(item for code in _dictionary() for item in readings(chr(code)) if item.isascii())


def is_pinyin(text: str) -> bool:
    """True when a text of Latin letters can be cut into syllables."""
    reach = {0}
    for start in range(len(text)):
        if start in reach:
            reach |= {start + size for size in range(1, 7) if text[start : start + size] in syllables()}
    return len(text) in reach and len(text) > 3
