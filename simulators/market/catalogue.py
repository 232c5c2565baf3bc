"""The listings of day 0, before anything is planted in them."""

import re
from functools import cache
from random import Random
from typing import Any

from simulators.market.merchants import shops
from simulators.market.model import Listing, Price, Shop
from simulators.market.wording import dice, read

FIRST_ID = 10001
GRAMS = re.compile(r"([\d.]+)(kg|g)")
STABLE_SHARE = 0.25
EXTRA_SHARE = 0.03
LEAVE_SHARE = 0.05


def round_fen(fen: float) -> int:
    """A price that looks like one: to 0.1 元 below 100 元, to 1 元 above. Argument and result in 分."""
    step = 10 if fen < 10_000 else 100
    return max(step, round(fen / step) * step)


def _grams(spec: str) -> float | None:
    found = GRAMS.match(spec)
    if found is None:
        return None
    return float(found[1]) * (1000 if found[2] == "kg" else 1)


def _unit_price(fen: int, spec: str) -> Price | None:
    grams = _grams(spec)
    if grams is None:
        return None
    return Price("unit", round(fen * 500 / grams), unit="500g")


def _prices(rng: Random, fen: int, specs: tuple[str, ...], *, by_weight: bool) -> tuple[Price, ...]:
    """The prices of one listing: a style, and SKU prices where the style has them."""
    shown = Price("shown", fen)
    style = rng.choices(["plain", "struck", "coupon", "range", "unit", "member"], [25, 27, 13, 15, 12, 8])[0]
    if style == "range" and len(specs) > 1:
        steps = [round_fen(fen * (1 + 0.35 * number)) for number in range(len(specs))]
        each = tuple(Price("shown", one, sku=spec) for one, spec in zip(steps, specs, strict=True))
        return (Price("range", steps[0], steps[-1]), *each)
    if style == "struck":
        return (shown, Price("struck", round_fen(fen * rng.uniform(1.15, 1.9))))
    if style == "coupon":
        return (shown, Price("coupon", round_fen(fen * rng.uniform(0.8, 0.93))))
    if style == "member":
        return (shown, Price("member", round_fen(fen * 0.95)))
    unit = _unit_price(fen, specs[0]) if style == "unit" and by_weight else None
    return (shown, unit) if unit else (shown,)


def _sales(rng: Random) -> int | None:
    if rng.random() < 0.08:
        return None
    sales = int(rng.paretovariate(0.7) * 12)
    return sales if sales < 10_000 else min(sales, 980_000) // 1000 * 1000


def _list_price(rng: Random, prices: tuple[Price, ...]) -> tuple[int | None, str]:
    """What a list page shows: an amount in 分 and the word beside it."""
    first = prices[0]
    if first.kind == "range":
        return first.fen, "起"
    coupon = next((one for one in prices if one.kind == "coupon"), None)
    if coupon is not None and rng.random() < 0.5:
        return coupon.fen, "券后"
    return first.fen, ""


def _title(rng: Random, goods: dict[str, Any], noun: str, brand: str, spec: str) -> str:
    adjective = rng.choice(goods["adjectives"])
    shape = rng.randrange(4)
    if shape == 0:
        return f"{brand} {adjective}{noun} {spec}"
    if shape == 1:
        return f"{brand}{adjective}{noun} {spec}"
    if shape == 2:
        return f"【{brand}】{adjective}{noun}（{spec}）"
    return f"{adjective}{noun} {spec} {brand}"


def _texts(rng: Random, goods: dict[str, Any]) -> dict[str, Any]:
    common = read("categories")["common"]
    own = rng.sample(goods["sentences"], 2 + rng.randrange(2))
    return {
        "description": (*own, *rng.sample(common["sentences"], 2)),
        "attributes": tuple((key, rng.choice(values)) for key, values in goods["attributes"].items()),
        "promotions": tuple(rng.sample(common["promotions"], rng.randrange(3))),
        "gifts": (rng.choice(common["gifts"]),) if rng.random() < 0.15 else (),
        "reviews": tuple(rng.sample(common["reviews"], rng.randrange(4))),
        "rating": rng.choice(["", "4.6", "4.7", "4.8", "4.9"]),
    }


def _specs(rng: Random, goods: dict[str, Any]) -> tuple[str, ...]:
    every = goods["specs"]
    count = rng.randint(1, len(every))
    start = rng.randrange(len(every) - count + 1)
    return tuple(every[start : start + count])


def _listing(seed: int, number: int, shop: Shop, category: str, taken: set[str]) -> Listing:
    rng = dice(seed, "listing", number)
    goods = read("categories")[category]
    noun, low, high = rng.choice(goods["goods"])
    brand = rng.choice(goods["brands"])
    specs = _specs(rng, goods)
    fen = round_fen(rng.triangular(low, high, low + (high - low) / 4) * 100)
    prices = _prices(rng, fen, specs, by_weight=goods.get("by_weight", False))
    title = base = _title(rng, goods, noun, brand, specs[0])
    for letter in "ABCDEFGHJKLMN":
        if title not in taken:
            break
        title = f"{base} {letter}款"
    taken.add(title)
    list_fen, note = _list_price(rng, prices)
    late = rng.random() < EXTRA_SHARE
    stable = not late and rng.random() < STABLE_SHARE
    leaves = not late and not stable and rng.random() < LEAVE_SHARE
    return Listing(
        id=FIRST_ID + number,
        shop=shop.slug,
        title=title,
        noun=noun,
        brand=brand,
        category=f"{goods['root']}/{category}",
        root=goods["root"],
        prices=prices,
        list_fen=list_fen,
        list_note=note,
        skus=specs if len(specs) > 1 else (),
        stock=rng.choice([None, rng.randint(3, 60), rng.randint(60, 2000), rng.randint(60, 999)]),
        sales=_sales(rng),
        images=rng.randint(1, 3),
        stable=stable,
        from_day=rng.randint(1, 5) if late else 0,
        gone_day=rng.randint(1, 8) if leaves else None,
        **_texts(rng, goods),
    )


@cache
def base_listings(seed: int) -> tuple[Listing, ...]:
    """Every listing the market ever has, without offences, as first put on sale."""
    made: list[Listing] = []
    for shop in shops():
        taken: set[str] = set()
        for number in range(shop.goods):
            category = shop.categories[number % len(shop.categories)]
            made.append(_listing(seed, len(made), shop, category, taken))
    return tuple(made)
