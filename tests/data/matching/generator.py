"""Makes a registry of invented names and shop names for them, from words of its own.

What it shares with the matcher: the names of real cities (facts that both must know), the forms that the law
prescribes, and nothing else: trades, 字号, spellings, homophones, misreadings and traditional characters are its own.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
NON_MATCHES = 0.3
FORMER = 0.12
CHAINS = 0.15
"""How many subjects share their 字号 with another one, in another trade or place."""


@dataclass(frozen=True, slots=True)
class Company:
    """One invented subject; ``former`` is a name it bore before, or empty."""

    number: int
    region: tuple[str, str, str]
    town: str
    core: tuple[tuple[str, str], ...]
    industry: tuple[str, str]
    form: str
    style: str
    former: str = ""

    @property
    def name(self) -> str:
        """The registered name."""
        core = "".join(sign[0] for sign in self.core)
        full, short, _ = self.region
        place = full if self.style == "full" else short
        if self.style == "middle":
            return f"{core}({short}){self.industry[0]}{self.form}"
        if self.style == "before-form":
            return f"{core}{self.industry[0]}({short}){self.form}"
        return f"{place}{self.town}{core}{self.industry[0]}{self.form}"

    @property
    def identity(self) -> tuple[str, ...]:
        """What may be registered once only."""
        return self.region[1], self.industry[0], "".join(sign[0] for sign in self.core)


@dataclass(frozen=True, slots=True)
class Query:
    """A name as a shop shows it. ``truth`` is the subject's number, or None; ``kind`` says what was done.

    ``place`` is where the firm sits, as the address on its licence begins: for measures in which shops show it.
    """

    shown: str
    truth: int | None
    kind: str
    place: str = ""


class World:
    """A registry and shop names for it.

    Args:
        words: name of a word file beside this module. seed: all else follows from it.
    """

    def __init__(self, words: str, seed: int, *, subjects: int) -> None:
        self._words: dict[str, Any] = yaml.safe_load((FOLDER / f"{words}.yml").read_text(encoding="utf-8"))
        self._random = random.Random(seed)  # noqa: S311 - invention, not secrecy
        self._signs = [(item[0], item[1:]) for item in self._words["signs"].split()]
        self._taken: set[tuple[str, ...]] = set()
        self.companies: list[Company] = []
        for number in range(subjects):
            self.companies.append(self._company(number, self._parent()))

    @cached_property
    def _same_sound(self) -> dict[str, list[str]]:
        return {
            sign: [other for other, sound in self._signs if sound == spelling and other != sign]
            for sign, spelling in self._signs
        }

    def _parent(self) -> Company | None:
        return self._random.choice(self.companies) if self.companies and self._random.random() < CHAINS else None

    def _company(self, number: int, parent: Company | None) -> Company:
        pick = self._random
        while True:
            region = tuple(pick.choice(self._words["regions"]))
            industry = tuple(pick.choice(self._words["industries"]))
            core = tuple(pick.choice(self._signs) for _ in range(pick.choices([2, 3, 4], [70, 20, 10])[0]))
            form = pick.choice(self._words["forms"])
            if parent is not None:
                core = parent.core
                if pick.random() < 0.5:
                    region = parent.region
                else:
                    industry = parent.industry
            style = pick.choices(["full", "short", "middle", "before-form"], [40, 40, 10, 10])[0]
            if not form.endswith("公司"):
                style = "full"
            town = pick.choice(self._words["towns"]) if style == "full" and pick.random() < 0.15 else ""
            former = ""
            if pick.random() < FORMER:
                before = tuple(pick.choice(self._signs) for _ in core)
                former = Company(0, region, "", before, industry, form, "full").name
            made = Company(number, region, town, core, industry, form, style, former)
            # No authority registers the same 字号 for the same trade in the same place twice.
            if made.identity not in self._taken:
                self._taken.add(made.identity)
                return made

    def queries(self, number: int) -> list[Query]:
        """Shop names: seven of ten are of a subject of the registry, three of somebody who is not in it."""
        return [self._query() for _ in range(number)]

    def _query(self) -> Query:
        if self._random.random() < NON_MATCHES:
            stranger, keep = self._stranger()
            kind = self._random.choice([name for name in NOISE if name not in keep and name != "former"])
            return Query(NOISE[kind](self, stranger), None, f"stranger-{kind}", stranger.region[0])
        company = self._random.choice(self.companies)
        kind = self._random.choice([name for name in NOISE if name != "former" or company.former])
        return Query(NOISE[kind](self, company), company.number, kind, company.region[0])

    def _stranger(self) -> tuple[Company, frozenset[str]]:
        """Somebody who is not registered, two of three with the 字号 of somebody who is.

        What tells the stranger from the registered one must stay in the shown name, else nobody could know.
        """
        which = self._random.randrange(3)
        if which == 0:
            return self._company(-1, None), frozenset()
        while True:
            parent = self._random.choice(self.companies)
            made = self._company(-1, parent)
            if which == 1 and made.industry != parent.industry and made.region == parent.region:
                return made, frozenset({"no-industry"})
            if which == 2 and made.region != parent.region and made.industry == parent.industry:
                return made, frozenset({"no-region", "pinyin"})

    # --- what shops do to names ------------------------------------------------------------------------

    def exact(self, company: Company) -> str:
        """As registered."""
        return company.name

    def moved_region(self, company: Company) -> str:
        """The region in brackets before the form, or the province before the city."""
        core = "".join(sign[0] for sign in company.core)
        if company.region[2] and self._random.random() < 0.5:
            above = company.region[2] + self._random.choice(["省", ""])
            return f"{above}{company.region[0]}{core}{company.industry[0]}{company.form}"
        return f"{core}{company.industry[0]}（{company.region[1]}）{company.form}"

    def no_region(self, company: Company) -> str:
        """Without a region."""
        return "".join(sign[0] for sign in company.core) + company.industry[0] + company.form

    def no_form(self, company: Company) -> str:
        """Without a form."""
        core = "".join(sign[0] for sign in company.core)
        return f"{company.region[self._random.randrange(2)]}{core}{company.industry[0]}"

    def no_industry(self, company: Company) -> str:
        """Without a trade."""
        core = "".join(sign[0] for sign in company.core)
        return f"{company.region[self._random.randrange(2)]}{core}{company.form}"

    def in_traditional(self, company: Company) -> str:
        """In traditional characters."""
        table: dict[str, str] = self._words["traditional"]
        return "".join(table.get(letter, letter) for letter in company.name)

    def wide(self, company: Company) -> str:
        """Other widths, spaces, signs."""
        name = company.name.replace("(", "（").replace(")", "）")
        place = self._random.randrange(1, len(name))
        return self._random.choice([f" {name[:place]} {name[place:]}", "　".join(name), f"{name}.", f"「{name}」"])

    def homophone(self, company: Company) -> str:
        """One sign of the 字号 by another that sounds the same."""
        places = [place for place, sign in enumerate(company.core) if self._same_sound[sign[0]]]
        if not places:
            return company.name
        place = self._random.choice(places)
        core = [sign[0] for sign in company.core]
        before = "".join(core)
        core[place] = self._random.choice(self._same_sound[core[place]])
        return company.name.replace(before, "".join(core))

    def misread(self, company: Company) -> str:
        """One character as a reader of pictures gives it."""
        name = company.name
        table: dict[str, str] = self._words["misread"]
        places = [place for place, letter in enumerate(name) if letter in table]
        if not places:
            return name
        place = self._random.choice(places)
        return name[:place] + table[name[place]] + name[place + 1 :]

    def typo(self, company: Company) -> str:
        """One character lost, doubled, swapped with the next, or another one, anywhere."""
        name, place = company.name, self._random.randrange(len(company.name) - 1)
        before, letter, after = name[:place], name[place], name[place + 1 :]
        ways = (
            after,
            letter + letter + after,
            after[0] + letter + after[1:],
            self._random.choice(self._signs)[0] + after,
        )
        return before + self._random.choice(ways)

    def wrapped(self, company: Company) -> str:
        """What shops put around their name."""
        return self._random.choice(
            [
                f"{company.name}旗舰店",
                f"{company.name}官方店",
                f"【官方】{company.name}",
                f"{company.name}（企业店）",
                f"商家：{company.name}",
                f"{company.name}的小店",
            ]
        )

    def branch(self, company: Company) -> str:
        """A branch shows its own name, which begins with that of its parent."""
        if not company.form.endswith("公司"):
            return company.name
        place = self._random.choice(self._words["regions"])[1]
        return f"{company.name}{self._random.choice([f'{place}分公司', f'{place}第二分公司', f'{place}营业部'])}"

    def former(self, company: Company) -> str:
        """A name that is no longer borne."""
        return company.former

    def pinyin(self, company: Company) -> str:
        """字号 and trade in Latin letters."""
        letters = "".join(sign[1] for sign in company.core) + company.industry[1]
        return self._random.choice([letters, letters.upper(), f"{letters}youxiangongsi", f"{letters} co.,ltd"])


NOISE: dict[str, Callable[[World, Company], str]] = {
    "exact": World.exact,
    "moved-region": World.moved_region,
    "no-region": World.no_region,
    "no-form": World.no_form,
    "no-industry": World.no_industry,
    "traditional": World.in_traditional,
    "wide": World.wide,
    "homophone": World.homophone,
    "misread": World.misread,
    "typo": World.typo,
    "wrapped": World.wrapped,
    "branch": World.branch,
    "former": World.former,
    "pinyin": World.pinyin,
}
