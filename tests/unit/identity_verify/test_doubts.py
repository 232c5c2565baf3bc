"""Why a person must look."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.doubts import HIGH_RISK, WORDS, Applicant, ClaimedSite, not_granted, of_applicant, of_site

CLEAR = Applicant("same", "测试甲", ("测试甲", "测试乙"), "active", "general", others=False)
SITE = ClaimedSite("www.tea.example", frozenset({"dns"}), ("icp",), ())


@pytest.mark.parametrize(
    ("applicant", "doubts"),
    [
        (CLEAR, ()),
        (replace(CLEAR, representative=" 测试 甲 "), ()),
        (replace(CLEAR, name_word="former"), ("name-former",)),
        (replace(CLEAR, name_word="differs"), ("name-differs",)),
        (replace(CLEAR, representative="测试丙"), ("representative-differs",)),
        (replace(CLEAR, persons=()), ("representative-unknown",)),
        (replace(CLEAR, status="abnormal"), ("subject-abnormal",)),
        (replace(CLEAR, status="unknown"), ("subject-unclear",)),
        (replace(CLEAR, others=True), ("other-account",)),
    ],
)
def test_of_the_whole(applicant: Applicant, doubts: tuple[str, ...]) -> None:
    """Each by its word; where all is right there is none."""
    assert of_applicant(applicant) == doubts


def test_high_risk_trades_are_looked_at() -> None:
    """Each of them."""
    assert all(of_applicant(replace(CLEAR, category=category)) == ("high-risk",) for category in HIGH_RISK)


@pytest.mark.parametrize(
    ("site", "words"),
    [
        (SITE, ()),
        (replace(SITE, linked=("registry",)), ()),
        (replace(SITE, linked=()), ("not-linked",)),
        (replace(SITE, methods=frozenset({"icp"})), ("icp-only",)),
        (replace(SITE, methods=frozenset({"icp", "dns"})), ()),
        (replace(SITE, warnings=("mixed-script",)), ("look-alike",)),
        (replace(SITE, held_by_other=True, shop_of_other=True), ("site-of-other", "shop-of-other")),
    ],
)
def test_of_a_site(site: ClaimedSite, words: tuple[str, ...]) -> None:
    """Each with the site's name: what is granted for one site is not granted for another."""
    assert of_site(site) == tuple(f"{word}:www.tea.example" for word in words)


@given(st.sets(st.sampled_from(WORDS)), st.sets(st.sampled_from(WORDS)))
def test_what_is_granted_is_no_doubt_any_more(doubts: set[str], granted: set[str]) -> None:
    """And nothing else is."""
    assert set(not_granted(sorted(doubts), granted)) == doubts - granted
