"""Pages of subjects and decisions, seen from outside: what they show, who may decide, what a decision does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import NotFoundError
from api.policy import ROLES, Scope, permissions_of
from api.queries.matches import MatchFilter, list_tasks, read_task
from api.queries.subjects import SubjectFilter, list_subjects, read_runner, read_subject
from identity_verify.claims import Origin, claim, settle
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import link_shop, subject_of_shop, take_extract
from identity_verify.tasks import TaskDraft, open_task
from kernel.models import AuditEntry, FactVersion, Page, Subject, SubjectTask
from tests.e2e.seeded_market import AT, Seeded
from tests.unit.api.conftest import House, open_house
from tests.unit.api.test_pages import _check, _labelled

CODES = ("91310115XX0000019T", "93310120XX0000035H", "91310115XX00002460")
NAMES = ("上海青禾(测试)商贸有限公司", "杭州云栖(测试)网络科技有限公司", "宁波云栖(测试)网络科技有限公司")
HOSTILE = "<img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Street:
    """Numbers of what was written."""

    subjects: tuple[int, ...]
    linked: int
    open: int
    match: int
    conflict: int
    licence: int


def _extract(code: str, name: str, **more: object) -> RegistryExtract:
    values: dict[str, object] = {
        "code": code,
        "registration_number": "",
        "name": name,
        "former_names": ("上海禾苗(测试)商贸有限公司",) if code == CODES[0] else (),
        "kind": "company",
        "status": "active",
        "region": "310115",
        "address": f"上海市测试路1号{HOSTILE}",
        "scope": "日用百货",
        "persons": (("legal-representative", "测试甲"),),
        "established_on": date(2020, 1, 6),
        "approved_on": date(2025, 3, 1),
        "authority": "测试局",
        "capital_fen": 100_000_000,
        "websites": ("https://qinghe.example.test/",),
        "source_ref": f"reg-{code}",
        "source_at": AT - timedelta(days=3),
        **more,
    }
    return RegistryExtract(**values)  # type: ignore[arg-type]


def _show(session: Session, shop_id: int, field: str, value: str) -> None:
    page_id = session.execute(select(Page.id).where(Page.shop_id == shop_id).limit(1)).scalar_one()
    session.add(
        FactVersion(
            shop_id=shop_id,
            field=field,
            value=value,
            raw=value,
            digest=value[:32],
            locator="css:p",
            method="heuristic",
            page_id=page_id,
            seen_at=AT,
        )
    )
    session.flush()


def furnish(session: Session, seeded: Seeded) -> Street:
    """Three subjects; one shop linked by machine, one in doubt; a contradiction and a licence to look at."""
    subjects = tuple(take_extract(session, _extract(*pair), at=AT) for pair in zip(CODES, NAMES, strict=True))
    linked, doubtful = seeded.shops
    _show(session, linked, "licence_name", NAMES[0])
    _show(session, linked, "licence_code", CODES[0].replace("0", "O", 1))
    _show(session, linked, "contact", "XX-0000-0001")
    _show(session, doubtful, "licence_name", "云栖测试网络科技有限公司")
    link_shop(session, linked, at=AT)
    result = link_shop(session, doubtful, at=AT)
    subject = session.get_one(Subject, subjects[0])
    claim(session, subject, {"address": "上海市他处路2号"}, Origin("merchant", "form-1", AT), at=AT)
    settle(session, subject, at=AT)
    conflict = session.execute(select(SubjectTask.id).where(SubjectTask.kind == "conflict")).scalar_one()
    draft = TaskDraft("licence", "x.example.test", {"because": "image"}, subject_id=subjects[0], due_at=AT)
    licence = open_task(session, draft, at=AT)
    assert result.task_id is not None
    assert licence is not None
    return Street(subjects, linked, doubtful, result.task_id, conflict, licence.id)


@pytest.fixture(scope="module")
def read_house(
    template: tuple[Path, Seeded], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, Street]]:
    """For tests that only read."""
    for house in open_house(template, tmp_path_factory.mktemp("subjects") / "data"):
        with house.context.database.write() as session:
            street = furnish(session, house.seeded)
        yield house, street


@pytest.fixture
def furnished(house: House) -> tuple[House, Street]:
    """For tests that write."""
    with house.context.database.write() as session:
        return house, furnish(session, house.seeded)


def _page(house: House, path: str, role: str = "investigator", language: str = "zh") -> LexborHTMLParser:
    browser = house.browser(role)
    browser.cookies["wangjian_language"] = language
    response = browser.get(path)
    assert response.status_code == 200, (path, response.text[:500])
    return LexborHTMLParser(response.text)


def _text(page: LexborHTMLParser) -> str:
    assert page.body is not None
    return page.body.text(separator=" ")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_closed_and_labelled(read_house: tuple[House, Street], language: str) -> None:
    """No inline script or style, no hostile text as markup, a label for each field, each id once."""
    house, street = read_house
    paths = [
        "/subjects", "/subjects?text=青禾&status=active", "/matches", "/matches?state=open&kind=conflict",
        *(f"/subjects/{number}" for number in street.subjects),
        *(f"/matches/{number}" for number in (street.match, street.conflict, street.licence)),
        f"/shops/{street.linked}", f"/shops/{street.open}",
    ]  # fmt: skip
    for path in paths:
        page = _page(house, path, language=language)
        _check(page)
        _labelled(page)
        assert not page.css("img[src=x]"), path


def test_a_subject_shows_who_said_what(read_house: tuple[House, Street]) -> None:
    """Sources, contradiction, former name, graph with its twin list, shops with reasons, timeline."""
    house, street = read_house
    page = _page(house, f"/subjects/{street.subjects[0]}")
    text = _text(page)
    for words in (
        "企业登记",
        "经营者申报说法不同",
        "上海市他处路2号",
        "上海禾苗(测试)商贸有限公司",
        "测试甲",
        "字号相同",
        "来源称",
        "¥1,000,000.00",
        "法定代表人 测试甲",
        "企业",
    ):
        assert words in text, words
    assert page.css_matches("svg.graph[role=img][aria-label]")
    assert page.css_matches(f"svg.graph a[href='/shops/{street.linked}']")
    assert page.css_matches(f".note a[href='/matches/{street.conflict}']")
    assert page.css_matches(f"#shops a[href='/shops/{street.linked}']")
    shown = {link.text() for link in page.css(f"ol.custody a[href='/shops/{street.linked}']")}
    assert shown
    assert str(street.linked) not in shown, "by its name"


def test_lists_find_by_name_former_name_and_code(read_house: tuple[House, Street]) -> None:
    """And every number opens its rows."""
    house, street = read_house
    for text in ("青禾", "禾苗", CODES[0], CODES[0].lower()):
        page = _page(house, f"/subjects?text={text}")
        assert [link.attributes["href"] for link in page.css("tr[data-row] a[data-open]")] == [
            f"/subjects/{street.subjects[0]}"
        ], text
    assert not _page(house, "/subjects?status=revoked").css("tr[data-row]")
    assert len(_page(house, "/subjects?kind=company").css("tr[data-row]")) == 3


def test_a_shop_says_who_runs_it_and_why(read_house: tuple[House, Street]) -> None:
    """Linked: the subject with points; in doubt: the open task."""
    house, street = read_house
    linked = _page(house, f"/shops/{street.linked}")
    assert linked.css_matches(f"#runner a[href='/subjects/{street.subjects[0]}']")
    assert "代码一致" in _text(linked)
    doubtful = _page(house, f"/shops/{street.open}")
    assert doubtful.css_matches(f"#runner a[href='/matches/{street.match}']")
    assert "两个以上主体分数相近" in _text(doubtful)


def test_a_match_shows_both_sides(read_house: tuple[House, Street]) -> None:
    """What the shop shows, and each candidate as the registry has it, with the reasons."""
    house, street = read_house
    page = _page(house, f"/matches/{street.match}")
    text = _text(page)
    assert "云栖测试网络科技有限公司" in text
    for name in NAMES[1:]:
        assert name in text
    assert len(page.css(".candidate .reasons")) == 2
    assert len(page.css("input[name=choice]")) == 4


def test_an_officer_decides_with_a_reason(furnished: tuple[House, Street]) -> None:
    """The link is confirmed, the audit says who and why; without a reason or twice it is refused."""
    house, street = furnished
    browser = house.browser("supervisor")
    where = f"/matches/{street.match}/decision"
    wanted = {"choice": str(street.subjects[2]), "reason": "看过登记档案"}
    assert browser.post(where, data={**wanted, "reason": " "}).status_code == 422
    assert browser.post(where, data={**wanted, "choice": "x"}).status_code == 422
    assert browser.post(where, data=wanted).status_code == 303
    assert browser.post(where, data=wanted).status_code == 409
    with house.context.database.read() as session:
        found = subject_of_shop(session, street.open)
        assert found is not None
        assert (found[0].id, found[1].state, found[1].decided_by) == (street.subjects[2], "confirmed", "supervisor")
        line = session.execute(select(AuditEntry).where(AuditEntry.action == "subject.link_confirm")).scalar_one()
        assert (line.actor, line.detail["reason"]) == ("supervisor", "看过登记档案")
    text = _text(_page(house, f"/matches/{street.match}"))
    assert "看过登记档案" in text
    assert browser.post("/matches/999/decision", data=wanted).status_code == 404


def test_an_officer_names_another_subject_or_none(furnished: tuple[House, Street]) -> None:
    """By code; an unknown code is an input error and decides nothing."""
    house, street = furnished
    browser = house.browser("investigator")
    where = f"/matches/{street.match}/decision"
    assert browser.post(where, data={"choice": "code", "code": "x", "reason": "y"}).status_code == 422
    assert browser.post(where, data={"choice": "code", "code": CODES[0].lower(), "reason": "y"}).status_code == 303
    with house.context.database.read() as session:
        found = subject_of_shop(session, street.open)
        assert found is not None
        assert found[0].id == street.subjects[0]


def test_contradictions_and_others_are_decided(furnished: tuple[House, Street]) -> None:
    """The registry's field can only be kept; other tasks are closed one way or the other."""
    house, street = furnished
    browser = house.browser("investigator")
    conflict, licence = f"/matches/{street.conflict}/decision", f"/matches/{street.licence}/decision"
    assert browser.post(conflict, data={"choice": "merchant", "reason": "y"}).status_code == 409
    assert browser.post(conflict, data={"choice": "keep", "reason": "y"}).status_code == 303
    assert browser.post(licence, data={"choice": "maybe", "reason": "y"}).status_code == 409
    assert browser.post(licence, data={"choice": "dismissed", "reason": "y"}).status_code == 303
    page = _page(house, "/matches")
    assert [link.attributes["href"] for link in page.css("tr[data-row] a[data-open]")] == [f"/matches/{street.match}"]


