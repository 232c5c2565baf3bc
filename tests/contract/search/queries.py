"""Random queries in the words people use."""

from random import Random

from tests.contract.search.listings import (
    ADJECTIVES,
    BRANDS,
    CATEGORIES,
    EVIDENCE,
    HITS,
    MODELS,
    NOUNS,
    PLATFORMS,
    REGIONS,
    RULES,
    SEVERITIES,
    listing,
)

VALUES = {
    "平台": PLATFORMS,
    "规则": RULES,
    "rule": RULES,
    "级别": SEVERITIES,
    "hit": HITS,
    "证据": EVIDENCE,
    "status": ("on", "下架"),
    "地区": (*filter(None, REGIONS), "31", "4403"),
    "月份": ("2025-03", "2026-1", "2025/12"),
    "band": ("none", "0-10", "50-100", "5000+"),
    "shop_id": ("1", "2", "77", "400"),
    "host": ("shop3.example.test", "shop77.example.test"),
}
RANGES = (
    "price:10..99.5",
    "价格：>=9.9",
    "price:<10",
    "price:99.99",
    "原价:>1万",
    "销量:>100",
    "sales:0",
    "库存:10..20",
    "stock:..5",
    "updated:2025-06",
    "更新:>2026-01-31",
    "首次发现:2025-03-01..2025-03-15",
    "last_seen:..2025/2/3",
    "id:1..500",
    "price:*",
    "-sales:*",
    "规则:*",
    "title:*",
    "-描述:*",
    "category:*",
)


def random_phrase(random: Random, count: int) -> str:
    """A piece of a random listing's text, with everything that stands in it; quoted and escaped."""
    document = listing(random.randint(1, count))
    text = document.description if random.random() < 0.6 and document.description else document.title
    if not text:
        text = "绝无此事"
    start = random.randrange(len(text))
    piece = text[start : start + random.randint(1, 9)]
    if random.random() < 0.1:
        piece += "查无"
    return '"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"'


def random_query(random: Random, count: int, depth: int = 0) -> str:
    """One query; deeper ones are simpler."""
    kind = random.random()
    if depth < 3 and kind < 0.45:
        parts = [random_query(random, count, depth + 1) for _ in range(random.randint(2, 3))]
        joined = random.choice((" ", " AND ", " OR ", " 或 ", " 与 ")).join(parts)
        return random.choice(("({})", "（{}）", "({})", "NOT ({})" if depth else "({})")).format(joined)
    if kind < 0.55 and depth:
        return random.choice(("-", "NOT ", "非 ")) + random_leaf(random, count)
    return random_leaf(random, count)


def random_leaf(random: Random, count: int) -> str:
    """A word, phrase, value or range."""
    kind = random.randrange(6)
    word = random.choice(
        (*NOUNS, *ADJECTIVES, *MODELS[:5], *(brand for brand in BRANDS if brand), "质量", "iphone", "…")
    )
    if kind == 0:
        return random_phrase(random, count)
    if kind == 1:
        name = random.choice(tuple(VALUES))
        return f"{name}:{random.choice(VALUES[name])}"
    if kind == 2:
        return random.choice(RANGES)
    if kind == 3:
        name = random.choice(("title", "描述", "店铺", "品牌", "category", "经营者"))
        value = random.choice(
            (word.replace(" ", ""), f'"{word[:2]}"', f'("{random.choice(CATEGORIES[:8])}" OR {word.split()[0]})')
        )
        return f"{name}:{value}"
    return word
