"""企业登记 of the sample market: every merchant that is registered, as the published field list has it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from simulators.market.addresses import Addresses
from simulators.market.merchants import registration_number, shops, uscc
from simulators.market.model import BASE_DATE, Ports, Shop
from simulators.market.wording import dice, read

DISTRICTS = {"310115": "浦东新区", "310104": "徐汇区", "310105": "长宁区", "310112": "闵行区", "310103": "黄浦区"}
TRADES = ("食品", "服饰", "家居", "数码", "文具", "茶叶")


def entries(ports: Ports, *, extra: int = 0, today: date = BASE_DATE) -> Iterator[tuple[str, dict[str, object]]]:
    """Key and fields of each merchant of the market, then of others that run no shop there.

    A merchant whose shop shows a wrong code is registered under the right one. ``registry.yml`` says where the
    registry says something else than the shop, or nothing of it; changes there are counted back from ``today``.
    """
    raw = {one["slug"]: one["merchant"] for one in read("shops")["shops"]}
    for shop in shops():
        if shop.merchant.kind != "person" and shop.slug not in read("registry")["unknown"]:
            yield _of_shop(shop, raw[shop.slug], ports, today)
    for one in read("registry")["dead"]:
        key, fields = _other(one["seq"])
        code = uscc("company", one["region"], one["seq"])
        yield key, {**fields, "EntName": one["name"], "RegState": one["state"], "UniSCID": code}
    for number in range(extra):
        yield _other(200_000 + number)


def code_of(raw: Mapping[str, Any]) -> str:
    """The right code of a merchant of the market."""
    return uscc(raw["kind"], raw["region"], raw["seq"])


def _of_shop(shop: Shop, raw: Mapping[str, Any], ports: Ports, today: date) -> tuple[str, dict[str, object]]:
    where = Addresses(shop, ports)
    other = read("registry")["shops"].get(shop.slug, {})
    founded = date(2012, 3, 1) + timedelta(days=37 * (raw["seq"] - 100))
    capital = raw.get("capital", "").removesuffix("万元人民币")
    ago = other.get("approved_days_ago")
    approved = today - timedelta(days=ago) if ago else founded + timedelta(days=400)
    return _row(
        raw["seq"],
        EntName=other.get("name", raw["name"]),
        HisEntName=other.get("former", ""),
        UniSCID=code_of(raw),
        RegNO=registration_number(raw["region"], raw["seq"]),
        EntType="9500" if raw["kind"] == "trader" else "1130",
        RegState=other.get("state", "1"),
        Dom=other.get("address", raw["address"]),
        DomDistrict=raw["region"],
        LeRep=raw.get("legal", raw["name"]),
        RegCap=capital,
        EstDate=founded.isoformat(),
        ApprDate=approved.isoformat(),
        RegOrg=f"上海市{DISTRICTS.get(raw['region'], '')}市场监督管理局（测试）",
        webSite=where.url(where.home) if shop.own_site else "",
        webSitName=shop.name if shop.own_site else "",
        CompForm="个人经营" if raw["kind"] == "trader" else "",
    )


def _other(seq: int) -> tuple[str, dict[str, object]]:
    chance = dice(1, "registry", seq)
    region = chance.choice(tuple(DISTRICTS))
    name = "".join(chance.choice("华宇辰星锦程瑞丰恒泰嘉禾远航") for _ in range(3))
    founded = date(2010, 1, 4) + timedelta(days=chance.randrange(5000))
    return _row(
        seq,
        EntName=f"上海{name}{chance.choice(TRADES)}（测试）有限公司",
        UniSCID=uscc("company", region, seq),
        RegNO=registration_number(region, seq),
        EntType="1130",
        RegState=chance.choices(("1", "4", "2"), (93, 5, 2))[0],
        Dom=f"上海市{DISTRICTS[region]}虚构路{seq}号",
        DomDistrict=region,
        LeRep=chance.choice(("沈", "汪", "康", "梅", "尚")) + "虚构",
        RegCap=str(chance.choice((50, 100, 200, 500))),
        EstDate=founded.isoformat(),
        ApprDate=founded.isoformat(),
        RegOrg=f"上海市{DISTRICTS[region]}市场监督管理局（测试）",
    )


def _row(seq: int, **fields: object) -> tuple[str, dict[str, object]]:
    key = f"3100{seq:012d}"
    empty = dict.fromkeys(
        (
            "HisEntName",
            "OpFrom",
            "OpTo",
            "IndustryPhy",
            "IndustryCo",
            "LocalAdm",
            "SliceNO",
            "CompForm",
            "webSite",
            "webSitName",
        ),
        "",
    )
    scope = "一般项目：互联网销售；日用百货销售。"
    return key, {"PriPID": key, **empty, "OpScope": scope, "IndustryPhy": "F", "IndustryCo": "5292", **fields}
