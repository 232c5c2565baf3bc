"""What the page of sealed evidence says of its package: stated, then proven, with the contents behind a purpose."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from api.package_record import Standing, authority_of, missing, proven, second_look, stated
from evidence import container
from evidence.package import open_package
from evidence.seal import Sealed
from kernel.crypto import digest_file, sha256_hex
from kernel.models import CustodyEvent, Evidence
from tests.data.evidence.people import enter_capture, enter_case
from tests.data.evidence.workshop import AT, Workshop, case_of, make_capture, open_workshop, put_running
from tests.unit.api.conftest import Browser, House

DIFF = {
    "first": "the browser's capture",
    "fetch": {
        "state": "compared",
        "same": ["status", "title"],
        "different": [{"what": "prices", "first": ["¥99"], "second": ["¥199"]}, {"what": "text"}],
        "text_only_in_first": {"count": 3, "texts": []},
        "text_only_in_second": {"count": 1, "texts": []},
    },
    "node": {"state": "failed", "reason": "<b>no route</b>"},
}
GONE = [
    {"url": f"https://cdn.example.test/{number}.png", "kind": "Image", "reason": "no_answer"} for number in range(3)
]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys, log, witnesses, timestamp services."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made


@pytest.fixture(scope="module")
def sealed(workshop: Workshop) -> Sealed:
    """A package with everything: beacon, differences, something missing."""
    folder = make_capture(workshop.folder / "capture", evidence_id="ev-000000000001aa", completeness="PARTIAL")
    (folder / "data/second").mkdir()
    (folder / "data/second/diff.json").write_text(json.dumps(DIFF), "utf-8")
    whole = {"verdict": "PARTIAL", "loaded": 3, "failed": GONE[:2], "blocked": GONE[2:], "stop_reason": "budget"}
    (folder / "meta/completeness.json").write_text(json.dumps(whole), "utf-8")
    workshop.put_beacon(folder)
    put_running(folder)
    workshop.sign_node(folder)
    return workshop.seal_folder(folder, "ev-000000000001aa", authority=case_of("ev-000000000001aa"))


@pytest.fixture
def stored(house: House, workshop: Workshop, sealed: Sealed) -> str:
    """The package in the store of an installation that trusts the same list."""
    config = house.context.settings
    key = digest_file(sealed.path)["sha256"]
    target = config.data_dir / "evidence" / key[:2] / key
    target.parent.mkdir(parents=True)
    shutil.copyfile(sealed.path, target)
    shutil.copytree(workshop.settings.trust_path(), config.trust_path(), dirs_exist_ok=True)
    with house.context.database.write() as session:
        row = session.get_one(Evidence, house.seeded.rule_evidence)
        row.state, row.store_key, row.root_sha256, row.case_number = "sealed", key, "a" * 64, "测试案7号"
        row.completeness, row.trust = "PARTIAL", "test"
        row.summary = {
            **row.summary,
            "second_look": {"state": "looked", "fetch": {"state": "compared", "different": []}},
        }
        for seq in (2, 3, 4):
            event = {"evidence_id": row.id, "seq": seq, "at": AT, "actor": "system:capture", "action": "checkpoint"}
            session.add(CustodyEvent(**event, prev_hash="0" * 64, hash=sha256_hex(str(seq).encode())))
        return row.id


def _page(browser: Browser, evidence_id: str) -> LexborHTMLParser:
    response = browser.get(f"/evidence/{evidence_id}")
    assert response.status_code == 200
    return LexborHTMLParser(response.text)


def _text(page: LexborHTMLParser, selector: str) -> str:
    node = page.css_first(selector)
    assert node is not None, selector
    return " ".join(node.text().split())


def test_a_package_states_its_times_its_place_and_its_ground(sealed: Sealed) -> None:
    """Read without hashing the package; nothing of it counts as verified."""
    package = open_package(sealed.path)
    said, ground, looks, gone = stated(package), authority_of(package), second_look(package), missing(package)
    assert (said.verified_at, said.not_before, said.not_after) == (None, AT - timedelta(seconds=30), AT)
    assert said.seconds() == 30
    assert 0 <= said.index < said.size
    assert said.witnesses == ("witness.example.test/north", "witness.example.test/south")
    assert [officer.certificate_number for officer in ground.officers] == ["XX-0001", "XX-0002"]
    assert [(look.who, look.state, len(look.different)) for look in looks] == [
        ("fetch", "compared", 2),
        ("node", "failed", 0),
    ]
    assert (looks[0].only_first, looks[0].only_second) == (3, 1)
    assert (gone.total, [one.how for one in gone.shown]) == (3, ["failed", "failed", "blocked"])


def test_damaged_or_absent_parts_are_not_recorded_and_break_nothing(tmp_path: Path) -> None:
    """No checkpoint, JSON that is none, lists where objects belong, a stamp that is none."""
    files = {
        "data/second/diff.json": b'{"fetch": {"state": "compared", "different": "x"}, "node": []}',
        "meta/completeness.json": b"[1]",
        "meta/authority.json": b"{",
        "meta/beacon.alpha.tsr": b"no stamp",
        "seal/checkpoint.note": b"no note",
    }
    entries = []
    for number, (name, data) in enumerate(sorted(files.items())):
        (tmp_path / str(number)).write_bytes(data)
        entries.append((name, tmp_path / str(number)))
    with (tmp_path / "package.zip").open("wb") as stream:
        container.write(stream, entries)
    package = open_package(tmp_path / "package.zip")
    said = stated(package)
    assert (said.not_before, said.not_after, said.origin, said.index, said.witnesses) == (None, None, "", -1, ())
    assert said.seconds() is None
    assert authority_of(package).number == ""
    assert second_look(package)[0].different == ()
    assert missing(package).total == 0


def test_only_a_verification_that_kept_its_outcome_proves() -> None:
    """Those from before, and what is no time or number, prove nothing."""
    old = CustodyEvent(action="verified", at=AT, detail={"verdict": "PASSED", "codes": []})
    assert proven([old]) is None
    odd = CustodyEvent(action="verified", at=AT, detail={"not_after": "soon", "log_index": True, "witnesses": "x"})
    found = proven([odd, old])
    assert found is not None
    assert (found.not_after, found.index, found.witnesses, found.verified_at) == (None, -1, (), AT)


def test_a_long_bracket_is_told_in_days_and_hours() -> None:
    """Seconds alone below an hour; days and hours beside them above."""
    short = Standing(None, "", AT, AT + timedelta(seconds=3599), "", 0, -1, ())
    assert (short.seconds(), short.long()) == (3599, None)
    wide = replace(short, not_after=AT + timedelta(days=3, hours=5, minutes=59))
    assert wide.long() == (3, 5)
    assert replace(short, not_before=None).long() is None


def test_what_is_stated_becomes_proven_on_the_page(house: House, stored: str) -> None:
    """Times in Beijing's zone with the seconds between, the log with its witnesses, the officers, folded custody."""
    browser = house.browser("investigator")
    before = _text(_page(browser, stored), "#standing")
    assert "包内所载，尚未校验" in before
    for part in ("2026-11-25 15:59:30", "2026-11-25 16:00:00", "30 秒", "witness.example.test/north"):
        assert part in before
    stream = browser.post(f"/evidence/{stored}/verify", headers={"accept": "text/event-stream"}).text
    assert stream.count("event: standing") == 1
    assert "校验结论" in stream
    page = _page(browser, stored)
    after = _text(page, "#standing")
    assert "尚未校验" not in after
    for part in (
        "2026-11-25 15:59:30",
        "2026-11-25 16:00:00",
        "30 秒",
        "第 11 号",
        "test/north · witness.example.test/south",
    ):
        assert part in after, after
    assert page.css_first('#standing a[href="/log/checkpoint"]') is not None
    assert page.css_first('main a[href="/verifier"]') is not None
    assert house.browser().get("/verifier").status_code == 200
    assert "样例立案〔2026〕ev-000000000001aa号" in _text(page, "#approvals")
    assert "XX-0002" in _text(page, "#approvals"), "as sealed, where this installation has no approvals of its own"
    assert "× 3（第 2–4 条）" in _text(page, ".custody")
    assert len(page.css(".custody li")) == 3


