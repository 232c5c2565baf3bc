"""行政处罚 of the sample market: decisions on some of its merchants, on others, withdrawn and expired ones."""

from collections.abc import Iterator
from datetime import date, timedelta

from simulators.linked.registry import DISTRICTS, code_of
from simulators.market.wording import dice, read

ACTS = (
    ("发布含绝对化用语的广告", "使用“最佳”等用语发布广告", "广告法第九条、第五十七条", 2_000),
    ("虚假标价", "划线价无成交记录", "明码标价和禁止价格欺诈规定第十九条", 5_000),
    ("未公示营业执照信息", "首页未公示营业执照信息或者链接", "电子商务法第十五条、第七十六条", 1_000),
    ("销售标签不符合规定的食品", "标签缺少生产日期", "食品安全法第六十七条、第一百二十五条", 12_000),
)
OF_SHOPS = ("kangyuan", "baihuo", "jiadian", "shangpin", "wenju", "kangyuan")


def entries(today: date, *, extra: int = 0) -> Iterator[tuple[str, dict[str, object]]]:
    """Key and fields of each decision: on merchants of the market first, then on others."""
    merchants = {one["slug"]: one["merchant"] for one in read("shops")["shops"]}
    for number, slug in enumerate(OF_SHOPS):
        raw = merchants[slug]
        yield _row(number + 1, raw["name"], code_of(raw), raw["region"], today, trader=raw["kind"] == "trader")
    for number in range(extra):
        seq = 200_000 + number
        chance = dice(1, "penalty", seq)
        raw = {"kind": "company", "region": chance.choice(tuple(DISTRICTS)), "seq": seq}
        yield _row(1000 + number, f"上海第{seq}号商贸（测试）有限公司", code_of(raw), raw["region"], today)


def _row(
    number: int, name: str, code: str, region: str, today: date, *, trader: bool = False
) -> tuple[str, dict[str, object]]:
    chance = dice(1, "decision", number)
    act, facts, basis, fine = ACTS[number % len(ACTS)]
    # The sixth is more than three years old and the fourth was withdrawn.
    decided = today - timedelta(days=1300 if number == 6 else 20 + chance.randrange(600))
    criticised = number % 5 == 3
    key = f"CF{region}{number:08d}"
    office = f"上海市{DISTRICTS.get(region, '')}市场监督管理局（测试）"
    return key, {
        "PenDecNo": f"沪市监{DISTRICTS.get(region, '市')[0]}处〔{decided.year}〕15{decided.year}{number:06d}号",
        "CaseNO": f"沪市监案{decided.year}{number:05d}",
        "PartyType": "个体工商户" if trader else "法人及非法人组织",
        "PartyName": name,
        "UniSCID": code,
        "RegNO": "",
        "IllegActType": act,
        "IllegFact": f"{name}{facts}。",
        "PenBasis": basis,
        "PenType": "通报批评" if criticised else "罚款;没收违法所得" if number % 3 == 0 else "罚款",
        "PenContent": "予以通报批评" if criticised else f"罚款{fine}元",
        "PenAm": "" if criticised else f"{fine}.00",
        "ForfAm": "320.50" if number % 3 == 0 and not criticised else "",
        "PenAuth": office,
        "PenAuthCode": "",
        "PenDecIssDate": decided.isoformat(),
        "PubFlag": "2" if number == 4 else "1",
        "PubDate": (decided + timedelta(days=10)).isoformat(),
        "PubEndDate": "",
    }
