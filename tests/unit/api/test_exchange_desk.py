"""Pages and acts of the exchange: reconciliations, offline packages, subscriptions, inbox."""

from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from exchange import notice
from exchange.subscribe import contract, feed
from exchange.subscribe.contract import Wish
from kernel.models import AuditEntry, Difference, Notice, OfflinePackage, Reconciliation, Subscription, User
from tests.data.evidence.people import enter_officer
from tests.unit.api.conftest import Browser, House
from tests.unit.api.test_approvals import second_investigator

PASSWORD = "correct horse battery"
PACKAGE = "310115-310000-000001"
STREAM = "stream/310115/LEAD"
MANIFEST = {
    "algorithm": "sha256-sum256",
    "count": 1000,
    "data_set": "stream/310115/LEAD",
    "max_seq": 1000,
    "sum": "0" * 64,
}
SIGNATURE = {"suite": "ed25519-sha256", "kid": "0011", "value": "c2ln"}


@pytest.fixture
def filled(house: House) -> House:
    """A reconciliation with three differences, a package, subscriptions and notices."""
    at = house.clock.at
    with house.context.database.write() as session:
        for day, state in (("2026-11-24", "agreed"), ("2026-11-25", "disputed")):
            session.add(
                Reconciliation(
                    id=f"rc-{day}", peer="310000", data_set=STREAM, role="asker", sender="310115", day=day,
                    cut=1000, state=state, ours=MANIFEST, theirs=MANIFEST if state == "agreed" else {},
                    missing=1 if state == "agreed" else 0, extra=0, altered=1 if state == "agreed" else 0,
                    report="{}" if state == "agreed" else "", our_signature=SIGNATURE if state == "agreed" else {},
                    their_signature=SIGNATURE if state == "agreed" else {}, begun_at=at, error="",
                )
            )  # fmt: skip
        session.flush()
        for kind, key in (("missing", "LEAD/1@1#1"), ("altered", "LEAD/2@1#2")):
            session.add(
                Difference(
                    reconciliation_id="rc-2026-11-24", kind=kind, key=key, ours="a" * 64, theirs="", state="sent",
                    message_id="m-1", at=at,
                )
            )  # fmt: skip
        session.add(
            OfflinePackage(
                id=PACKAGE, direction="out", peer="310000", number=1, prev_sha256="0" * 64, sha256="b" * 64,
                purpose="移送线索", messages=3, size=5_000, volumes=2, state="packed",
                folder=str(house.context.settings.data_dir / "exchange" / PACKAGE), created_by="system:cli", at=at,
            )
        )  # fmt: skip
        wish = Wish("TAX-310000", "shop", "税源比对", "税收征收管理法 第6条", "inbox", from_now=False)
        contract.ask(session, wish, actor="supervisor", at=at)
        feed.publish(session, "shop", "1", 1, {"name": "测试店"}, at=at, region="310115")
        notice.tell(
            session, key="k1", owner=notice.EXCHANGE_OFFICE, kind="reconciliation", title="对账 reconciliation",
            detail={"missing": 1}, link="/exchange/reconciliations/rc-2026-11-24", at=at, due_at=at - timedelta(days=1),
        )  # fmt: skip
        notice.tell(
            session, key="k2", owner="TAX-310000", kind="subscription", title="变化 changes", at=at,
            detail={"rows": [{"number": 1, "op": "VOID", "version": 1, "row": {"shop_id": "1"}}]},
        )  # fmt: skip
        notice.tell(session, key="k3", owner="investigator", kind="quality", title="私 private", at=at)
    return house


