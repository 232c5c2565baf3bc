"""What is made of an interrupted capture."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.capture.bundle import Seen
from crawlers.capture.development import Darkroom
from crawlers.capture.environment import Environment
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.order import Checkpoint, RecoverOrder
from crawlers.capture.recovery import TORN_RECORD, UNCOMMITTED_RECORDS, recover
from crawlers.capture.tape import Tape, tape_of, torn_of
from crawlers.capture.wacz import ReplayPage
from evidence.capture import read_capture
from kernel.clock import iso
from kernel.config import Settings

AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
URL = "https://shop.example.test/"


@pytest.fixture(scope="module")
def darkroom() -> Darkroom:
    """A darkroom without a key."""
    return Darkroom(Settings(), Environment())


def answered(url: str, body: str, status: int = 200, *head: tuple[str, str]) -> Exchange:
    """An exchange."""
    item = Exchange("1", url, "GET", "Document", AT, status=status, body=body.encode(), finished=True, mime="text/html")
    item.response_head = (("Content-Type", "text/html; charset=utf-8"), *head)
    item.protocol, item.tls_protocol, item.cipher = "h2", "TLS 1.3", "AES_128_GCM"
    return item


def interrupted(out: Path, *exchanges: Exchange, beacon: bool = True) -> tuple[Path, list[Checkpoint]]:
    """A tape of a capture that was killed, and what was committed."""
    told: dict[str, object] = {"id": "ev-1", "url": URL, "options": {"purpose": "why", "order": {}, "locale": "zh-CN"}}
    if beacon:
        told["beacon"] = {"tsa": "alpha", "at": "2026-11-25T01:02:00Z", "reason": ""}
    tape = Tape(out, AT, told, Veil(b"salt"))
    if beacon:
        tape.keep("meta/beacon.note", b"note")
        tape.keep("meta/beacon.alpha.tsr", b"tsr")
    tape.begin((("software", "test"),))
    tape.keep("data/screens/000-initial.png", b"png")
    tape.note("clean.json", {"proxy": {}})
    page = ReplayPage(URL, "", AT)
    tape.write(exchanges, Seen(exchanges, (), (), {("shop.example.test", 443): "203.0.113.9"}, page))
    snapshot = tape.snapshot()
    tape.drop(keep=True)
    line = snapshot.line()
    committed = Checkpoint(started_at=iso(AT), bytes=snapshot.size, sha256=str(line["sha256"]))
    return tape_of(out), [committed]


def order(out: Path, checkpoints: list[Checkpoint], **changes: str) -> RecoverOrder:
    """An order to recover."""
    fields = {"id": "ev-1", "url": URL, **changes}
    return RecoverOrder(op="recover", out=out, checkpoints=tuple(checkpoints), **fields)


def test_it_is_partial_and_says_so(tmp_path: Path, darkroom: Darkroom) -> None:
    """Redirect followed, facts from the records, pictures that were made, beacon, running hash; never COMPLETE."""
    out = tmp_path / "ev-1"
    tape, committed = interrupted(
        out, answered(URL, "", 302, ("Location", "/tea")), answered(URL + "tea", "<title>茶</title>价")
    )
    with (tape / "data.warc.gz").open("ab") as stream:
        stream.write(b"\x1f\x8b half a record")
    events: list[dict[str, object]] = []
    result = recover(order(out, committed), darkroom, events.append)
    assert (result["completeness"], result["stop_reason"]) == ("PARTIAL", "interrupted")
    assert not tape.exists()
    read = read_capture(out)
    assert (read.completeness, read.final_url, read.title) == ("PARTIAL", URL + "tea", "茶")
    record = json.loads((out / "meta/capture.json").read_bytes())
    main = record["main_document"]
    assert (main["status"], main["remote_address"], main["tls"]) == (200, "203.0.113.9", "TLS 1.3")
    assert main["tls_verdict"]["state"] == "NOT_CHECKED"
    assert record["beacon"]["state"] == "given"
    assert record["recovered"]["committed_checkpoints_checked"] == 1
    assert (out / TORN_RECORD).read_bytes() == b"\x1f\x8b half a record"
    assert (out / "data/screens/000-initial.png").is_file()
    assert (out / "meta/beacon.alpha.tsr").read_bytes() == b"tsr"
    first, *lines = [json.loads(line) for line in (out / "meta/running.jsonl").read_bytes().splitlines()]
    warc = zipfile.ZipFile(out / "data/capture.wacz").read(first["member"])
    data = (out / first["file"]).read_bytes()[first["offset"] : first["offset"] + first["size"]]
    assert data == warc
    assert lines[-1]["bytes"] == len(warc)
    assert events[-1]["bytes"] == len(warc)


def test_the_richer_tape_is_taken(tmp_path: Path, darkroom: Darkroom) -> None:
    """The last try got less far than the one before; without a beacon that is said."""
    out = tmp_path / "ev-1"
    interrupted(out, answered(URL, "<title>one</title>" + "x" * 9000), beacon=False)
    tape_of(out).rename(torn_of(out))
    Tape(out, AT, {"id": "ev-1", "url": URL}, Veil(b"")).drop(keep=True)
    result = recover(order(out, []), darkroom, lambda _event: None)
    assert result["title"] == "one"
    assert result["beacon"] == {"state": "none", "reason": "interrupted"}
    assert [path.name for path in tmp_path.iterdir()] == ["ev-1"]


@pytest.mark.parametrize("spoil", ["cut", "changed", "other"])
def test_a_changed_tape_is_refused(tmp_path: Path, darkroom: Darkroom, spoil: str) -> None:
    """Cut before a committed checkpoint, a byte changed, or a digest that was never its: nothing is made."""
    out = tmp_path / "ev-1"
    tape, committed = interrupted(out, answered(URL, "<title>茶</title>"))
    file = tape / "data.warc.gz"
    data = bytearray(file.read_bytes())
    if spoil == "cut":
        del data[-3:]
    elif spoil == "changed":
        data[len(data) // 2] ^= 1
    else:
        committed = [committed[0].model_copy(update={"sha256": "0" * 64})]
    file.write_bytes(data)
    with pytest.raises(CaptureError) as caught:
        recover(order(out, committed), darkroom, lambda _event: None)
    assert caught.value.code == "capture.tape_changed"
    assert not out.exists()
    assert tape.exists()


def test_a_long_tape_that_custody_never_heard_of_is_refused(tmp_path: Path, darkroom: Darkroom) -> None:
    """As when somebody lays another archive there, with another beginning: no digest of it was ever committed."""
    out = tmp_path / "ev-1"
    answers = [answered(f"{URL}{number}", "x") for number in range(UNCOMMITTED_RECORDS)]
    tape, committed = interrupted(out, answered(URL, "<title>茶</title>"), *answers)
    elsewhen = [one.model_copy(update={"started_at": iso(AT - timedelta(hours=1))}) for one in committed]
    with pytest.raises(CaptureError, match="digest in custody") as caught:
        recover(order(out, elsewhen), darkroom, lambda _event: None)
    assert caught.value.code == "capture.tape_changed"
    assert tape.exists()
    assert recover(order(out, committed), darkroom, lambda _event: None)["completeness"] == "PARTIAL"


def test_nothing_to_recover(tmp_path: Path, darkroom: Darkroom) -> None:
    """No tape, another's tape, no answer on it: told apart from a changed one."""
    out = tmp_path / "ev-1"
    cases = [order(out, [])]
    interrupted(tmp_path / "ev-2", answered(URL, "x"))
    cases.append(order(tmp_path / "ev-2", [], id="ev-9"))
    tape, _ = interrupted(tmp_path / "ev-3", answered(URL, "x"))
    cases.append(order(tmp_path / "ev-3", []))
    (tape / "data.warc.gz").write_bytes(b"")
    (tape / "running.jsonl").write_bytes(b"")
    for case in cases:
        with pytest.raises(CaptureError) as caught:
            recover(case, darkroom, lambda _event: None)
        assert caught.value.code == "capture.nothing_to_recover"
