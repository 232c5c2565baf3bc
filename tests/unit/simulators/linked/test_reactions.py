from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulators.linked.reactions import Memory, react
from simulators.linked.world import books
from simulators.market.model import Ports

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DECISION = {
    "PenDecNo": "沪市监测处〔2026〕1号", "PartyName": "上海测试（测试）有限公司", "UniSCID": "91310115XX0000019T",
    "IllegActType": "虚假标价", "PenContent": "罚款", "PenAuth": "测试局", "PenDecIssDate": "2026-11-20",
}  # fmt: skip


def test_a_note_shows_on_its_complaint() -> None:
    """Its next version says that a lead was added; a note on nothing changes nothing."""
    book = books(Ports(), at=AT)["complaint12315"]
    key = book.entries()[0].key
    react(book, "p", "note", {"REGINO": key}, AT)
    react(book, "p", "note", {"REGINO": "none"}, AT)
    assert (book.entry(key).version, book.entry(key).fields["ISRECONCILE"]) == (2, "附监测线索")


def test_a_decision_becomes_a_penalty() -> None:
    """With the published fields."""
    book = books(Ports(), at=AT)["penalty"]
    fields = set(book.entries()[0].fields)
    react(book, "p", "publicity", DECISION, AT)
    assert set(book.entry("CF-p").fields) == fields


def test_what_was_handed_over_is_not_forgotten(tmp_path: Path) -> None:
    """Also after a new start, whose records are those of the first one."""
    memory = Memory(tmp_path / "x" / "posts.jsonl")
    assert memory.began(AT) == AT
    memory.add("penalty", {"id": "p", "kind": "publicity", "payload": DECISION, "at": AT.isoformat()})
    again = Memory(tmp_path / "x" / "posts.jsonl")
    assert again.began(AT + timedelta(days=9)) == AT
    found = books(Ports(), at=AT)
    again.replay(found)
    assert found["penalty"].find("CF-p") is not None
    assert found["penalty"].take_post("p", "publicity", DECISION, AT)["state"] == "duplicate"
    Memory(tmp_path / "none").replay(found)
