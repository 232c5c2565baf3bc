"""The capture folder."""

import json
from pathlib import Path

import pytest

from evidence.capture import read_capture
from evidence.errors import CaptureFolderError
from tests.data.evidence.workshop import URL, make_capture


def edit(folder: Path, name: str, **change: object) -> None:
    """A record with fields changed."""
    path = folder / "meta" / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def test_reads_the_facts(capture: Path) -> None:
    """Address, times, verdicts, rows for the report."""
    found = read_capture(capture)
    assert (found.url, found.completeness, found.origin_tls) == (URL, "COMPLETE", "good")
    assert found.started_at < found.ended_at
    assert ("远端地址 Remote", "127.0.0.1:443") in found.network
    assert ("DNS", "127.0.0.1 (TTL 60 s)") in found.network
    main = json.loads((capture / "meta" / "capture.json").read_text())["main_document"]
    edit(capture, "capture.json", main_document={**main, "dns": [{"address": "203.0.113.8", "ttl": None}]})
    assert ("DNS", "203.0.113.8") in read_capture(capture).network
    assert "data/net/empty.jsonl" in found.files


def test_circumstances_are_told(capture: Path) -> None:
    """Beacon, node's signature, second looks and recovery each have a row where the record speaks of them."""
    edit(
        capture,
        "capture.json",
        beacon={"state": "given", "at": "2026-11-25T00:00:00Z", "tsa": "alpha"},
        node_signature={"state": "none", "reason": "no key"},
        second_look={
            "state": "looked",
            "fetch": {"state": "compared", "different": ["prices", "text"]},
            "node": {"state": "compared", "different": []},
        },
        recovered={"at": "2026-11-25T01:00:00Z", "archive_bytes": 3},
    )
    rows = dict(read_capture(capture).network)
    assert rows["时间信标 Beacon"] == "given 2026-11-25T00:00:00Z"
    assert rows["节点签名 Node signature"] == "none no key"
    assert rows["再次抓取 Plain fetch"] == "不同 different: prices, text"
    assert rows["第二节点 Second node"] == "一致 the same"
    assert rows["中断后恢复 Recovered"] == "2026-11-25T01:00:00Z"


@pytest.mark.parametrize(("tls", "word"), [("invalid", "bad"), ("none", "none"), ("NOT_CHECKED", "unknown")])
def test_certificate_states(tmp_path: Path, tls: str, word: str) -> None:
    """Each of the capture's words has ours."""
    assert read_capture(make_capture(tmp_path / "c", tls=tls)).origin_tls == word


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("capture.json", {"id": 3}),
        ("capture.json", {"started_at": "yesterday"}),
        ("capture.json", {"started_at": "2026-11-25T08:00:00"}),
        ("capture.json", {"ended_at": "2020-01-01T00:00:00Z"}),
        ("capture.json", {"main_document": None}),
        ("capture.json", {"main_document": {"tls_verdict": {"state": "fine"}}}),
        ("completeness.json", {"verdict": "MOSTLY"}),
        ("completeness.json", {"verdict": None}),
    ],
)
def test_records_that_are_not_understood(capture: Path, name: str, change: dict[str, object]) -> None:
    """Refused, never guessed."""
    edit(capture, name, **change)
    with pytest.raises(CaptureFolderError):
        read_capture(capture)


@pytest.mark.parametrize("text", ["", "{", "[]", "\udc80"])
def test_records_that_are_no_objects(capture: Path, text: str) -> None:
    """A cut or empty record is not a capture."""
    (capture / "meta/capture.json").write_text(text, "utf-8", errors="surrogateescape")
    with pytest.raises(CaptureFolderError):
        read_capture(capture)


@pytest.mark.parametrize("name", ["data/中文.html", "data/.hidden", "data/a b", "other.txt", "data/DOM.html"])
def test_names_that_are_refused(capture: Path, name: str) -> None:
    """Plain names below data/ and meta/, distinct without case."""
    (capture / name).touch()
    with pytest.raises(CaptureFolderError):
        read_capture(capture)


def test_links_and_empty_folders(capture: Path, tmp_path: Path) -> None:
    """No links; no capture without captured files."""
    (capture / "data/link").symlink_to("/etc/passwd")
    with pytest.raises(CaptureFolderError, match="link"):
        read_capture(capture)
    (tmp_path / "empty" / "meta").mkdir(parents=True)
    with pytest.raises(CaptureFolderError, match="none"):
        read_capture(tmp_path / "empty")
    with pytest.raises(CaptureFolderError, match="none"):
        read_capture(tmp_path / "nothing")


def test_huge_record(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond all measure is not read."""
    monkeypatch.setattr("evidence.capture.MAX_JSON_BYTES", 10)
    with pytest.raises(CaptureFolderError, match="below"):
        read_capture(capture)
