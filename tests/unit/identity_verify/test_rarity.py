"""How rare the parts of names are."""

from identity_verify.company_name import parse
from identity_verify.rarity import LEAST_NAMES, Rarity, place_of

NAMES = ["上海青禾商贸有限公司"] * 60 + ["上海青云商贸有限公司"] * 30 + ["杭州辰光食品股份有限公司"] * 10


def _rarity(bearers: int = 0) -> Rarity:
    return Rarity(map(parse, NAMES), total=len(NAMES), bearers=lambda _core: bearers)


def test_what_many_share_is_less_rare() -> None:
    """Signs, sounds, trades, places, forms; what was never counted is rarest."""
    rarity = _rarity()
    for shares, often, seldom, never in (
        (rarity.signs, "青", "辰", "玄"),
        (rarity.sounds, "qing", "chen", "xuan"),
        (rarity.trades, "商贸", "食品", "玩具"),
        (rarity.places, "上海", "杭州", "成都"),
        (rarity.forms, "limited", "joint-stock", "shop"),
    ):
        assert 0 >= shares[often] > shares[seldom] > shares[never]
    assert rarity.length(2) > rarity.length(3)
    assert place_of(parse("杭州市余杭区青禾商贸有限公司")) == "杭州"


def test_a_core_is_as_common_as_those_who_bear_it() -> None:
    """By its signs it may be rare and yet a thousand firms may have chosen it."""
    assert _rarity(bearers=1).core("青禾") == _rarity().core("青禾")
    assert _rarity(bearers=LEAST_NAMES // 2).core("青禾") > _rarity().core("青禾")


def test_a_small_registry_is_an_extract() -> None:
    """Chances are never those of fewer names than there are firms."""
    rarity = _rarity()
    assert rarity.strangers == LEAST_NAMES
    assert rarity.within(1_000_000, lambda _core: 0).strangers == 1_000_000
    assert rarity.strangers == LEAST_NAMES  # the copy is its own


def test_only_many_names_make_a_sign_unheard_of() -> None:
    """A few names say nothing of a sign that none of them has."""
    assert not _rarity().unheard("玄")
    many = [parse("上海青禾云晟商贸有限公司")] * 30_000
    assert Rarity(many, total=30_000).unheard("玄")
    assert not Rarity(many, total=30_000).unheard("青")
