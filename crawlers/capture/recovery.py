"""A capture that was interrupted, made whole as far as it went: PARTIAL, and it says so.

The tape is cut after its last complete record; what lies behind the cut is kept beside it. Every snapshot on the tape,
and every checkpoint that was committed elsewhere while it ran, must fit the bytes that are there, or nothing is made.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

from crawlers.capture import bundle
from crawlers.capture.development import Darkroom, Facts
from crawlers.capture.environment import clock_reading, clock_sample
from crawlers.capture.errors import CaptureError
from crawlers.capture.order import RecoverOrder
from crawlers.capture.playback import Record, replay
from crawlers.capture.record import DERIVED, ORIGINALS, POLICY_VERSION, summary_of
from crawlers.capture.tape import (
    FILES,
    ORDER,
    RUNNING,
    SNAPSHOT_RECORDS,
    length,
    running_file,
    running_lines,
    tape_of,
    torn_of,
)
from crawlers.capture.wacz import WARC_NAME, ReplayPage
from crawlers.capture.warc import WarcWriter
from kernel.clock import CHINA, iso, now, parse_iso
from kernel.crypto import canonical_json, sha256_hex

UNCOMMITTED_RECORDS = 2 * SNAPSHOT_RECORDS
"""An archive this long was told to custody while it grew; one that was not is not the capture's."""
STOP = "interrupted"
TORN_RECORD = "data/torn-record.bin"
MAX_HOPS = 20
OPTIONS = ("viewport", "locale", "timezone", "accept_bad_tls")

Tell = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class _Found:
    """A tape that may be used: its order, its records, its index, and what was behind the cut."""

    folder: Path
    told: Facts
    records: tuple[Record, ...]
    writer: WarcWriter
    cut: int
    checked: int


def recover(order: RecoverOrder, darkroom: Darkroom, tell: Tell) -> dict[str, object]:
    """Make a folder of the richest tape that interrupted tries left.

    Args:
        tell: takes the checkpoint event of the whole, cut archive.

    Returns:
        the result of the line protocol.

    Raises:
        CaptureError: ``nothing_to_recover``: no tape with an answer; ``tape_changed``: the tape does not fit what was
            committed while it ran.

    Effects: ``order.out``; the tapes are removed once it is there.
    """
    folder = max((tape_of(order.out), torn_of(order.out)), key=length)
    found = _open(folder, order)
    started = str(found.told["started_at"])
    lines = running_lines(folder)
    if not lines or lines[-1]["bytes"] != found.writer.size:
        lines.append({"at": iso(now()), "bytes": found.writer.size, "sha256": found.writer.digest()})
        (folder / RUNNING).write_bytes(b"".join(canonical_json(line) + b"\n" for line in lines))
    tell({"event": "checkpoint", "started_at": started, **lines[-1]})
    ended = max(parse_iso(text) for text in (started, *(record.date for record in found.records)))
    main = _main_chain(order.url, found.records)
    record = _record(order, found, main, ended)
    page = ReplayPage(main[-1].url, str(record["title"]), parse_iso(started))
    files = {**_tables(found, main), "meta/running.jsonl": running_file(
        darkroom.bind(folder, found.writer.cdxj(), page), lines
    )}  # fmt: skip
    record["software"] = {"name": darkroom.environment.software(), "commit": darkroom.environment.commit}
    completeness: Facts = {
        "verdict": "PARTIAL",
        "loaded": sum(item.kind == "response" for item in found.records),
        "failed": [],
        "blocked": [],
        "flags": [],
        "stop_reason": STOP,
        "not_original": [],
    }
    listed = darkroom.finish(order.out, folder, files, (record, completeness), ended)
    for place in (tape_of(order.out), torn_of(order.out)):
        shutil.rmtree(place, ignore_errors=True)
    return {**summary_of(record, completeness), "files": listed, "stages_ms": {}, "reused": False}


