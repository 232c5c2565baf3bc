"""12315 complaints of the sample market: on its shops, by nobody, with numbers to be hidden in their words."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from simulators.linked.registry import code_of
from simulators.market.addresses import Addresses
from simulators.market.merchants import shops
from simulators.market.model import Ports, Shop
from simulators.market.wording import dice, read

QUESTIONS = ("质量", "广告", "价格", "售后服务", "合同", "食品安全")
WORDS = (
    "收到的商品与页面描述不符，联系店家{name}一直不处理，我的电话{phone}，请尽快联系。",
    "页面写着全网最低价，付款后发现别处更便宜。微信号：wx_test_{seq}，订单号{order}。",
    "食品已过保质期，店家拒绝退款。邮箱 nobody{seq}@example.test。",
    "标价{seq}元，结算时变成了另一个价，身份证{identity}已提供给店家。",
)
PER_SHOP = (0, 3)


def entries(ports: Ports, today: date, *, extra: int = 0) -> Iterator[tuple[str, dict[str, object]]]:
    """Key and fields of each complaint: on shops of the market, some more than once, then on nobody we know."""
    raw = {one["slug"]: one["merchant"] for one in read("shops")["shops"]}
    number = 0
    for shop in shops():
        chance = dice(1, "complaints", shop.slug)
        for _ in range(chance.randint(*PER_SHOP)):
            number += 1
            where = Addresses(shop, ports)
            code = "" if shop.merchant.kind == "person" else code_of(raw[shop.slug])
            yield _row(number, raw[shop.slug]["name"], code, where.url(where.home), today, chance, shop=shop)
    for count in range(extra):
        chance = dice(1, "other complaints", count)
        number += 1
        yield _row(number, f"上海第{200_000 + count}号商贸（测试）有限公司", "", "", today, chance)


def _row(  # noqa: PLR0917 - the columns of one complaint
    number: int, name: str, code: str, url: str, today: date, chance: Random, *, shop: Shop | None = None
) -> tuple[str, dict[str, object]]:
    came = today - timedelta(days=chance.randrange(1, 300))
    kind = "2" if chance.random() < 0.25 else "1"
    question = chance.choice(QUESTIONS)
    key = f"1310000{came:%Y%m%d}{number:08d}"
    # Numbers of nobody: a telephone of nothing but noughts and a day of birth that is none.
    phone, identity = "13800000000", f"31011519990230{number:04d}"
    words = chance.choice(WORDS).format(name=name, phone=phone, seq=number, order=f"{number:018d}", identity=identity)
    return key, {
        "REGINO": key,
        "INFOORI": "12315平台",
        "INCFORM": "网络",
        "REGDEP": "上海市12315中心",
        "ACCREGPER": "工号示例",
        "RegTime": f"{came.isoformat()} 10:{number % 60:02d}:00",
        "INFOTYPE": kind,
        "KEYWORD": f"{question}问题",
        "APPLBASQUE": question if kind == "1" else "",
        "REPORTBASQUE": question if kind == "2" else "",
        "ACCSCE": "网络",
        "ACCTIME": f"{(came + timedelta(days=1)).isoformat()} 09:00:00",
        "CONSUMETIME": (came - timedelta(days=3)).isoformat(),
        "ISRECONCILE": "",
        "PTTYPE": "企业" if code else "个人",
        "PriPID": "",
        "INVOPT": shop.categories[0] if shop else "日用品",
        "UniSCID": code,
        "RegNO": "",
        "EntType": "",
        "EntName": name,
        "Addr": "上海市虚构路",
        "Tel": "021-00000000",
        "GBCODE": f"{kind}10101{number % 1000:03d}",
        "SITEURL": url,
        "CONTENT": words,
        "STATE": chance.choice(("1", "2", "4", "5", "6", "7")),
        "CONSNAME": f"示例消费者{number}",
        "CONSTEL": phone,
        "CONSIDNO": identity,
        "CONSADDR": "上海市虚构路0号",
    }
