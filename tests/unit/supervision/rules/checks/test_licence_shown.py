"""What a shop shows against the registry, as rules: each failure with its sentence, and what must not be told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from identity_verify.licence_display import Display, DisplayStep, LinkSeen, Outcome
from identity_verify.registry_word import RegistryWord
from supervision.rules.rule_catalogue import Catalogue
from supervision.rules.subject import Subject

CODE = "91310115XX0000019T"
NAME = "上海青禾(测试)商贸有限公司"
SHOP = "https://pt.example/shop/qinghe/"
STALE = "上海禾苗(测试)商贸有限公司"


def shop(make: Any, step: str, why: str, *, outcome: Outcome = "FAILED", text: str = STALE, **more: Any) -> Subject:
    """A shop with one step of its 亮照 check."""
    facts = (
        make.fact("licence_name", STALE, page_id=3), make.fact("licence_code", CODE, page_id=3),
        make.fact("licence_address", "测试路9号", page_id=3),
    )  # fmt: skip
    day = make.at - timedelta(days=30)
    word = RegistryWord((NAME, STALE), (), {"name": day, "status": day, "address": day}, make.at)
    link = more.pop("link", LinkSeen("https://zzlz.example/1", ("other.example",), page_id=4))
    steps = (DisplayStep(step, outcome, why, shown=text, registered=NAME),)
    display = Display(steps, CODE, NAME, word, link, page_id=more.pop("page_id", 5))
    made: Subject = make.shop(*facts, display=display, **{"on_sale": 3, "url": SHOP, **more})
    return made


@pytest.mark.parametrize(
    ("rule_id", "failure", "told"),
    [
        ("ID01", ("shown", "nothing-shown", ""), ("licence_code", SHOP, "未见营业执照", "3 件")),
        ("ID01", ("registered", "not-in-registry", CODE), ("licence_code", CODE, "没有该代码")),
        ("ID03", ("name", "other-name", STALE), ("licence_name", "登记名称为", NAME, "2026-11-25")),
        ("ID04", ("in-force", "deregistered", ""), ("licence_code", "注销", "2026-10-26", "3 件")),
        ("ID04", ("in-force", "revoked", ""), ("licence_code", "吊销", CODE)),
        ("ID04", ("in-force", "cancelled", ""), ("licence_code", "撤销", NAME)),
        ("ID05", ("name", "former-name", STALE), ("licence_name", "曾用名", NAME)),
        (
            "ID05",
            ("address", "former-address", "测试路9号"),
            (
                "licence_address",
                "原住所",
            ),
        ),
        (
            "ID05",
            ("address", "other-address", "测试路9号"),
            (
                "licence_address",
                "核实",
            ),
        ),
        ("ID10", ("link", "other-site", "www.qinghe.example"), ("licence_link", "www.qinghe.example", "zzlz.example")),
        (
            "ID10",
            ("link", "other-shop", "pt.example/shop/a"),
            (
                "licence_link",
                "同一平台",
            ),
        ),
    ],
)
def test_each_failure_is_told_by_its_rule(
    make: Any, catalogue: Catalogue, rule_id: str, failure: tuple[str, str, str], told: tuple[str, ...]
) -> None:
    """One hit, by one rule, that quotes the page and says what the registry has and as of when."""
    (step, why, text), (field, *words) = failure, told
    subject = shop(make, step, why, text=text)
    found = {rule.id: make.hits(subject, rule) for rule in catalogue.rules.values()}
    assert {rule for rule, hits in found.items() if hits} == {rule_id}
    (hit,) = found[rule_id]
    assert (hit.signal.reason, hit.signal.fact.field) == (why, field)
    assert hit.signal.fact.page_id == {"link": 4, "shown": 5}.get(step, 3)
    assert hit.law
    assert all(word in hit.reason()["zh"] for word in words), hit.reason()["zh"]
    assert hit.reason()["en"]


@pytest.mark.parametrize(
    "more",
    [
        {"outcome": "PASSED"},
        {"outcome": "NOT_CHECKED"},
        {"why": "renamed-lately"},
    ],
)
def test_what_passed_or_was_not_checked_is_not_told(make: Any, catalogue: Catalogue, more: dict[str, Any]) -> None:
    """Only a failure is."""
    subject = shop(make, **{"step": "name", "why": "other-name", **more})
    assert make.hits(subject, catalogue.get("ID03")) == []
    assert make.hits(make.shop(make.fact("licence_name", STALE)), catalogue.get("ID03")) == []


@pytest.mark.parametrize("why", ["deregistered", "revoked", "cancelled"])
def test_who_sells_nothing_does_not_trade(make: Any, catalogue: Catalogue, why: str) -> None:
    """Nothing on offer, or pages from before the registry said it."""
    rule = catalogue.get("ID04")
    assert make.hits(shop(make, "in-force", why, on_sale=0), rule) == []
    early = replace(shop(make, "in-force", why), act_at=make.at - timedelta(days=40))
    assert make.hits(early, rule) == []
    assert len(make.hits(shop(make, "in-force", why), rule)) == 1


@pytest.mark.parametrize(("step", "why"), [("shown", "nothing-shown"), ("registered", "not-in-registry")])
def test_a_shop_that_sells_nothing_need_show_nothing(make: Any, catalogue: Catalogue, step: str, why: str) -> None:
    """Nor is it told where the page, or the code, is not there to lead to."""
    rule = catalogue.get("ID01")
    assert make.hits(shop(make, step, why, text=CODE, on_sale=0), rule) == []
    assert len(make.hits(shop(make, step, why, text=CODE), rule)) == 1
    assert make.hits(replace(shop(make, step, why, text=CODE, page_id=0), facts=()), rule) == []


def test_a_link_whose_page_is_not_known_is_not_told(make: Any, catalogue: Catalogue) -> None:
    """A lead must lead somewhere."""
    rule = catalogue.get("ID10")
    for link in (None, LinkSeen("https://zzlz.example/1", ("other.example",))):
        assert make.hits(shop(make, "link", "other-site", link=link), rule) == []


def test_no_fact_no_hit(make: Any, catalogue: Catalogue) -> None:
    """The fact may have gone in the meantime."""
    bare = shop(make, "name", "other-name")
    assert make.hits(make.shop(display=bare.display, on_sale=1), catalogue.get("ID03")) == []


def test_another_word_of_the_registry_is_another_hit(make: Any, catalogue: Catalogue) -> None:
    """So that what an officer decided on one is not taken for the other."""
    rule = catalogue.get("ID03")
    (one,) = make.hits(shop(make, "name", "other-name"), rule)
    (two,) = make.hits(shop(make, "name", "other-name", text="上海别家(测试)有限公司"), rule)
    assert one.key != two.key


def test_a_year_without_holidays_is_told(make: Any, catalogue: Catalogue) -> None:
    """Where working days were counted by weekends alone, the sentence says for which years."""
    plain = shop(make, "name", "former-name")
    assert plain.display is not None
    rule = catalogue.rules["ID05"]
    for guessed, told in (((), False), ((2027,), True)):
        (hit,) = make.hits(replace(plain, display=replace(plain.display, guessed=guessed)), rule)
        assert ("2027年放假安排尚未录入" in hit.reason()["zh"]) is told
        assert ("weekends only" in hit.reason()["en"]) is told
