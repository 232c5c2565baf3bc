"""The linked systems on pages: what is seen, by whom, and what officers write back."""

import asyncio
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from api.app import create_app
from api.policy import Permission, Scope
from api.queries.linked import four_systems
from exchange.connectors import fault, post, state, webhook
from exchange.connectors.row import Problem, Quarantined
from kernel.clock import iso
from kernel.config import Settings
from kernel.models import AuditEntry, LinkedFault, LinkedPost, LinkedRecord, LinkedState, Shop
from simulators.linked import credit
from tests.e2e.seeded_market import Seeded
from tests.unit.api.conftest import Browser, Clock, House
from tests.unit.api.test_pages import _check, _labelled

CODE = "91310115XX0000019T"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def linked_house(house: House) -> House:
    """A shop with a record of each system, a row in quarantine, and something that was refused."""
    at = house.clock.at
    with house.context.database.write() as session:
        shop = session.get_one(Shop, house.seeded.shops[0])
        shop.seller_code = CODE
        for system, data in (
            ("registration", {"kind": "company", "authority": "测试局"}),
            (
                "penalty",
                {"types": ["fine"], "fine_fen": 200_000, "shown_until": "2020-01-01", "shown_rule": "pub13-3y"},
            ),
            ("complaint12315", {"summary": HOSTILE, "kind": "complaint"}),
            ("credit", {"kind": "grade", "level": "A"}),
        ):
            session.add(
                LinkedRecord(
                    system=system, key=f"{system}-1", version=1, subject_code=CODE, title=f"{HOSTILE}{system}",
                    state="active", data=data, source_at=at, fetched_at=at,
                )
            )  # fmt: skip
        session.add(
            LinkedRecord(
                system="penalty", key="gone", version=1, subject_code=CODE, source_at=at, fetched_at=at, deleted_at=at
            )
        )
        how_far = state.of_system(session, "penalty")
        state.good(how_far, at)
        how_far.drift = {"at": at.isoformat(), "new": ["X"], "lost": ["Y"]}
        how_far.lags, how_far.counts = [1500, 3000], {"new": 2}
        for key in ("penalty-1", ""):
            bad = Quarantined(key, 2, {"PenAm": HOSTILE}, (Problem("PenAm", "form", HOSTILE),))
            fault.put(session, "penalty", bad, source="pull", at=at)
        sending = post.Sending("note", "x", {"NOTE": HOSTILE}, record_key="complaint12315-1", shop_id=shop.id)
        post_id = post.mint(session, "complaint12315", sending, actor="li", at=at)
        session.get_one(LinkedPost, post_id).state = "refused"
    return house


