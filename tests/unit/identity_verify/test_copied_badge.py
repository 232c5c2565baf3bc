"""Copied badges: the farm of two hundred sites, and each sign by itself."""

import pytest

from benchmarks.lookalike import FIRST_SEED, measure
from identity_verify.badge_picture import static_png, static_svg
from identity_verify.copied_badge import KnownBadge, KnownBadges, candidates, find_copies, may_show
from identity_verify.page_look import look_at
from identity_verify.sightings import Seen
from tests.data.badges.farm import Farm, build
from tests.data.badges.issuing import ORIGIN, synthetic_code

NUMBER = build().known.by_id
BADGE = KnownBadge(
    next(iter(NUMBER)), synthetic_code(1), "上海样例(测试)有限公司", ("shop.example.test", "mall.example.test/s/7")
)
KNOWN = KnownBadges.of(ORIGIN, [BADGE])
GOODS = "<li>杯子 ¥9.90 加入购物车</li>"


@pytest.fixture(scope="module")
def farm() -> Farm:
    """The sites."""
    return build()


def _seen(
    html: str, url: str = "https://copy.example.test/", pictures: dict[str, bytes] | None = None
) -> dict[str, Seen]:
    return {seen.kind: seen for seen in find_copies(look_at(html, url=url), KNOWN, pictures or {})}


@pytest.mark.parametrize("seed", [FIRST_SEED, 7])
def test_copies_are_found_and_nothing_else(seed: int) -> None:
    """Of two hundred sites: at least 95 in 100 copies found, at least 95 in 100 reports right."""
    result = measure(build(seed))
    assert (result.sites, result.copies) == (200, 100)
    assert result.recall >= 0.95, result.missed
    assert result.precision >= 0.95, result.wrong


def test_the_quick_look_lets_every_sign_through(farm: Farm) -> None:
    """But for pictures without a word, for which home pages are always looked at."""
    wordless = {"saved picture", "screenshot"}
    for site in farm.sites:
        if site.copies and site.way not in wordless:
            assert may_show(site.html.encode(), farm.known), site.way
            assert may_show(site.html.encode("gb18030"), farm.known), site.way
    plain = [site for site in farm.sites if site.way == "plain"]
    assert not any(may_show(site.html.encode(), farm.known) for site in plain)


def test_the_badge_is_named_where_the_copy_tells() -> None:
    """By address, by the number in a drawing, by the code in the text."""
    frame = _seen(f'<iframe src="{ORIGIN}/badge/{BADGE.badge_id}"></iframe>')
    assert (frame["link"].badge_id, frame["link"].host, frame["link"].score) == (
        BADGE.badge_id,
        "copy.example.test",
        95,
    )
    assert _seen(static_svg(BADGE.badge_id, "valid"))["image"].badge_id == BADGE.badge_id
    words = _seen(f"{GOODS} {BADGE.name} {BADGE.code} 已通过电子标识核验")
    assert words["text"].badge_id == BADGE.badge_id
    assert words["text"].reasons[0]["word"] == "claims-as"


@pytest.mark.parametrize(
    "url",
    ["https://shop.example.test/x", "https://mall.example.test/s/7/a", f"{ORIGIN}/v/x", "https://zzlz.gsxt.gov.cn/x"],
)
def test_where_it_belongs_nothing_is_said(url: str) -> None:
    """On the registered sites, at the issuer, at an authority; another shop of the platform is another place."""
    html = f'<iframe src="{ORIGIN}/badge/{BADGE.badge_id}"></iframe>'
    assert not _seen(html, url)
    assert _seen(html, "https://mall.example.test/s/8")


def test_a_badge_out_of_force_belongs_nowhere() -> None:
    """A merchant whose badge was revoked shows a picture of it: that is a copy too."""
    gone = KnownBadge(BADGE.badge_id, BADGE.code, BADGE.name, BADGE.sites, in_force=False)
    page = look_at(static_svg(BADGE.badge_id, "valid"), url="https://shop.example.test/")
    assert find_copies(page, KnownBadges.of(ORIGIN, [gone]), {})


def test_a_page_that_sells_is_no_newspaper() -> None:
    """Wrapping the picture in an article helps nobody who sells; a newspaper may show it."""
    address = "https://copy.example.test/1.png"
    picture = {address: static_png(BADGE.badge_id, "valid")}
    assert "image" in _seen(f"{GOODS}<article><figure><img src='{address}'></figure></article>", pictures=picture)
    assert not _seen(f"<article><p>标识长这样</p><img src='{address}'></article>", pictures=picture)


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ('<a href="#"><img alt="红盾" src="/a.gif"></a>', "false-link"),
        ('<a href="https://fake.example.test/v/1">电子标识</a>', "false-link"),
        (f'{GOODS}<img src="/hongdun.gif">', "false-link"),
        ('<a href="https://zzlz.gsxt.gov.cn/x"><img alt="亮照"></a>', ""),
        (f'<a href="{ORIGIN}/">电子标识</a>', ""),
        ('<a href="https://read.example.test/">亮照亮标专题：平台内经营者如何公示登记信息与许可信息</a>', ""),
        ("<p>红盾是什么</p>", ""),
        ("", ""),
    ],
)
def test_seals_and_where_they_lead(html: str, kind: str) -> None:
    """The label of a seal has to lead to its issuer."""
    assert set(_seen(html)) == ({kind} if kind else set())


def test_pictures_worth_fetching_come_first() -> None:
    """Those with words of a seal, then those in links; each once, no more than asked for."""
    page = look_at(
        "<img src=/a.png><a href=/x><img src=/b.png></a><img src=/c.png alt=红盾><img src=/a.png>"
        "<img src=data:image/png;base64,AAAA><img src='//[bad'>",
        url="https://copy.example.test/",
    )
    names = [address.rpartition("/")[2] for address in candidates(page)]
    assert names == ["c.png", "b.png", "a.png"]
    assert len(candidates(page, most=1)) == 1