def test_a_package_without_beacon_says_so(house: House, stored: str) -> None:
    """In plain words, with what it means."""
    with house.context.database.write() as session:
        detail = {"verdict": "RESERVED", "not_before": "", "not_after": "2026-11-25T08:00:00Z", "log_origin": ""}
        event = {"evidence_id": stored, "seq": 9, "at": AT, "actor": "x", "action": "verified", "detail": detail}
        session.add(CustodyEvent(**event, prev_hash="0" * 64, hash="1" * 64))
    said = _text(_page(house.browser("investigator"), stored), "#standing")
    assert "没有信标" in said
    assert "没有见证方会签" in said
    assert "秒" not in said


def test_details_of_the_second_look_are_contents(house: House, stored: str) -> None:
    """Before a purpose only whether something differs; then the table, escaped, and the list of what is missing."""
    browser = house.browser("investigator")
    page = _page(browser, stored)
    assert "未见不同" in _text(page, "#second-look")
    assert page.css_first("#second-look table, #missing table") is None
    assert browser.post(f"/evidence/{stored}/read", data={"purpose": "核查"}).status_code == 303
    page = _page(browser, stored)
    told = _text(page, "#second-look")
    for part in ("2 处不同", "¥99", "¥199", "仅此处有 3 段文字", "没有成功", "<b>no route</b>"):
        assert part in told
    assert page.css_first("#second-look b") is None
    assert len(page.css("#missing tbody tr")) == 3
    assert "没有应答" in _text(page, "#missing")


def test_evidence_is_listed_by_case_and_by_what_waits_for_officers(house: House) -> None:
    """The number's beginning is enough; a word that is no reason to wait finds nothing."""
    with house.context.database.write() as session:
        enter_case(session, at=house.clock.at)
        waiting = enter_capture(session, at=house.clock.at).id
        number = session.get_one(Evidence, waiting).case_number
        assert session.execute(select(Evidence).where(Evidence.case_number == number)).scalar_one().id == waiting
    browser = house.browser("investigator")
    page = LexborHTMLParser(browser.get(f"/evidence?case_number={number[:3]}").text)
    assert [node.attributes["href"] for node in page.css("td a[data-open]")] == [f"/evidence/{waiting}"]
    assert number in _text(page, "table.rows")
    assert any("waiting=officers" in str(node.attributes["href"]) for node in page.css(".facet a"))
    for path, count in (("waiting=officers", 1), ("waiting=godot", 0), ("case_number=%25", 0)):
        assert browser.get(f"/api/v1/evidence?{path}").json()["total"] == count, path