def test_a_link_is_set_and_taken_away_on_the_shop_page(furnished: tuple[House, Street]) -> None:
    """With reasons; the machine does not bring it back."""
    house, street = furnished
    browser = house.browser("supervisor")
    away = f"/shops/{street.linked}/subject/{street.subjects[0]}/rejection"
    assert browser.post(away, data={"reason": ""}).status_code == 422
    assert browser.post(away, data={"reason": "冒用名称"}).status_code == 303
    assert browser.post(away, data={"reason": "冒用名称"}).status_code == 409
    with house.context.database.write() as session:
        assert link_shop(session, street.linked, at=AT + timedelta(days=1)).outcome == "review"
    told = browser.post(f"/shops/{street.linked}/subject", data={"code": CODES[1], "reason": "现场核对"})
    assert told.status_code == 303
    with house.context.database.read() as session:
        found = subject_of_shop(session, street.linked)
        assert found is not None
        assert found[0].id == street.subjects[1]
    assert browser.post("/shops/999/subject", data={"code": CODES[1], "reason": "y"}).status_code == 404


def test_administrators_see_and_decide_nothing(furnished: tuple[House, Street]) -> None:
    """Who keeps the house does not look into cases."""
    house, street = furnished
    browser = house.browser("administrator")
    for path in ("/subjects", f"/subjects/{street.subjects[0]}", "/matches", f"/matches/{street.match}"):
        assert browser.get(path).status_code == 403, path
    assert browser.post(f"/matches/{street.match}/decision", data={"choice": "none", "reason": "y"}).status_code == 403


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(roles=st.sets(st.sampled_from(ROLES)))
def test_a_detail_is_reachable_exactly_when_the_list_shows_it(
    read_house: tuple[House, Street], roles: set[str]
) -> None:
    """Subjects and tasks; the block on the shop page is empty for who may not see subjects."""
    house, street = read_house
    person = Scope(user_id=1, name="x", permissions=permissions_of(roles))
    with house.context.database.read() as session:
        shown = {row.subject.id for row in list_subjects(session, person, SubjectFilter()).rows}
        tasks = {row.task.id for row in list_tasks(session, person, MatchFilter(state="")).rows}
        for number in street.subjects:
            try:
                read_subject(session, person, number)
                reachable = True
            except NotFoundError:
                reachable = False
            assert reachable == (number in shown)
        for number in (street.match, street.conflict):
            try:
                read_task(session, person, number)
                reachable = True
            except NotFoundError:
                reachable = False
            assert reachable == (number in tasks)
        assert (read_runner(session, person, street.linked).subject is None) == (not shown)
