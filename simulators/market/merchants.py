"""Merchants and their codes: valid, and wrong in every way rule ID02 and ID07 must notice."""

from collections.abc import Iterator, Mapping
from typing import Any

from kernel.identifiers import USCC_ALPHABET, organisation_check_character, uscc_check_character
from simulators.market.model import Merchant, Planted, Shop
from simulators.market.wording import read

FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
LINK_WORDS = "电子营业执照亮照"
"""What the link to the 亮照 system says."""
GOODS = 22
"""Listings of a shop that does not say how many."""
KIND_DIGITS = {"company": "91", "trader": "92", "person": "92"}


def uscc(kind: str, region: str, seq: int) -> str:
    """A synthetic valid 统一社会信用代码 with organisation body ``XX``. Spec: GB 32100-2015 annex A."""
    body = f"XX{seq:06d}"
    first = f"{KIND_DIGITS[kind]}{region}{body}{organisation_check_character(body)}"
    return first + uscc_check_character(first)


def registration_number(region: str, seq: int) -> str:
    """A synthetic valid 15-digit 注册号. Spec: GS 15-2006 (ISO 7064 MOD 11,10)."""
    first = f"{region}{seq:08d}"
    remainder = 10
    for digit in first:
        remainder = ((int(digit) + remainder) % 10 or 10) * 2 % 11
    return f"{first}{(11 - remainder) % 10}"


def _other(character: str, alphabet: str) -> str:
    return alphabet[(alphabet.index(character) + 1) % len(alphabet)]


def _code(kind: str, region: str, seq: int, mode: str) -> tuple[str, str, str]:
    """Code in canonical form, code as shown, and the reason it is wrong (empty when right)."""
    good = uscc(kind, region, seq)
    if mode == "bad-check":
        bad = good[:17] + _other(good[17], USCC_ALPHABET)
        return bad, bad, "check-digit"
    if mode == "bad-org":
        first = good[:16] + _other(good[16], "0123456789X")
        bad = first + uscc_check_character(first)
        return bad, bad, "organisation-code"
    if mode == "bad-length":
        return good[:-1], good[:-1], "length"
    if mode == "registration":
        number = registration_number(region, seq)
        return number, number, ""
    shown = {
        "spaced": f"{good[:4]} {good[4:8]} {good[8:12]} {good[12:16]} {good[16:]}",
        "fullwidth": good.translate(FULL_WIDTH),
        "lower": good.lower(),
    }
    return good, shown.get(mode, good), ""


def _declaration(raw: Mapping[str, Any]) -> tuple[str, str]:
    """The declaration the law asks for, and the one that is shown. Spec: NTM art 12(4)."""
    words = read("shops")["declarations"]
    right = str(words["statements"][raw["statement"]])
    shown = {
        "exact": right,
        "variant": f"“{right.replace('，', ',')}”。",
        "spaced": right.replace("，", "， "),
        "quoted": f"「{right}」",
        "prefixed": f"本人声明：{right}。",
        "altered": str(words["altered"].get(raw["statement"], "")),
        "missing": "",
    }
    return right, shown[raw["declaration"]]


def merchant(raw: Mapping[str, Any]) -> Merchant:
    """The merchant described by one entry of ``shops.yml``."""
    kind, seq = raw["kind"], raw["seq"]
    code, shown, reason = ("", "", "")
    right, declared = ("", "")
    showing = raw.get("showing", "text")
    if kind == "person":
        right, declared = _declaration(raw)
    else:
        code, shown, reason = _code(kind, raw["region"], seq, raw["code"])
        shown = shown if showing == "text" else ""
    return Merchant(
        kind=kind,
        name=raw["name"],
        legal=raw.get("legal", raw["name"]),
        address=raw["address"],
        region=raw["region"],
        capital=raw.get("capital", ""),
        code=code,
        code_shown=shown,
        code_reason=reason,
        declaration=right,
        declaration_shown=declared,
        phone=f"021-0000{seq:04d}",
        email=f"kefu{seq}@example.test",
        showing=showing,
    )


def _against_registry(slug: str, who: Merchant) -> Iterator[Planted]:
    """Offences and twins that follow from what the registry and the 亮照 page say of a shop (``registry.yml``)."""
    shown = {
        "licence_name": who.name, "licence_code": who.code_shown, "licence_address": who.address,
        "declaration": who.declaration_shown, "licence_image": "",
    }  # fmt: skip
    for mark in read("registry")["shops"].get(slug, {}).get("marks", ()):
        text = shown.get(mark["field"], LINK_WORDS)
        why = mark.get("why", "")
        yield Planted(mark["rule"], text, "" if why else text, mark["field"], why)


def _judge(who: Merchant, raw: Mapping[str, Any]) -> tuple[tuple[Planted, ...], tuple[Planted, ...]]:
    """The shop-level offences and twins that follow from its licence page."""
    if who.kind == "person":
        mode = raw["declaration"]
        if mode in {"altered", "missing"}:
            return (Planted("ID07", who.declaration_shown, who.declaration_shown, "declaration"),), ()
        why = "法定声明，一字不差" if mode == "exact" else "法定声明，仅标点、空格或者前缀不同"
        return (), (Planted("ID07", who.declaration_shown, field="declaration", why=why),)
    if who.showing != "text":
        return (), ()
    if who.code_reason:
        return (Planted("ID02", who.code_shown, who.code_shown, "licence_code"),), ()
    whys = {
        "spaced": "代码有效，仅分组加空格",
        "fullwidth": "代码有效，全角字符",
        "lower": "代码有效，字母小写",
        "registration": "15位注册号，校验位正确",
    }
    why = whys.get(raw["code"], "代码有效")
    if raw["region"] == "310103":
        why = "代码有效，登记时的行政区划现已撤销"
    return (), (Planted("ID02", who.code_shown, field="licence_code", why=why),)


def shops() -> tuple[Shop, ...]:
    """Every shop of the market, in the order of ``shops.yml``."""
    data = read("shops")
    found = []
    for raw in data["shops"]:
        who = merchant(raw["merchant"])
        planted, twins = _judge(who, raw["merchant"])
        marks = tuple(_against_registry(raw["slug"], who))
        planted += tuple(mark for mark in marks if not mark.why)
        twins += tuple(mark for mark in marks if mark.why)
        found.append(
            Shop(
                slug=raw["slug"],
                name=raw["name"],
                host=raw.get("host", data["platform"]["host"]),
                theme=raw["theme"],
                structured=raw["structured"],
                categories=tuple(raw["categories"]),
                merchant=who,
                icp=raw["icp"],
                police=raw.get("police", ""),
                permits=tuple(raw["permits"]),
                notice=raw["notice"],
                goods=raw.get("goods", GOODS),
                licence_link=raw["slug"] in read("registry")["links"],
                planted=planted,
                twins=twins,
            )
        )
    return tuple(found)
