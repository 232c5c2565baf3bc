"""Parser of company names: 区划, 字号, 行业, 组织形式, with what shops and branches put around them.

Spec: 企业名称登记管理规定 (2020) 第6条 (order of the parts), 第15条 (branches bear the name of their parent).
"""

import re
from dataclasses import dataclass

from identity_verify.normal_name import folded
from identity_verify.vocabulary import Region, Vocabulary, shipped

_BRACKET = re.compile(r"\(([^()]*)\)")
_BRANCH = re.compile(
    r"^(?P<parent>.{4,}?公司)(?P<branch>.{0,16}?(?:分公司|分店|分厂|办事处|营业部|门店|分部|营业厅|经营部|专柜))$"
)
_UNLISTED = re.compile(
    r"[一-鿿]{2,4}?(?:新区|自治县|自治旗|开发区|高新区|自贸区|街道)|[一-鿿]{2,3}?(?:区|县|镇|乡|市)(?![一-鿿]?(?:公司|店|部|行)$)"
)
_SIGNS = re.compile(r"[^0-9a-z一-鿿㐀-䶿()]+")
_LEADING = re.compile(r"^[\W_]+")
MIN_STEM = 2


@dataclass(frozen=True, slots=True)
class CompanyName:
    """The parts of a name, each in folded form.

    Attributes:
        text: the whole name, folded, without wrapper. region: the words taken for 区划, in order.
        province, city, county: what the words say; empty where they say nothing.
        core: 字号. industry: 行业. form: the word for 组织形式; form_class: its class in ``forms.txt``.
        notes: other words in brackets. branch: what names a branch after its parent. wrapper: what was taken off.
        latin: true when there is no Chinese character in it.
    """

    text: str
    region: tuple[str, ...]
    province: str
    city: str
    county: str
    core: str
    industry: str
    form: str
    form_class: str
    notes: tuple[str, ...] = ()
    branch: str = ""
    wrapper: str = ""
    latin: bool = False

    @property
    def stem(self) -> str:
        """字号 and 行业 together."""
        return self.core + self.industry


def parse(name: str, vocabulary: Vocabulary | None = None, *, towns: bool = True) -> CompanyName:
    """The parts of a name as it is written.

    Nothing is refused: a text that is no company name comes back as a core without the other parts.

    Args:
        towns: take the short name of a county-level city (昆山) at the beginning for a place.
    """
    words = vocabulary or shipped()
    text, wrapper = _unwrapped(_SIGNS.sub("", folded(name)), words)
    main, branch = text, ""
    if found := _BRANCH.match(text):
        main, branch = found["parent"], found["branch"]
    main, inside, notes = _brackets(_closed(main, words), words)
    body, form, form_class = _form(main, words)
    taken, regions, stem = _regions(body, words)
    if inside is not None and not any(region.level for region in regions):
        taken, regions = (*taken, *inside[0]), (*regions, *inside[1])
    if towns and not regions and inside is None:
        taken, regions, stem = _town(stem, words)
    core, industry = _industry(stem, words)
    province, city, county = _places(regions)
    return CompanyName(
        text=text, region=taken, province=province, city=city, county=county, core=core, industry=industry,
        form=form, form_class=form_class, notes=notes, branch=branch, wrapper=wrapper,
        latin=text.isascii() and bool(text),
    )  # fmt: skip


def readings_of(name: str, vocabulary: Vocabulary | None = None) -> list[CompanyName]:
    """The parts of a shown name; twice where it begins with a word that may be a town or a part of 字号."""
    words = vocabulary or shipped()
    parsed = parse(name, words)
    if parsed.region and parsed.region[0] in words.bare_towns:
        return [parsed, parse(name, words, towns=False)]
    return [parsed]


def _unwrapped(text: str, words: Vocabulary) -> tuple[str, str]:
    taken = []
    for _ in range(2):
        for end in words.wrapper_ends if text.endswith(words.wrapper_ends) else ():
            if text.endswith(end) and len(text) - len(end) >= MIN_STEM:
                text = text[: -len(end)]
                taken.append(end)
                break
        for start in words.wrapper_starts if text.startswith(words.wrapper_starts) else ():
            if text.startswith(start) and len(text) - len(start) >= MIN_STEM:
                text = text[len(start) :]
                taken.append(start)
                break
    if (
        text.startswith("(")
        and ")" in text
        and text.index(")") < len(text) - MIN_STEM
        and text[1:3] in {"官方", "自营"}
    ):
        taken.append(text[: text.index(")") + 1])
        text = text[text.index(")") + 1 :]
    return text, "".join(taken)