def _open(folder: Path, order: RecoverOrder) -> _Found:
    try:
        told = json.loads((folder / ORDER).read_bytes())
        data = (folder / WARC_NAME).read_bytes()
        lines = running_lines(folder)
    except (OSError, ValueError) as error:
        raise _nothing(order, "no tape was left") from error
    if (told.get("id"), told.get("url")) != (order.id, order.url):
        raise _nothing(order, f"the tape is of {told.get('id')!r} {told.get('url')!r}")
    committed = [
        {"bytes": item.bytes, "sha256": item.sha256}
        for item in order.checkpoints
        if item.started_at == told["started_at"]
    ]
    _check(data, [*lines, *committed])
    with Path(os.devnull).open("wb") as nothing:
        writer = WarcWriter(WARC_NAME, nothing)
        records = tuple(replay(data, writer))
    least = max((int(str(item["bytes"])) for item in (*lines, *committed)), default=0)
    if writer.size < least:
        raise _changed(f"records up to byte {least}", f"whole records up to byte {writer.size}")
    if not committed and len(records) > UNCOMMITTED_RECORDS:
        raise _changed("a digest in custody of so long an archive", f"none that began {told['started_at']}")
    if not any(item.kind == "response" for item in records):
        raise _nothing(order, "no answer is on the tape")
    rest = data[writer.size :]
    if rest:
        (folder / FILES / TORN_RECORD).parent.mkdir(parents=True, exist_ok=True)
        (folder / FILES / TORN_RECORD).write_bytes(rest)
        os.truncate(folder / WARC_NAME, writer.size)
    return _Found(folder, told, records, writer, len(rest), len(committed))


def _check(data: bytes, snapshots: Iterable[Facts]) -> None:
    running, done = hashlib.sha256(), 0
    for item in sorted(snapshots, key=lambda item: int(str(item["bytes"]))):
        size = int(str(item["bytes"]))
        if size > len(data):
            raise _changed(f"at least {size} bytes", f"{len(data)}")
        running.update(data[done:size])
        done = size
        if running.copy().hexdigest() != item["sha256"]:
            raise _changed(f"digest {str(item['sha256'])[:16]} of the first {size} bytes", running.hexdigest()[:16])


def _changed(expected: str, got: str) -> CaptureError:
    return CaptureError(
        "tape_changed",
        f"expected {expected} on the tape of the interrupted capture, got {got}",
        hint="The tape was changed after it was committed. Keep the folder for an inquiry and order the page anew.",
    )


def _nothing(order: RecoverOrder, reason: str) -> CaptureError:
    return CaptureError(
        "nothing_to_recover",
        f"expected the tape of an interrupted capture beside {order.out}, got: {reason}",
        hint="Order the page anew.",
    )


def _main_chain(url: str, records: Iterable[Record]) -> list[Record]:
    """The page and the redirects before it, as far as they are on the tape."""
    answers: dict[str, Record] = {}
    for record in records:
        if record.kind == "response":
            answers.setdefault(record.url, record)
    chain: list[Record] = []
    target = url.partition("#")[0]
    while (found := answers.get(target)) is not None and found not in chain and len(chain) < MAX_HOPS:
        chain.append(found)
        target = urljoin(target, found.location).partition("#")[0] if found.location else ""
    return chain or [next(iter(answers.values()))]


