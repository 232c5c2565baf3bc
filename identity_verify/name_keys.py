"""What a name can be found by although it is written otherwise: keys that two spellings of one name share.

Sound takes the place of characters, so that homophones meet; each key leaves one thing out (the region, the
trade, one character of 字号), so that a name that lacks it, or has it wrong, is found by the others.
"""

from hashlib import blake2b

from identity_verify.company_name import CompanyName
from identity_verify.sound import readings, sound_of, sounds_of

FORM = "1"
"""Version of the normal form and of these keys together. Raise it when either gives another answer for any name:
rows of the database that were written in another one are written anew (:mod:`identity_verify.name_form`)."""
KEY_BITS = 40
_SUFFIXES = (
    "youxianzerengongsi",
    "gufenyouxiangongsi",
    "youxiangongsi",
    "gongsi",
    "coltd",
    "ltd",
    "co",
    "inc",
    "limited",
)


def key_of(text: str) -> int:
    """A key as a number of 40 bits."""
    return int.from_bytes(blake2b(text.encode(), digest_size=KEY_BITS // 8).digest(), "big")


def latin_core(text: str) -> str:
    """Letters of a name in Latin script without what stands for its form."""
    letters = "".join(letter for letter in text if letter.isalnum())
    for suffix in _SUFFIXES:
        if letters.endswith(suffix) and len(letters) - len(suffix) >= 4:
            return letters[: -len(suffix)]
    return letters


def keys_of(name: CompanyName) -> tuple[int, ...]:
    """All keys of a name, each once."""
    if name.latin:
        letters = latin_core(name.text)
        return (key_of(f"L{letters}"),)
    sounds = [readings(letter)[0] for letter in name.core]
    core, stem = "".join(sounds), sound_of(name.stem)
    place = name.city or name.province or name.county
    texts = [
        f"S{stem}",
        *(f"L{way}" for way in sounds_of(name.stem)),
        f"L{sound_of(''.join(name.region))}{stem}",
        f"C{core}|{place}",
        f"C{core}|{name.county}" if name.county else f"C{core}|{name.province}",
        f"C{core}",
        f"P{place}|{name.industry}|{sounds[0] if sounds else ''}",
        f"T{place}|{name.industry}|{sounds[-1] if sounds else ''}",
        f"X{name.core}",
        f"B{place}|{sound_of(name.stem[:2])}",
        f"E{place}|{sound_of(name.stem[-4:])}",
    ]
    if name.notes:
        texts.append(f"S{core}{sound_of(''.join(name.notes))}{sound_of(name.industry)}")
    if len(sounds) > 2:
        # The last two signs alone: a misread region sticks to the front of 字号.
        texts.append(f"D{_ordered(sounds[-2:])}|{name.industry}")
        texts += [f"D{_ordered(sounds[:gap] + sounds[gap + 1 :])}|{name.industry}" for gap in range(len(sounds))]
    elif sounds:
        texts.append(f"D{_ordered(sounds)}|{name.industry}")
    return tuple(dict.fromkeys(map(key_of, texts)))


def _ordered(sounds: list[str]) -> str:
    """Two sounds in one order, so that signs that changed places meet; more stand as they do."""
    return "".join(sorted(sounds) if len(sounds) == 2 else sounds)
