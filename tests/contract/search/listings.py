"""Generated Chinese listings: the same ones for every run, with all the letters that make trouble."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from search.documents import ListingDocument

NOUNS = (
    "手机 耳机 保温杯 运动鞋 连衣裙 羽绒服 电饭煲 洗衣液 护肤品 面膜 口红 洗发水 蜂蜜 茶叶 大米 牛奶 奶粉 饼干 坚果 "
    "保健食品 维生素 鱼油 蛋白粉 充电宝 数据线 键盘 鼠标 显示器 台灯 床垫 枕头 沙发 书架 行李箱 背包 手表 眼镜 自行车 "
    "轮胎 机油 玩具 积木 绘本 钢琴 吉他 帐篷 鱼竿 猫粮 狗粮 花盆 种子 医用口罩 血压计 体温计 隐形眼镜 白酒 红酒 香水"
).split()
ADJECTIVES = (
    "国家级 最佳 第一 顶级 正品 官方 包邮 新款 经典 家用 便携 儿童 男士 女士 夏季 冬季 进口 国产 天然 有机 特价 清仓 "
    "旗舰 热销 限量 礼盒 智能 无线 大容量 轻薄 防水 保暖 透气 抗菌 驰名商标 绝无仅有 根治 永不反弹 百分百 全网最低"
).split()
BRANDS = ("青禾", "云岭", "星河", "Lumo", "海棠", "北辰", "TAKI", "松果", "晨曦", "")
MODELS = (
    "v2.0",
    "Pro Max",
    "13S",
    "iPhone15",
    "A-100",
    "5G",
    "１２８ＧＢ",
    "②代",
    "500ml",
    "3件/套",
    "C++",
    "№7",
    "½价",
)
SENTENCES = (
    "本品采用{a}工艺，{n}质量有保证。",
    "{a}{n}，七天无理由退货！",
    "型号：{m}；颜色随机 发货　快",
    "消费者好评率99.8%，销量{a}的{n}。",
    "“{a}”是我们的追求，{n}({m})值得信赖",
    "适合{n}、{o}等场景；售后电话400-000-0000。",
    "Made for {m} users, {a} quality\t{o}",
    "买{n}送{o}，数量有限，先到先得…",
)
CATEGORIES = (
    "数码>手机",
    "数码>配件",
    "服饰>女装",
    "服饰>男装",
    "食品>生鲜",
    "食品>保健",
    "家居>家具",
    "美妆>护肤",
    "",
)
PLATFORMS = ("generic", "sample-market", "selfbuilt", "opencart")
REGIONS = ("310104", "310115", "310000", "110105", "440305", "419001", "330100", "")
RULES = ("ID02", "ID07", "AD01", "AD02", "AD03", "AD09", "PR03", "PR04", "PR05", "CT02", "CT04", "UC01")
SEVERITIES = ("low", "medium", "high")
HITS = ("new", "confirmed", "dismissed", "gone")
EVIDENCE = ("none", "none", "none", "sealed", "failed", "ordered")
SHOPS = 400
_START = datetime(2025, 1, 1, tzinfo=UTC)


def listing(number: int, version: int = 0) -> ListingDocument:
    """Listing ``number`` (its id), as it was after ``version`` changes."""
    random = Random(number * 1_000 + version)  # noqa: S311 - fiction
    shop = random.randrange(SHOPS) if number % 3 else number % 7
    place = Random(shop)  # noqa: S311 - fiction
    adjective, noun, other, model = (random.choice(words) for words in (ADJECTIVES, NOUNS, NOUNS, MODELS))
    brand = random.choice(BRANDS)
    fill = {"a": adjective, "n": noun, "o": other, "m": model}
    sentences = random.sample(SENTENCES, random.randint(0, 4))
    rules = tuple(sorted(random.sample(RULES, random.choice((0, 0, 0, 1, 2)))))
    seen = _START + timedelta(microseconds=random.randrange(600 * 86_400 * 1_000_000))
    updated = seen + timedelta(seconds=random.randrange(100) * 3_600)
    price = random.choice((None, 990, 1_000, 9_999, random.randrange(1, 10_000_000), random.randrange(1, 20_000)))
    return ListingDocument(
        id=number,
        title=f"{brand}{adjective}{random.choice(ADJECTIVES)}{noun} {model}" if random.random() < 0.98 else "",
        description="".join(sentence.format(**fill) for sentence in sentences),
        url=f"https://shop{shop}.example.test/item/{number}",
        shop_id=shop + 1,
        shop_name=f"{place.choice(BRANDS)}{place.choice(NOUNS)}专营店",
        platform=place.choice(PLATFORMS),
        host=f"shop{shop}.example.test",
        seller_name=f"上海{place.choice(BRANDS)}贸易有限公司",
        seller_code="",
        category=random.choice(CATEGORIES),
        brand=brand,
        price_fen=price,
        struck_fen=None if price is None or random.random() < 0.7 else price * 2,
        sales=random.choice((None, 0, 0, random.randrange(20_000), random.randrange(50))),
        stock=random.choice((None, random.randrange(100))),
        rules=rules,
        severities=tuple(sorted({random.choice(SEVERITIES) for _ in rules})),
        hit_states=tuple(sorted({random.choice(HITS) for _ in rules})),
        status="gone" if random.random() < 0.1 else "on",
        region=place.choice(REGIONS),
        first_seen=seen,
        last_seen=updated,
        updated=updated,
        evidence=random.choice(EVIDENCE),
    )


def listings(count: int) -> Iterator[ListingDocument]:
    """Listings 1 to ``count``."""
    return (listing(number) for number in range(1, count + 1))
