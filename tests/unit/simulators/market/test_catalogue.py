import re

from hypothesis import given
from hypothesis import strategies as st

from simulators.market.catalogue import base_listings, round_fen
from simulators.market.days import on_sale
from simulators.market.world import DEFAULT_SEED

RISKY = re.compile(
    "最|第一|唯一|国家|顶级|极品|世界级|100%|绝对|特供|专供|国宴|治疗|根治|降血|抗癌|消炎|专利|解释权|"
    "面议|询价|私聊|仅限今|限时|返现|好评|五星|倒计时"
)


@given(st.floats(1, 10_000_000))
def test_round_prices_are_positive_and_near(fen: float) -> None:
    """Rounding moves a price by at most half a 元 and never to nothing."""
    rounded = round_fen(fen)
    assert rounded >= 10
    assert abs(rounded - fen) <= 50 or fen < 10


def test_ids_and_titles_are_unique() -> None:
    """No two listings share an id, no two of a shop a title."""
    listings = base_listings(DEFAULT_SEED)
    assert len({one.id for one in listings}) == len(listings)
    assert len({(one.shop, one.title) for one in listings}) == len(listings)


def test_clean_listings_hold_no_risky_word() -> None:
    """What is not planted is innocent: no term a rule looks for, on any of the first days."""
    for day in (0, 1, 5):
        for one in on_sale(DEFAULT_SEED, day):
            if one.planted or one.twins:
                continue
            texts = (one.title, one.category, *one.description, *one.promotions, *one.gifts, *one.reviews)
            words = " ".join((*texts, *(" ".join(pair) for pair in one.attributes)))
            assert not RISKY.search(words), words


def test_prices_come_in_every_kind() -> None:
    """Shown, struck, coupon, range, unit and member prices all occur often."""
    kinds = [price.kind for one in base_listings(DEFAULT_SEED) for price in one.prices]
    assert all(kinds.count(kind) >= 10 for kind in ("shown", "struck", "coupon", "range", "unit", "member"))


def test_another_seed_is_another_market() -> None:
    """The seed decides."""
    assert base_listings(1) != base_listings(2)