def _closed(text: str, words: Vocabulary) -> str:
    """A place in brackets of which one is lost, with both; any other text as it is."""
    opening, closing = text.count("("), text.count(")")
    if opening == closing or opening + closing != 1:
        return text
    place = text.index("(" if opening else ")")
    for length in range(min(words.longest_region, len(text)), 1, -1):
        after, before = text[place + 1 : place + 1 + length], text[max(0, place - length) : place]
        if opening and (after in words.regions or after in words.bare_towns):
            return f"{text[: place + 1 + length]}){text[place + 1 + length :]}"
        if closing and place >= length and (before in words.regions or before in words.bare_towns):
            return f"{text[: place - length]}({text[place - length :]}"
    return text


def _brackets(
    text: str, words: Vocabulary
) -> tuple[str, tuple[tuple[str, ...], tuple[Region, ...]] | None, tuple[str, ...]]:
    """Take brackets out: a region stands for 区划, a form stays at the end, all else is a note."""
    if "(" not in text:
        return text.replace(")", ""), None, ()
    region: tuple[tuple[str, ...], tuple[Region, ...]] | None = None
    notes = []
    for found in _BRACKET.finditer(text):
        content = found[1]
        taken, regions, rest = _regions(content, words, all_of_it=True)
        if taken and len(rest) <= 1 and region is None:  # one letter too many is a slip, not a note
            region = (taken, regions)
        elif content and f"({content})" not in words.forms:
            notes.append(content)
    bare = _BRACKET.sub(lambda found: found[0] if found[0] in words.forms else "", text)
    if bare.endswith(")"):
        return bare, region, tuple(notes)
    return bare.replace("(", "").replace(")", ""), region, tuple(notes)


def _form(text: str, words: Vocabulary) -> tuple[str, str, str]:
    for length in range(min(words.longest_form, len(text) - 1), 0, -1):
        kind = words.forms.get(text[-length:])
        if kind is not None and len(text) - length >= MIN_STEM:
            return text[:-length], text[-length:], kind
    return text, "", ""


def _regions(
    text: str, words: Vocabulary, *, all_of_it: bool = False
) -> tuple[tuple[str, ...], tuple[Region, ...], str]:
    """Words for places at the beginning, from the large to the small, as long as a stem stays."""
    taken: list[str] = []
    regions: list[Region] = []
    least = 0 if all_of_it else MIN_STEM
    position = 0
    while True:
        found = _next_region(text, position, regions[-1] if regions else None, words, alone=all_of_it)
        if found is None or len(text) - position - len(found[0]) < least:
            break
        taken.append(found[0])
        regions.append(found[1])
        position += len(found[0])
    return tuple(taken), tuple(regions), text[position:]


def _next_region(
    text: str, position: int, above: Region | None, words: Vocabulary, *, alone: bool
) -> tuple[str, Region] | None:
    level = above.level if above else -1
    longest = words.longest_region if text[position : position + 2] in words.region_starts else 0
    for length in range(min(longest, len(text) - position), 1, -1):
        word = text[position : position + length]
        region = words.regions.get(word)
        if region is not None and region.level > level:
            return word, region
        town = words.bare_towns.get(word)
        if town is not None and level < town.level and (alone or (above and above.province == town.province)):
            return word, town
    if level >= 1:
        found = _UNLISTED.match(text, position)
        if found:
            return found[0], Region(4, found[0], "")
    return None


def _town(stem: str, words: Vocabulary) -> tuple[tuple[str, ...], tuple[Region, ...], str]:
    """A county-level city by its short name (昆山) at the beginning.

    Such names are everyday words, so one counts only where more than a trade stands after it.
    """
    for length in (3, 2):
        town, rest = words.bare_towns.get(stem[:length]), stem[length:]
        if town is not None and len(rest) >= MIN_STEM and _industry(rest, words)[0] not in words.industries:
            return (stem[:length],), (town,), rest
    return (), (), stem


def _places(regions: tuple[Region, ...]) -> tuple[str, str, str]:
    province = next((region.province for region in regions if region.province), "")
    city = next((region.city for region in regions if region.city), "")
    county = "".join(region.short for region in regions if region.level >= 3)
    return province, city, county


def _industry(stem: str, words: Vocabulary) -> tuple[str, str]:
    """The longest run of words for trades at the end, as long as two characters of 字号 stay."""
    end = len(stem)
    while True:
        for length in range(min(words.longest_industry, end - MIN_STEM), 1, -1):
            if stem[end - length : end] in words.industries:
                end -= length
                break
        else:
            return stem[:end], stem[end:]
