"""亮照: what is shown, held against the registry."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from identity_verify.code_reading import read_code
from identity_verify.licence_display import RULE_OF_STEP, STEPS, Display, LinkSeen, Place, ShopLook, judge_display
from identity_verify.registry_word import RegistryWord
from identity_verify.shown_identity import ShownIdentity
from kernel.models import Subject

ON = date(2026, 11, 25)
CODE = "91310115XX0000019T"
NAME = "上海青禾(测试)商贸有限公司"
FORMER = "上海禾苗(测试)商贸有限公司"
ADDRESS = "上海市浦东新区测试路1号"
HERE = Place(("www.qinghe.example",))
READ = ShopLook(page_id=7)
STREET = Place(("pt.example",), "/shop/qinghe/", shared=True)


def _shown(code: str = CODE, name: str = NAME, address: str = ADDRESS) -> ShownIdentity:
    return ShownIdentity(
        names=(name,) if name else (), codes=(read_code(code),) if code else (),
        addresses=(address,) if address else (), contacts=(), filings=(), permits=(), digest="", last_fact_id=0,
        licence_names=(name,) if name else (),
    )  # fmt: skip


def _subject(**more: object) -> Subject:
    values: dict[str, object] = {
        "code": CODE, "registration_number": "", "name": NAME, "status": "active", "address": ADDRESS,
        "approved_on": date(2020, 1, 1), "updated_at": datetime(2026, 11, 1, tzinfo=UTC),
    }  # fmt: skip
    return Subject(**{**values, **more})


def _judge(
    shown: ShownIdentity, subject: Subject | None, *, link: LinkSeen | None = None, look: ShopLook = READ,
    place: Place = HERE, gap: str = "",
) -> Display:  # fmt: skip
    word = RegistryWord((NAME, FORMER), ("上海市徐汇区旧址路2号",), gap=gap)
    return judge_display(shown, subject, word=word, look=look, place=place, link=link, on=ON)


def _of(display: Display, name: str) -> tuple[str, str]:
    step = next(step for step in display.steps if step.name == name)
    return step.outcome, step.why


def test_all_is_right() -> None:
    """Every step in order, each with its rule; what nobody looked at is not called passed."""
    display = _judge(_shown(), _subject())
    assert [step.name for step in display.steps] == list(STEPS)
    assert {step.name: step.rule for step in display.steps} == RULE_OF_STEP
    assert display.failed == ()
    assert _of(display, "link") == ("NOT_CHECKED", "not-looked")


@pytest.mark.parametrize(
    ("shown", "subject", "step", "outcome", "why"),
    [
        (_shown(code=""), None, "code", "NOT_CHECKED", "nothing-shown"),
        (_shown(code="91310115XX0000018T"), None, "code", "FAILED", ""),
        (_shown(code="913101**********9T"), None, "code", "NOT_CHECKED", "masked"),
        (_shown(), None, "registered", "FAILED", "not-in-registry"),
        (_shown(), None, "name", "NOT_CHECKED", "no-subject"),
        (_shown(name="上海别家(测试)商行"), _subject(), "name", "FAILED", "other-name"),
        (_shown(name="上海青禾（測試）商貿有限公司"), _subject(), "name", "PASSED", ""),
        (_shown(name=FORMER), _subject(), "name", "FAILED", "former-name"),
        (_shown(name=FORMER), _subject(approved_on=date(2026, 11, 18)), "name", "PASSED", "renamed-lately"),
        (_shown(name=""), _subject(), "name", "NOT_CHECKED", "no-name"),
        (_shown(name="上海青禾[测试]商贸有限公司浦东分公司"), _subject(), "name", "PASSED", ""),
        (_shown(name="青禾生活旗舰店"), _subject(), "name", "NOT_CHECKED", "trade-name"),
        (_shown(name="青禾生活"), _subject(), "name", "NOT_CHECKED", "trade-name"),
        (_shown(name="上海**(测试)商贸有限公司"), _subject(), "name", "NOT_CHECKED", "masked-name"),
        (_shown(name="沈示例"), _subject(persons=[["operator", "沈示例"]]), "name", "PASSED", ""),
        (_shown(), _subject(status="revoked"), "in-force", "FAILED", "revoked"),
        (_shown(), _subject(status="deregistered"), "in-force", "FAILED", "deregistered"),
        (_shown(), _subject(status="abnormal"), "in-force", "PASSED", "abnormal"),
        (_shown(), _subject(status="unknown"), "in-force", "NOT_CHECKED", "unknown"),
        (_shown(address="浦东新区测试路1号"), _subject(), "address", "PASSED", ""),
        (_shown(address="杭州市别处"), _subject(), "address", "FAILED", "other-address"),
        (_shown(address="杭州市别处"), _subject(approved_on=date(2026, 11, 12)), "address", "PASSED", "changed-lately"),
        (_shown(address="杭州市别处"), _subject(approved_on=date(2026, 11, 10)), "address", "FAILED", "other-address"),
        (_shown(address=""), _subject(), "address", "NOT_CHECKED", "no-address"),
        (_shown(address="上海市浦东新区测试路1号3层"), _subject(), "address", "PASSED", ""),
        (_shown(address="徐汇区旧址路2号"), _subject(), "address", "FAILED", "former-address"),
        (_shown(address="上海市浦东新区****"), _subject(), "address", "NOT_CHECKED", "masked-address"),
    ],
)
def test_steps(shown: ShownIdentity, subject: Subject | None, step: str, outcome: str, why: str) -> None:
    """Shown, right in form, registered, the name, in force, the address; ten working days for what changed."""
    found = _of(_judge(shown, subject), step)
    assert found[0] == outcome
    assert not why or found[1] == why


def test_a_declaration_stands_for_a_licence() -> None:
    """Of those who need none."""
    look = ShopLook(declared=True)
    assert _of(_judge(_shown(code=""), None, look=look), "shown") == ("PASSED", "declaration")


@pytest.mark.parametrize(
    ("name", "look", "link", "outcome", "why"),
    [
        ("", READ, LinkSeen(), "FAILED", "nothing-shown"),
        ("", READ, LinkSeen("https://zzlz.example/1"), "PASSED", "link-alone"),
        ("", ShopLook(pictured=True, page_id=7), LinkSeen(), "NOT_CHECKED", "picture-alone"),
        (NAME, READ, LinkSeen(), "NOT_CHECKED", "no-code"),
        ("", READ, None, "NOT_CHECKED", "not-looked"),
        ("", ShopLook(), LinkSeen(), "NOT_CHECKED", "visit-unfinished"),
    ],
)
def test_nothing_is_shown_only_where_all_was_looked_at(
    name: str, look: ShopLook, link: LinkSeen | None, outcome: str, why: str
) -> None:
    """A link alone is lawful; a picture, a name, a page that was not read leave it open."""
    display = _judge(_shown(code="", name=name), None, look=look, link=link)
    assert _of(display, "shown") == (outcome, why)
    assert display.page_id == look.page_id


@pytest.mark.parametrize(
    "gap", ["no-registry", "registry-by-messages", "registry-behind", "other-authority", "registry-unreadable"]
)
def test_a_copy_that_is_not_whole_says_nothing_of_a_code(gap: str) -> None:
    """Not checked, with the reason; so it is without any word of the registry."""
    assert _of(_judge(_shown(), None, gap=gap), "registered") == ("NOT_CHECKED", gap)
    bare = judge_display(_shown(), None, word=RegistryWord(), look=READ, place=HERE, link=None, on=ON)
    assert _of(bare, "registered") == ("NOT_CHECKED", "no-registry")
    assert bare.failed == ()


def test_two_codes_are_no_code() -> None:
    """Nothing is chosen between them."""
    shown = replace(_shown(), codes=(read_code(CODE), read_code("92310104XX0000027L")))
    assert _of(_judge(shown, None), "code") == ("FAILED", "several")


@pytest.mark.parametrize(
    ("place", "declared", "outcome", "why"),
    [
        (HERE, (), "NOT_CHECKED", "names-no-site"),
        (HERE, ("qinghe.example",), "PASSED", ""),
        (HERE, ("qinghe.example/index",), "PASSED", ""),
        (HERE, ("other.example", "www.qinghe.example"), "PASSED", ""),
        (HERE, ("shop.qinghe.example",), "PASSED", ""),
        (HERE, ("other.example",), "FAILED", "other-site"),
        (Place(("old.example", "new.example")), ("new.example",), "PASSED", ""),
        (STREET, ("pt.example",), "PASSED", ""),
        (STREET, ("pt.example/shop/qinghe",), "PASSED", ""),
        (STREET, ("pt.example/shop/qing",), "FAILED", "other-shop"),
        (STREET, ("pt.example/shop/maotai",), "FAILED", "other-shop"),
        (STREET, ("other.pt.example",), "FAILED", "other-site"),
    ],
)
def test_where_the_link_leads(place: Place, declared: tuple[str, ...], outcome: str, why: str) -> None:
    """To a page that names this site or shop, another one, or none; a site that moved, and one of the same owner."""
    link = LinkSeen("https://zzlz.example/1", declared)
    assert _of(_judge(_shown(), _subject(), link=link, place=place), "link") == (outcome, why)


@pytest.mark.parametrize(
    ("link", "why"), [(LinkSeen(), "no-link"), (LinkSeen("https://zzlz.example/1", error="timeout"), "timeout")]
)
def test_a_link_that_was_not_read(link: LinkSeen, why: str) -> None:
    """Is not called wrong."""
    assert _of(_judge(_shown(), _subject(), link=link), "link") == ("NOT_CHECKED", why)


def test_a_name_that_was_right_once_is_a_matter_of_the_update() -> None:
    """It belongs to another rule than a name that never was."""
    rules = [
        next(step.rule for step in _judge(_shown(name=name), _subject()).steps if step.name == "name")
        for name in (FORMER, "上海别家(测试)商行")
    ]
    assert rules == ["ID05", "ID03"]


def test_holidays_are_no_working_days() -> None:
    """A rename on 24 September 2026: ten working days are over after 15 October, not after ten weekdays."""
    subject = _subject(approved_on=date(2026, 9, 24))
    word, due = RegistryWord((NAME, FORMER)), date(2026, 10, 15)
    for on, outcome in ((due, "PASSED"), (due + timedelta(days=1), "FAILED")):
        found = judge_display(_shown(name=FORMER), subject, word=word, look=READ, place=HERE, link=None, on=on)
        assert _of(found, "name")[0] == outcome
        assert found.guessed == ()
    late = _subject(approved_on=date(2026, 12, 25))
    found = judge_display(_shown(), late, word=word, look=READ, place=HERE, link=None, on=date(2027, 1, 4))
    assert found.guessed == (2027,)