def _record(order: RecoverOrder, found: _Found, main: list[Record], ended: datetime) -> Facts:
    told, last = found.told, main[-1]
    started = parse_iso(str(told["started_at"]))
    options = told["options"] if isinstance(told["options"], dict) else {}
    there = [name for name in DERIVED if (found.folder / FILES / name).is_file()]
    names = [item for item in found.records if item.kind == "dns" and item.url == bundle.endpoint(last.url)[0]]
    secure = last.url.startswith("https:")
    return {
        "version": POLICY_VERSION,
        "id": order.id,
        "purpose": options.get("purpose", ""),
        "order": options.get("order", {}),
        "requested_url": order.url,
        "final_url": last.url,
        "title": last.title,
        "redirect_chain": [{"url": item.url, "status": item.status, "at": item.date} for item in main],
        "started_at": iso(started),
        "ended_at": iso(ended),
        "started_local": started.astimezone(CHINA).isoformat(),
        "ended_local": ended.astimezone(CHINA).isoformat(),
        "clock": [clock_sample("recovered", now())],
        "options": {name: options[name] for name in OPTIONS if name in options},
        "account": "",
        "beacon": _beacon(found),
        "main_document": {
            "url": last.url,
            "status": last.status,
            "remote_address": last.address,
            "remote_port": bundle.endpoint(last.url)[1],
            "protocol": next(iter(last.protocols), ""),
            "tls": next((item.replace("tls/", "TLS ") for item in last.protocols if item.startswith("tls/")), ""),
            "cipher": last.cipher,
            "tls_verdict": {"state": "NOT_CHECKED" if secure else "none", "error": ""},
            "certificates": [],
            "dns": [answer for item in names for answer in item.answers],
            "resolver": next((item.address for item in names), ""),
            "body_sha256": last.payload_sha256,
        },
        "behaviours": {"scroll_steps": 0, "scroll_stop": STOP, "page_height_px": 0, "events": []},
        "completeness": "PARTIAL",
        "stop_reason": STOP,
        "flags": [],
        "recovered": {
            "at": iso(now()),
            "archive_bytes": found.writer.size,
            "bytes_behind_the_cut": found.cut,
            "committed_checkpoints_checked": found.checked,
        },
        "second_look": {"state": "not_asked", "reason": STOP},
        "originals": list(ORIGINALS),
        "derived": {name: DERIVED[name] for name in there},
        "warc_chain": {
            "form": "sha256(previous || sha256(gzip member)), from 32 zero bytes",
            "records": found.writer.count,
            "head": found.writer.chain.hex(),
        },
    }  # fmt: skip


def _beacon(found: _Found) -> Facts:
    told = found.told.get("beacon")
    beacon = told if isinstance(told, dict) else {}
    files = {path.name: path.read_bytes() for path in (found.folder / FILES / "meta").glob("beacon.*")}
    response = files.get(f"beacon.{beacon.get('tsa')}.tsr")
    if "beacon.note" not in files or response is None:
        return {"state": "none", "reason": beacon.get("reason") or STOP}
    return {
        "state": "given",
        "at": beacon.get("at", ""),
        "tsa": beacon.get("tsa", ""),
        "note_sha256": sha256_hex(files["beacon.note"]),
        "response_sha256": sha256_hex(response),
    }


def _tables(found: _Found, main: list[Record]) -> dict[str, bytes]:
    lines: list[Facts] = [
        {
            "type": "exchange",
            "source": "archive",
            "url": item.url,
            "status": item.status,
            "at": item.date,
            "remote_address": item.address,
            "remote_port": bundle.endpoint(item.url)[1],
            "protocol": next(iter(item.protocols), ""),
            "cipher": item.cipher,
        }
        for item in found.records
        if item.kind == "response"
    ]
    names: list[Facts] = [
        {"host": item.url, "at": item.date, "resolver": item.address, "answers": list(item.answers)}
        for item in found.records
        if item.kind == "dns"
    ]
    try:
        clean = json.loads((found.folder / "clean.json").read_bytes())
    except (OSError, ValueError):
        clean = {"state": "NOT_CHECKED", "reason": STOP}
    clean["clock"] = clock_reading(
        [clock_sample("start", parse_iso(str(found.told["started_at"])))],
        {"state": "NOT_CHECKED", "reason": STOP, "samples": []},
    )
    files = {
        "data/net/chains.json": canonical_json([]),
        "data/net/dns.jsonl": bundle.json_lines(names),
        "data/net/requests.jsonl": bundle.json_lines(lines),
        "data/env/clean.json": canonical_json(clean),
    }
    document = main[-1]
    if "html" in document.mime and not (found.folder / FILES / "data/dom.html").exists():
        files["data/document.html"] = document.payload
    return files