RECONS, RECON = "/exchange/reconciliations", "/exchange/reconciliations/rc-2026-11-24"
PAGES = (
    RECONS, f"{RECONS}?found=yes&state=agreed", RECON, f"{RECON}?kind=missing", f"{RECONS}/rc-2026-11-25",
    "/exchange/offline", f"/exchange/offline/{PACKAGE}", "/exchange/offline?direction=out&state=packed",
    "/subscriptions", "/subscriptions/1", "/subscriptions?state=asked&subscriber=TAX-310000&data_set=shop",
    "/inbox", "/inbox/1", "/inbox/2", "/inbox?state=done",
)  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_open_in_both_languages(filled: House, language: str) -> None:
    """Every field has its label, nothing is inline, every id is once."""
    browser = filled.browser("investigator")
    browser.cookies["wangjian_language"] = language
    for path in PAGES:
        response = browser.get(path)
        assert response.status_code == 200, (path, response.text[:600])
        page = LexborHTMLParser(response.text)
        assert page.css_first("h1") is not None
        assert not page.css("[style]")
        labels = {label.attributes.get("for") for label in page.css("label")}
        for field in page.css("main input:not([type=hidden]):not([type=checkbox]), main select"):
            assert field.attributes.get("id") in labels, (path, field.html)
        ids = [node.attributes["id"] for node in page.css("[id]")]
        assert len(ids) == len(set(ids)), path


def test_every_number_opens_its_rows(filled: House) -> None:
    """The figure of a kind leads to the differences of that kind and no others."""
    browser = filled.browser("supervisor")
    page = LexborHTMLParser(browser.get("/exchange/reconciliations").text)
    hrefs = [str(node.attributes["href"]) for node in page.css("td.num a")]
    assert hrefs == [f"/exchange/reconciliations/rc-2026-11-24?kind={kind}" for kind in ("missing", "altered")]
    shown = browser.get(hrefs[0]).text
    assert "LEAD/1@1#1" in shown
    assert "LEAD/2@1#2" not in shown


def test_long_lists_have_slices(filled: House) -> None:
    """Reconciliations by day, from the newest on."""
    with filled.context.database.write() as session:
        for number in range(60):
            session.add(
                Reconciliation(
                    id=f"rc-x{number:02d}", peer="000000", data_set=f"stream/310115/X{number}", role="asker",
                    sender="310115",
                    day="2026-11-20", cut=1, state="agreed", ours=MANIFEST, begun_at=filled.clock.at,
                )
            )  # fmt: skip
    browser, path, seen = filled.browser("supervisor"), "/exchange/reconciliations", []
    for _ in range(2):
        page = LexborHTMLParser(browser.get(path).text)
        seen += [str(node.attributes["href"]) for node in page.css("a[data-open]")]
        following = page.css_first("a[rel=next]")
        path = str(following.attributes["href"]) if following else path
    assert len(seen) == len(set(seen)) == 62


def test_two_officers_release_with_their_passwords(filled: House) -> None:
    """One is not enough; the page counts them; a wrong password and a supervisor are refused."""
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    browsers: list[Browser] = [filled.browser("investigator"), second_investigator(filled)]
    with filled.context.database.write() as session:
        for account in ("investigator", "wang"):
            enter_officer(session, account, at=filled.clock.at)
            session.execute(select(User).where(User.name == account)).scalar_one().password_hash = digest
    path = f"/exchange/offline/{PACKAGE}"
    assert filled.browser("supervisor").post(f"{path}/release", data={"password": PASSWORD}).status_code == 403
    assert browsers[0].post(f"{path}/release", data={"password": "wrong"}).status_code == 422
    assert browsers[0].post(f"{path}/release", data={"password": PASSWORD}).status_code == 303
    assert "1 / 2" in browsers[0].get(path).text
    assert browsers[0].post(f"{path}/release", data={"password": PASSWORD}).status_code == 409
    assert browsers[1].post(f"{path}/release", data={"password": PASSWORD}).status_code == 303
    page = browsers[1].get(path).text
    assert "已放行" in page
    assert f"wangjian exchange carry {PACKAGE}" in page
    assert browsers[1].post(f"{path}/withdraw").status_code == 409


def test_a_package_is_withdrawn_before_its_release(filled: House, tmp_path: Path) -> None:
    """It is gone from the list, and the audit trail keeps it."""
    del tmp_path
    assert filled.browser("investigator").post(f"/exchange/offline/{PACKAGE}/withdraw").status_code == 303
    assert filled.browser("investigator").get(f"/exchange/offline/{PACKAGE}").status_code == 404
    with filled.context.database.read() as session:
        assert "offline.withdraw" in session.execute(select(AuditEntry.action)).scalars().all()


