"""信用监管 of the sample market: lists, checks and grades of some merchants."""

from collections.abc import Iterator
from datetime import date, timedelta

from simulators.linked.registry import DISTRICTS, code_of
from simulators.market.wording import dice, read

OF_SHOPS = (
    ("shangpin", "1", "未按规定期限公示年度报告", ""),
    ("wenju", "1", "通过登记的住所或者经营场所无法联系", ""),
    ("jiadian", "1", "公示企业信息隐瞒真实情况、弄虚作假", "已补正并通过核查"),
    ("baihuo", "3", "", ""),
    ("kangyuan", "2", "因食品安全违法被列入严重违法失信名单", ""),
    ("songyun", "4", "", ""),
    ("kangyuan", "4", "", ""),
    ("lvye", "4", "", ""),
)


def entries(today: date, *, extra: int = 0) -> Iterator[tuple[str, dict[str, object]]]:
    """Key and fields of each mark: on merchants of the market first, then grades of others."""
    merchants = {one["slug"]: one["merchant"] for one in read("shops")["shops"]}
    for number, (slug, kind, cause, removal) in enumerate(OF_SHOPS, start=1):
        raw = merchants[slug]
        yield _row(number, raw["name"], code_of(raw), raw["region"], today, kind=kind, cause=cause, removal=removal)
    for number in range(extra):
        seq = 200_000 + number
        raw = {"kind": "company", "region": dice(1, "credit", seq).choice(tuple(DISTRICTS)), "seq": seq}
        name = f"上海第{seq}号商贸（测试）有限公司"
        yield _row(1000 + number, name, code_of(raw), raw["region"], today, kind="4", cause="", removal="")


def _row(
    number: int, name: str, code: str, region: str, today: date, *, kind: str, cause: str, removal: str
) -> tuple[str, dict[str, object]]:
    chance = dice(1, "mark", number)
    given = today - timedelta(days=chance.randrange(30, 700))
    key = f"XY{number:010d}"
    return key, {
        "MarkNO": key,
        "PriPID": "",
        "EntName": name,
        "UniSCID": code,
        "MarkType": kind,
        "SpeCause": cause,
        "AbnDate": given.isoformat(),
        "DecOrg": f"上海市{DISTRICTS.get(region, '')}市场监督管理局（测试）",
        "RemDate": (given + timedelta(days=20)).isoformat() if removal else "",
        "RemCause": removal,
        "CreditLevel": chance.choice("AABC") if kind == "4" else "",
        "CheckResult": "3" if kind == "3" else "",
    }
