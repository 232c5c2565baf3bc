"""The words company names are made of: regions, trades, forms, wrappers. Shipped as files, and learnt from names.

Spec: 企业名称登记管理规定 (2020) 第6条 (a name is 区划, 字号, 行业 and 组织形式).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from identity_verify.normal_name import folded

FOLDER = Path(__file__).with_name("words")
_PROVINCE_TAILS = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "省", "市")
_CITY_TAILS = ("自治州", "地区", "市", "盟")
LEARN_FROM = 2_000
"""Fewer names than this teach nothing."""
LEARN_LENGTHS = (2, 3, 4, 5, 6)
LEARN_SHARE = 0.0008
LEARN_LEAST = 8


@dataclass(frozen=True, slots=True)
class Region:
    """A division by name: ``level`` 1 province, 2 city, 3 county; ``province`` and ``city`` as short names."""

    level: int
    short: str
    province: str
    city: str = ""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All words. ``industries`` may be more than the shipped ones.

    Attributes:
        regions: folded name (full or short) to what it may be. forms: folded word to its class.
        region_starts: the two first characters of all regions and towns.
        bare_towns: short names of county-level cities (昆山), which are everyday words too often to be taken for a
            place wherever they stand.
    """

    regions: Mapping[str, Region]
    industries: frozenset[str]
    forms: Mapping[str, str]
    wrapper_ends: tuple[str, ...]
    wrapper_starts: tuple[str, ...]
    longest_region: int
    longest_industry: int
    longest_form: int
    bare_towns: Mapping[str, Region] = field(default_factory=dict)
    region_starts: frozenset[str] = frozenset()

    def with_industries(self, more: Iterable[str]) -> "Vocabulary":
        """The same words and more trades."""
        industries = self.industries | frozenset(more)
        return replace(self, industries=industries, longest_industry=max(map(len, industries)))


def _lines(name: str) -> Iterator[list[str]]:
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def short_of(name: str, tails: Iterable[str]) -> str:
    """A name without its first fitting tail, when at least two characters stay."""
    for tail in tails:
        if name.endswith(tail) and len(name) - len(tail) >= 2:
            return name[: -len(tail)]
    return name


def _regions() -> dict[str, Region]:
    found: dict[str, Region] = {}
    counties: list[tuple[str, Region]] = []
    for level, name, *above in _lines("regions.txt"):
        if level == "1":
            short = short_of(name, _PROVINCE_TAILS)
            found[name] = found[short] = Region(1, short, short)
        elif level == "2":
            short, province = short_of(name, _CITY_TAILS), short_of(above[0], _PROVINCE_TAILS)
            region = Region(2, short, province, short)
            found.setdefault(name, region)
            found.setdefault(short, region)
        else:
            province = short_of(above[0], _PROVINCE_TAILS)
            city = short_of(above[1], _CITY_TAILS) if len(above) > 1 and above[1] != above[0] else ""
            counties.append((name, Region(3, name, province, city)))
    for name, region in counties:
        # Many counties share a name; one that is not the only one says nothing of its province.
        known = found.get(name)
        if known is None:
            found[name] = region
        elif known.level == 3 and (known.province, known.city) != (region.province, region.city):
            found[name] = Region(3, name, "" if known.province != region.province else known.province)
    found["中国"] = Region(0, "", "")
    return found


@cache
def shipped() -> Vocabulary:
    """The vocabulary of the files beside this module."""
    regions = {folded(name): region for name, region in _regions().items()}
    industries = frozenset(folded(word) for line in _lines("industries.txt") for word in line)
    forms = {folded(word): line[0] for line in _lines("forms.txt") for word in line[1:]}
    wraps: dict[str, list[str]] = {"end": [], "start": []}
    for side, *words in _lines("wrappers.txt"):
        wraps[side] += [folded(word) for word in words]
    towns = {
        name[:-1]: region
        for name, region in regions.items()
        if region.level == 3 and name.endswith("市") and len(name) > 2 and name[:-1] not in regions
    }
    return Vocabulary(
        regions=regions,
        industries=industries,
        forms=forms,
        wrapper_ends=tuple(sorted(wraps["end"], key=len, reverse=True)),
        wrapper_starts=tuple(sorted(wraps["start"], key=len, reverse=True)),
        longest_region=max(map(len, regions)),
        longest_industry=max(map(len, industries)),
        longest_form=max(map(len, forms)),
        bare_towns=towns,
        region_starts=frozenset(name[:2] for name in (*regions, *towns)),
    )


def learnt_industries(stems: Iterable[str], known: frozenset[str]) -> frozenset[str]:
    """Words for trades that many names end on, each after many different beginnings.

    Args:
        stems: 字号 and 行业 of many names, without region and form. known: words that need no learning.

    Returns:
        new words of two to six characters; empty when there are too few names to learn from.
    """
    endings: Counter[str] = Counter()
    total = 0
    for stem in stems:
        total += 1
        for length in LEARN_LENGTHS:
            if len(stem) >= length + 2:
                endings[stem[-length:]] += 1
    if total < LEARN_FROM:
        return frozenset()
    floor = max(LEARN_LEAST, int(total * LEARN_SHARE))
    frequent = {word: count for word, count in endings.items() if count >= floor}
    return frozenset(
        word for word, count in frequent.items() if word not in known and _stands_alone(word, count, frequent)
    )


def _stands_alone(word: str, count: int, frequent: Mapping[str, int]) -> bool:
    """A piece of a longer word is no word: nearly all of its places have the same character before it."""
    longer = [other for other in frequent if len(other) == len(word) + 1 and other.endswith(word)]
    return not longer or max(frequent[other] for other in longer) < count * 0.8