def test_a_subscription_is_asked_and_approved_by_two_people(filled: House) -> None:
    """Beyond the scope it is refused; who asked does not approve."""
    one, two = filled.browser("supervisor"), filled.browser("investigator")
    form = {"scope": "TAX-310000/subject", "purpose": "p", "legal_basis": "b", "channel": "file"}
    assert one.post("/subscriptions", data={**form, "scope": "TAX-310000/lead"}).status_code == 422
    assert one.post("/subscriptions", data={**form, "fields": ["address"]}).status_code == 422
    assert one.post("/subscriptions", data={**form, "purpose": ""}).status_code == 422
    bad = {"filter_field": "address", "filter_op": "eq", "filter_value": "x"}
    assert one.post("/subscriptions", data={**form, **bad}).status_code == 422
    good = {"filter_field": "status", "filter_op": "eq", "filter_value": "active", "fields": ["code", "name"]}
    made = one.post("/subscriptions", data={**form, **good})
    assert made.headers["location"] == "/subscriptions/2"
    assert one.post("/subscriptions/2/decision", data={"verb": "approve"}).status_code == 422
    assert two.post("/subscriptions/2/decision", data={"verb": "approve"}).status_code == 303
    assert two.post("/subscriptions/2/decision", data={"verb": "pause", "reason": "核查"}).status_code == 303
    with filled.context.database.read() as session:
        row = session.get_one(Subscription, 2)
        assert (row.state, row.fields, row.approved_by) == ("paused", ["subject_id", "code", "name"], "investigator")


def test_figures_of_a_subscription_open_their_changes(filled: House) -> None:
    """What waits is shown as the subscriber will get it; what is out of scope is said and not shown."""
    browser = filled.browser("supervisor")
    page = LexborHTMLParser(browser.get("/subscriptions").text)
    hrefs = [str(node.attributes["href"]) for node in page.css("td.num a")]
    assert hrefs == ["/subscriptions/1?part=delivered#changes", "/subscriptions/1?part=waiting#changes"]
    shown = browser.get(hrefs[1].partition("#")[0]).text
    assert "测试店" in shown
    assert "测试店" not in browser.get(hrefs[0].partition("#")[0]).text
    with filled.context.database.write() as session:
        session.get_one(Subscription, 1).filters = [{"field": "status", "op": "eq", "value": ["gone"]}]
    shown = browser.get(hrefs[1].partition("#")[0]).text
    assert "测试店" not in shown
    assert "不送达" in shown
    assert browser.get("/subscriptions/1?part=all").status_code == 422


def test_notices_of_another_person_are_hidden(filled: House) -> None:
    """Those of units are everybody's who works with them; opened, a notice names its first reader."""
    supervisor, investigator = filled.browser("supervisor"), filled.browser("investigator")
    assert "私 private" not in supervisor.get("/inbox").text
    assert supervisor.get("/inbox/3").status_code == 404
    assert supervisor.post("/inbox/3/done").status_code == 404
    assert "私 private" in investigator.get("/inbox").text
    assert "已超期" in supervisor.get("/inbox").text
    assert supervisor.get("/inbox/1").status_code == 200
    assert investigator.get("/inbox/1").status_code == 200
    assert investigator.post("/inbox/1/done").status_code == 303
    assert investigator.post("/inbox/1/done").status_code == 303
    with filled.context.database.read() as session:
        row = session.get_one(Notice, 1)
        assert (row.read_by, row.done_at) == ("supervisor", filled.clock.at)
        actions = session.execute(select(AuditEntry.action)).scalars().all()
    assert actions.count("notice.done") == 1


@pytest.mark.parametrize(
    "path", ["/exchange/reconciliations/none", "/exchange/offline/none", "/subscriptions/99", "/inbox/99"]
)
def test_what_is_not_there_is_said(filled: House, path: str) -> None:
    """With a page, and the way back."""
    assert filled.browser("supervisor").get(path).status_code == 404
    assert filled.browser("administrator").get(path).status_code == 403
