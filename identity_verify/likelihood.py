"""How much likelier a shown name is when it stands for a registered one than when it is another firm's, by part.

Each part that agrees says the more, the rarer it is; each difference costs what such slips are rare. The sum is a
weight: its power of ten is how many times likelier. Among a million names, one chance in a million is one accident.

The model is that of record linkage by Fellegi and Sunter (1969), with shares counted from the registry.
"""

from collections.abc import Sequence
from math import log10

from identity_verify.alignment import Edit
from identity_verify.company_name import CompanyName
from identity_verify.name_keys import latin_core
from identity_verify.name_score import Reason
from identity_verify.rarity import Rarity, place_of
from identity_verify.sound import sound_of, sounds_of

_SLIP = {"sound": 0.01, "near-sound": 0.002, "shape": 0.02, "other": 0.000_05, "swap": 0.003, "missing": 0.003}
"""Chance that a shop has one certain sign wrong in one certain way."""
_EXTRA = 0.001
_TRADE_SLIP = {"sound": 0.5, "near-sound": 0.7, "shape": 0.5, "swap": 0.7}
_FEW = log10(0.05)
"""What is seldom left out or put otherwise: a place of another level, a form nearly the same."""
_MOSTLY = log10(0.75)
_FIXED = {
    "former-name": -1.0, "branch": -0.2, "note-missing": -1.5, "note-differs": -4.0, "region-differs": -3.0,
    "industry-differs": -3.0, "form-differs": -3.0, "pinyin-differs": -6.0, "code": 9.0,
    "address": 3.5, "address-near": 2.5, "address-elsewhere": -1.0,
    "code-alone": 9.0,
}  # fmt: skip


def weight(shown: CompanyName, registered: CompanyName, reasons: Sequence[Reason], rarity: Rarity) -> float:
    """What all reasons weigh together.

    Returns:
        logarithm to base ten of the ratio of the two chances; negative when it speaks for another firm.
    """
    return sum(_part(reason.word, reason.slips, shown, registered, rarity) for reason in reasons)


def _part(word: str, edits: tuple[Edit, ...], shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    kind = word.partition("-")[0]
    if word in _FIXED:
        return _FIXED[word]
    if kind == "core":
        return _core(edits, registered.core, rarity)
    if kind == "industry":
        return _industry(word, edits, shown, registered, rarity)
    if kind == "region":
        return _region(word, shown, registered, rarity)
    if kind == "form":
        return _form(word, shown, registered, rarity)
    return _other(word, shown, registered, rarity)


def _other(word: str, shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    if word == "address-place":
        # A name that says its place has said it already; three of four firms sit where their name says.
        return 0.1 if shown.region else _MOSTLY - rarity.places[place_of(registered)]
    return _pinyin(shown, registered, rarity) if word == "pinyin" else 0.0


def _core(edits: tuple[Edit, ...], core: str, rarity: Rarity) -> float:
    if not edits:
        return -rarity.core(core)
    wrong = {edit.place for edit in edits if edit.kind not in {"extra", "swap"}}
    right = sum(-rarity.signs[letter] for place, letter in enumerate(core) if place not in wrong)
    return right - rarity.length(len(core)) + sum(_slip(edit, rarity) for edit in edits)


def _slip(edit: Edit, rarity: Rarity) -> float:
    """A wrong sign: it may be a slip of the right one, or the right sign of another firm's name."""
    if edit.kind == "extra":
        return log10(_EXTRA) - rarity.signs[edit.shown]
    chance = _SLIP[edit.kind]
    if edit.kind in {"missing", "swap"}:
        return log10(chance)
    there, meant = 10 ** rarity.signs[edit.shown], 10 ** rarity.signs[edit.registered]
    return log10(chance / (there + meant * chance))


def _industry(word: str, edits: tuple[Edit, ...], shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    if word == "industry":
        return -rarity.trades[registered.industry]
    if word == "industry-missing":
        return 0.0
    if word == "industry-extra":
        return -2.0 - rarity.trades[shown.industry]
    # One slip may happen to anybody; with each further one it is less this trade.
    slips = sorted(_TRADE_SLIP.get(edit.kind, 2.0) for edit in edits)
    return -rarity.trades[registered.industry] - 0.5 - sum(slips[:-1]) - (1.0 if word == "industry-near" else 0.0)


def _region(word: str, shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    if word == "region":
        return -rarity.places[place_of(registered)]
    if word == "region-missing":
        return _FEW - rarity.places[place_of(shown)] if place_of(shown) else 0.0
    if word == "region-wider":
        return _FEW - rarity.places[place_of(shown)]
    return -rarity.places[place_of(registered)] - 0.7


def _form(word: str, shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    if word == "form":
        return -rarity.forms[registered.form_class]
    if word == "form-missing":
        return _FEW - rarity.forms[shown.form_class] if shown.form else 0.0
    if word == "form-near":
        return _FEW - rarity.forms[shown.form_class]
    return -rarity.forms[registered.form_class] - 0.5


def _pinyin(shown: CompanyName, registered: CompanyName, rarity: Rarity) -> float:
    """All that is known is how 字号 and trade sound."""
    core = sum(-rarity.sounds[syllable] for syllable in map(sound_of, registered.core))
    place = 0.0 if latin_core(shown.text) in sounds_of(registered.stem) else -rarity.places[place_of(registered)]
    return core - rarity.length(len(registered.core)) - rarity.trades[registered.industry] + place
