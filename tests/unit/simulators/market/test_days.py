from datetime import date
from itertools import pairwise

from simulators.market.days import date_of, on_sale, words_of
from simulators.market.world import DEFAULT_SEED


def test_dates_follow_the_base_date() -> None:
    """Day 6 is the first of December."""
    assert date_of(6) == date(2026, 12, 1)
    assert words_of(6) == "12月1日"


def test_about_a_tenth_of_the_prices_change_a_day() -> None:
    """Between 7 and 14 in a hundred listings have other prices the next day; some come, some go."""
    for day in range(4):
        before = {one.id: one for one in on_sale(DEFAULT_SEED, day)}
        after = {one.id: one for one in on_sale(DEFAULT_SEED, day + 1)}
        both = before.keys() & after.keys()
        moved = sum(before[key].prices != after[key].prices for key in both)
        assert 0.07 <= moved / len(both) <= 0.14
        assert sum(before[key] != after[key] for key in both) / len(both) <= 0.25
    days = [{one.id for one in on_sale(DEFAULT_SEED, day)} for day in range(6)]
    assert any(later - earlier for earlier, later in pairwise(days))
    assert any(earlier - later for earlier, later in pairwise(days))


def test_a_deadline_starts_anew_each_day_with_the_same_price() -> None:
    """PR04: the dated ones name the new day, the undated ones stay word for word; no price moves."""
    days = [{one.id: one for one in on_sale(DEFAULT_SEED, day)} for day in range(3)]
    planted = [key for key, one in days[0].items() if any(mark.rule == "PR04" for mark in one.planted)]
    assert len(planted) >= 6
    texts = [[day[key].promotions[0] for key in planted] for day in days]
    assert all(days[0][key].prices == days[2][key].prices for key in planted)
    dated = [index for index, text in enumerate(texts[0]) if "11月25日" in text]
    assert dated
    assert all(texts[2][index] == texts[0][index].replace("11月25日", "11月27日") for index in range(len(planted)))
    assert not any("{" in text for text in texts[0])


def test_honest_deadlines_end_or_say_why_not() -> None:
    """PR04 twins: fixed ones do not move, extended ones give notice, single ones end with a higher price."""
    before = {one.id: one for one in on_sale(DEFAULT_SEED, 0)}
    after = {one.id: one for one in on_sale(DEFAULT_SEED, 1)}
    twins = [key for key, one in before.items() if any(mark.rule == "PR04" for mark in one.twins)]
    ended = [key for key in twins if before[key].promotions[0] not in after[key].promotions]
    for key in ended:
        notice = any("延长" in line or "延期" in line for line in after[key].promotions)
        old, new = before[key].prices[0].fen, after[key].prices[0].fen
        assert old is not None
        assert new is not None
        assert notice or new > old
    assert 0 < len(ended) < len(twins)


def test_the_list_price_follows_the_page() -> None:
    """Save for PR03, the list shows one of the prices of the page on every day."""
    for one in on_sale(DEFAULT_SEED, 3):
        if any(mark.rule in {"PR03", "PR05"} for mark in (*one.planted, *one.twins)):
            continue
        assert one.list_fen in {price.fen for price in one.prices}
