"""Term matching of the rules against bare ahocorasick_rs on the same texts, and whole judging, on one core.

Run: ``.venv/bin/python -m benchmarks.rules [texts]``. Prints the median of five runs of each side, taken in turn.

The texts have no term in them, as most of a market has none: bare ``ahocorasick_rs`` reads them as they are,
the rules' index normalises first (which bare matching cannot do: it would miss 最*佳 and 頂級). A second
row has one in ten with traditional or full-width characters, which take the slow way.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from statistics import median

from ahocorasick_rs import AhoCorasick, Implementation

from kernel.clock import monotonic
from supervision.rules.engine import judge
from supervision.rules.normal_text import normalise
from supervision.rules.rule_catalogue import load_catalogue
from supervision.rules.subject import SeenFact, Subject
from supervision.rules.terms import TermIndex

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
RUNS = 5
TARGET = 0.8
PER_SECOND = 10_000
WORDS = """
春季 新款 女装 连衣裙 修身 显瘦 中长款 碎花 裙子 面料 柔软 透气 做工 精细 多色 可选 家用 厨房 不锈钢
炒锅 电磁炉 通用 加厚 儿童 书包 小学生 轻便 护脊 大容量 蓝牙 耳机 降噪 长续航 充电宝 快充 移动电源
茶叶 绿茶 明前 手工 炒制 礼盒 装 红枣 枸杞 银耳 莲子 羹 即食 坚果 每日 混合 果仁 宠物 猫粮 幼猫 成猫
通用型 抽纸 整箱 家庭装 洗衣液 薰衣草 持久 留香 台灯 护眼 学习 卧室 书桌 阅读 灯 尺码 S M L XL 颜色
白色 黑色 蓝色 规格 500g 2斤 装箱 清单 说明书 保修卡 发货 快递 顺丰 包装 完好
""".split()  # noqa: SIM905 - words are read and edited as a text
MARKS = ("，", "。", " ", "、", "；", "：", "\n", "/", "·")
TRADITIONAL = str.maketrans("装长显轻宝护学锅书发顺", "裝長顯輕寶護學鍋書發順")


def texts(count: int, seed: int = 7) -> list[str]:
    """Listings of some 30 + 200 characters without a term."""
    rng = Random(seed)
    made = []
    for _ in range(count):
        title = " ".join(rng.choices(WORDS, k=9))
        body = "".join(word + rng.choice(MARKS[:8]) for word in rng.choices(WORDS, k=65))
        made.append(f"{title}\n{body}")
    return made


def seconds(work: Callable[[str], object], given: Sequence[str]) -> float:
    """Seconds for one pass over the texts."""
    start = monotonic()
    for text in given:
        work(text)
    return monotonic() - start


def compare(
    name: str, index: TermIndex, given: Sequence[str], kind: Implementation | None = None
) -> tuple[float, float]:
    """Print one row; returns the ratio (bare time / ours) and our listings a second.

    Args:
        kind: the bare automaton's implementation; its own choice (the default) where none is given.
    """
    bare = AhoCorasick(index.patterns, implementation=kind)
    sides: list[Callable[[str], object]] = [
        lambda text: bare.find_matches_as_indexes(text, overlapping=True),
        index.find,
    ]
    taken: list[list[float]] = [[], []]
    for _ in range(RUNS):
        for side, work in enumerate(sides):
            taken[side].append(seconds(work, given))
    theirs, ours = median(taken[0]), median(taken[1])
    ratios = sorted(a / b for a, b in zip(*taken, strict=True))
    speeds = f"bare {len(given) / theirs:9,.0f}/s  rules {len(given) / ours:9,.0f}/s"
    spread = f"{theirs / ours:.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]"
    print(f"{name:36} terms {len(index.patterns):5}  {speeds}  ratio {spread}")
    return theirs / ours, len(given) / ours


def judged(given: Sequence[str]) -> float:
    """Listings a second through all rules, title and description apart."""
    rules = load_catalogue().in_force(AT)
    subjects = []
    for text in given:
        title, _, body = text.partition("\n")
        facts = tuple(
            SeenFact(field, piece, piece, AT, AT) for field, piece in (("title", title), ("description", body))
        )
        subjects.append(Subject("listing", AT, facts))
    taken = []
    for _ in range(RUNS):
        start = monotonic()
        for subject in subjects:
            judge(subject, rules, AT)
        taken.append(monotonic() - start)
    return len(given) / median(taken)


def many_terms(count: int, seed: int = 11) -> list[str]:
    """Made-up terms that are in none of the texts, to see how the ratio moves with their number."""
    rng = Random(seed)
    letters = "龘靐齉爩鱻麤灪龗"
    known = [word for word in WORDS if len(word) > 1]
    return sorted({rng.choice(known)[:2] + "".join(rng.choices(letters, k=2)) for _ in range(count)})


def main() -> int:
    """Run all rows; exit code 1 when a target is missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    clean = texts(count)
    rules = load_catalogue().in_force(AT)
    assert_no_hits(rules.index, clean[:2000])
    mixed = [text.translate(TRADITIONAL) if number % 10 == 0 else text for number, text in enumerate(clean)]
    ratio, speed = compare("catalogue, no hits", rules.index, clean)
    compare("the same, bare as DFA", rules.index, clean, Implementation.DFA)
    big = TermIndex({"XX": [*rules.index.patterns, *many_terms(8000)]})
    compare("catalogue + 8,000 terms, no hits", big, clean)
    compare("one in ten traditional, no hits", rules.index, mixed)
    print(f"{'whole judging, all rules':36} {judged(clean):,.0f} listings/s")
    passed = ratio >= TARGET and speed >= PER_SECOND
    print(f"target ratio >= {TARGET}, matching >= {PER_SECOND:,}/s: {'met' if passed else 'MISSED'}")
    return 0 if passed else 1


def assert_no_hits(index: TermIndex, given: Sequence[str]) -> None:
    """The comparison is of texts without hits.

    Raises:
        ValueError: one has a hit.
    """
    for text in given:
        if index.find(text):
            raise ValueError(f"expected a text without terms, got {normalise(text)!r}")


if __name__ == "__main__":
    sys.exit(main())