def pages_of(browser: Browser, path: str) -> LexborHTMLParser:
    """A page that opened."""
    response = browser.get(path)
    assert response.status_code == 200, (path, response.text[:300])
    return LexborHTMLParser(response.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_and_every_number_leads_to_its_rows(linked_house: House, language: str) -> None:
    """From the health page and the shop to records, quarantine and what was written back; nothing hostile gets out."""
    browser = linked_house.browser("supervisor")
    browser.cookies["wangjian_language"] = language
    shop_id = linked_house.seeded.shops[0]
    seen, waiting = set(), ["/linked", f"/shops/{shop_id}", f"/listings/{linked_house.seeded.listings[0]}"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        page = pages_of(browser, path)
        _check(page)
        _labelled(page)
        if path.startswith(("/linked", f"/shops/{shop_id}")):
            links = {str(node.attributes["href"]).partition("#")[0] for node in page.css("main a[href]")}
            waiting += sorted({link for link in links if link.startswith("/linked")} - seen - set(waiting))
    assert len([path for path in seen if path.startswith("/linked/records/")]) == 5
    assert any(path.startswith("/linked/faults/") for path in seen)
    assert any(path.startswith("/linked/write-back") for path in seen)


def test_the_panel_of_a_shop(linked_house: House) -> None:
    """Each system with figure, freshness and warnings."""
    page = pages_of(linked_house.browser("supervisor"), f"/shops/{linked_house.seeded.shops[0]}")
    panel = page.css_first("#linked")
    assert panel is not None
    text = panel.text()
    assert text.count("数据陈旧") == 3
    assert text.count("数据新鲜") == 1
    for words in ("公示期满", "有更新版本被隔离", "对方已删除 1 条", "仅按网店自己展示的代码", "对方拒收"):
        assert words in text, words


def test_the_health_page_says_whether_a_code_can_be_said_not_to_exist(linked_house: House) -> None:
    """Of a registry that is told one by one it cannot, and what would help; of one read whole and compared it can."""
    browser = linked_house.browser("supervisor")
    text = browser.get("/linked").text
    assert "不能判断，ID01 不就此提示" in text
    assert "投放一份全量文件" in text
    with linked_house.context.database.write() as session:
        how_far = state.of_system(session, "registration")
        state.good(how_far, linked_house.clock.at)
        how_far.keys_at = linked_house.clock.at
    assert "副本已读全且新近比对" in browser.get("/linked").text


def test_administrators_see_health_and_no_rows(linked_house: House) -> None:
    """Figures without links; no records, also not by a query of their own."""
    page = pages_of(linked_house.browser("administrator"), "/linked")
    assert not [node for node in page.css("main a[href]") if "/linked/" in str(node.attributes["href"])]
    assert not page.css("main form")
    with linked_house.context.database.read() as session:
        scope = Scope(1, "a", frozenset({Permission.LINKED_HEALTH}))
        assert four_systems(session, scope, shop_id=1, at=linked_house.clock.at) is None


def test_a_lead_becomes_a_note(linked_house: House) -> None:
    """With the words of the lead to begin with, once for each complaint, under the officer's name."""
    browser = linked_house.browser("supervisor")
    hit_id, shop_id = linked_house.seeded.hits[0], linked_house.seeded.shops[0]
    asked = f"/linked/write-back?system=complaint12315&shop_id={shop_id}&hit_id={hit_id}"
    page = pages_of(browser, asked)
    text = page.css_first("textarea[name=text]")
    assert text is not None
    assert "监测线索" in text.text()
    form = {
        "system": "complaint12315", "shop_id": str(shop_id), "hit_id": str(hit_id), "record_key": "complaint12315-1",
        "text": "附线索",
    }  # fmt: skip
    for _ in range(2):
        answer = browser.post("/linked/write-back", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/shops/{shop_id}#linked")
    with linked_house.context.database.read() as session:
        query = select(LinkedPost).where(LinkedPost.cause == f"complaint12315:note:hit:{hit_id}:complaint12315-1")
        row = session.execute(query).scalar_one()
        assert row.payload["NOTE"] == "附线索"
        assert row.actor
        assert row.payload["rule"]


def test_a_decision_becomes_a_publicity_entry(linked_house: House) -> None:
    """When its summary is whole; else the form comes back with what was written and what lacks."""
    browser = linked_house.browser("investigator")
    shop_id = linked_house.seeded.shops[0]
    form = {"system": "penalty", "shop_id": str(shop_id), "number": "沪市监测处〔2026〕1号", "party_name": "甲（测试）"}
    answer = browser.post("/linked/write-back", data=form)
    assert answer.status_code == 422
    assert "沪市监测处〔2026〕1号" in answer.text
    assert "必填" in answer.text
    whole = {**form, "act": "虚假标价", "content": "罚款", "authority": "测试局", "decided_on": "2026-11-01"}
    assert browser.post("/linked/write-back", data=whole).status_code == 303
    with linked_house.context.database.read() as session:
        row = session.execute(select(LinkedPost).where(LinkedPost.system == "penalty")).scalar_one()
        assert (row.state, row.payload["PenDecNo"]) == ("waiting", "沪市监测处〔2026〕1号")
        assert row.payload["UniSCID"] == "", "a code that the shop only shows is not told to others as known"


@pytest.mark.parametrize("system", ["registration", "credit"])
def test_without_a_subject_nothing_is_told(linked_house: House, system: str) -> None:
    """A code that is not verified is not passed on."""
    form = {"system": system, "shop_id": str(linked_house.seeded.shops[0]), "text": "x"}
    answer = linked_house.browser("supervisor").post("/linked/write-back", data=form)
    assert answer.status_code == 422
    assert "先把店铺与主体关联" in answer.text


def test_quarantine_is_judged(linked_house: House) -> None:
    """Fetched again by its key, or dismissed with a reason; nothing else."""
    browser = linked_house.browser("supervisor")
    with linked_house.context.database.read() as session:
        ids = {row.key: row.id for row in session.execute(select(LinkedFault)).scalars()}
    keyed, keyless = ids["penalty-1"], ids[""]
    assert browser.post(f"/linked/faults/{keyed}", data={"decision": "again"}).status_code == 303
    assert browser.post(f"/linked/faults/{keyless}", data={"decision": "again"}).status_code == 422
    assert browser.post(f"/linked/faults/{keyless}", data={"decision": "dismiss", "reason": " "}).status_code == 422
    assert browser.post(f"/linked/faults/{keyless}", data={"decision": "dismiss", "reason": "测试"}).status_code == 303
    with linked_house.context.database.read() as session:
        states = {row.id: row.state for row in session.execute(select(LinkedFault)).scalars()}
        assert states == {keyed: "again", keyless: "dismissed"}
        assert fault.asked_again(session, "penalty", 10) == ["penalty-1"]


def test_sending_again_and_pulling_now(linked_house: House) -> None:
    """Both are officers' acts in the audit trail."""
    browser = linked_house.browser("supervisor")
    with linked_house.context.database.write() as session:
        post_id = session.execute(select(LinkedPost.id)).scalar_one()
        session.get_one(LinkedState, "penalty").open_until = linked_house.clock.at + timedelta(hours=1)
    assert browser.post(f"/linked/posts/{post_id}/again").status_code == 303
    assert browser.post("/linked/systems/penalty/pull").status_code == 303
    assert browser.post("/linked/systems/nothing/pull").status_code == 422
    assert browser.post("/linked/posts/none/again").status_code == 404
    with linked_house.context.database.read() as session:
        assert session.get_one(LinkedPost, post_id).state == "waiting"
        assert session.get_one(LinkedState, "penalty").open_until is None
        actions = set(session.execute(select(AuditEntry.action)).scalars())
    assert {"linked.send-again", "linked.pull-now"} <= actions


def test_what_is_not_there(linked_house: House) -> None:
    """Numbers of nothing, systems that are none, shops that are gone."""
    browser = linked_house.browser("supervisor")
    for path in ("/linked/records/999", "/linked/faults/999", "/linked/write-back?system=penalty&shop_id=999"):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/linked/write-back?system=x&shop_id=1").status_code == 422
    page = pages_of(browser, "/linked/records?shop_id=999")
    assert re.search(r"没有记录", page.html or "")
    assert pages_of(browser, "/linked/records?subject_id=999&text=%25").css_first(".empty") is not None


def test_a_system_calls(template: tuple[Path, Seeded], tmp_path: Path) -> None:
    """Signed with its secret, from outside; once. Without, or under another name, nothing is taken."""
    shutil.copytree(template[0], tmp_path / "house")
    settings = Settings.model_validate({"data_dir": tmp_path / "house", "linked_credit_secret": "shared"})
    clock = Clock()
    app = create_app(settings, clock)
    key, fields = next(credit.entries(clock.at.date()))
    row = {"key": key, "version": 1, "updated_at": iso(clock.at), "deleted": False, "fields": fields}
    page = {"id": "event-0001", "server_time": iso(clock.at), "count": 1, "rows": [row], "next": None}
    body = json.dumps(page).encode()
    signed = {"x-linked-signature": webhook.sign("shared", body, clock.at), "content-type": "application/json"}
    with asyncio.Runner() as runner:
        browser = Browser(app, runner, origin="")
        path = "/api/v1/linked/credit/events"
        assert browser.post(path, content=body, headers=signed).json() == {"new": 1}
        assert browser.post(path, content=body, headers=signed).json() == {"repeated": 1}
        for wrong in (path, "/api/v1/linked/penalty/events", "/api/v1/linked/none/events"):
            headers = {**signed, "x-linked-signature": "none"} if wrong == path else signed
            answer = browser.post(wrong, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "exchange.linked_webhook")
    app.state.context.database.close()
