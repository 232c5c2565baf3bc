"""``meta/capture.json`` and the worker's answer, made from a shot."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crawlers.capture import bundle, look
from crawlers.capture.browser import BrowserFacts
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Exchange
from crawlers.capture.order import Beacon, CaptureOrder, RecoverOrder
from crawlers.capture.visit import Visit
from kernel.clock import CHINA, iso
from kernel.crypto import sha256_hex

POLICY_VERSION = "capture-2"
INITIAL, SCROLLED = "data/screens/000-initial.png", "data/screens/010-after-scroll.png"
DOCUMENT, PRINTED = "data/dom.html", "data/page.pdf"
NOTHING_NEW = "not taken: scrolling brought no request and no change of the document"
DERIVED = {
    INITIAL: "page as shown after loading",
    SCROLLED: "page as shown after scrolling to its end and back",
    PRINTED: "page printed by the browser",
    DOCUMENT: "document after scripts, serialised by the browser",
}
ORIGINALS = ("data/capture.wacz", "data/net/requests.jsonl", "data/net/dns.jsonl", "data/net/tls")


@dataclass(slots=True)
class Looks:
    """How the page looked, and how long each stage took (milliseconds)."""

    initial: look.Picture | None = None
    scrolled: look.Picture | None = None
    scrolling: look.Scrolling = field(default_factory=lambda: look.Scrolling(0, 0, "bottom"))
    html: str = ""
    title: str = ""
    stages: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shot:
    """Everything that goes into the files of one capture."""

    order: CaptureOrder
    visit: Visit
    looks: Looks
    seen: bundle.Seen
    span: tuple[datetime, datetime]
    clock: list[dict[str, object]]
    facts: BrowserFacts


def main_exchange(chain: list[Exchange]) -> Exchange:
    """The page itself: the last document that was answered.

    Raises:
        CaptureError: ``unreachable``: none was.
    """
    answered = [item for item in chain if item.answered]
    if not answered:
        raise CaptureError("unreachable", "expected an answer for the page itself, got none", hint="Try again later.")
    return answered[-1]


def record_of(
    shot: Shot, main: Exchange, chains: list[dict[str, object]], completeness: dict[str, object]
) -> dict[str, object]:
    """The content of ``meta/capture.json``."""
    visit, options = shot.visit, shot.order.options
    host, port = bundle.endpoint(main.url)
    started, ended = shot.span
    connection = next((item for item in shot.seen.records if item.host == host and item.port == port), None)
    return {
        "version": POLICY_VERSION,
        "id": shot.order.id,
        "purpose": options.purpose,
        "order": options.order,
        "requested_url": shot.order.url,
        "final_url": visit.final_url,
        "title": shot.looks.title,
        "redirect_chain": bundle.redirect_chain(visit.main_chain()),
        "started_at": iso(started),
        "ended_at": iso(ended),
        "started_local": started.astimezone(CHINA).isoformat(),
        "ended_local": ended.astimezone(CHINA).isoformat(),
        "clock": shot.clock,
        "options": {
            "viewport": options.viewport.model_dump(),
            "locale": options.locale,
            "timezone": options.timezone,
            "accept_bad_tls": options.accept_bad_tls,
            "timeout_ms": round(options.timeout_s * 1000),
        },
        "account": "",
        "beacon": beacon_fact(shot.order.beacon),
        "browser": {"version": shot.facts.version, "sha256": shot.facts.sha256, "sandbox": shot.facts.sandbox},
        "main_document": {
            "url": main.url,
            "status": main.status,
            "remote_address": shot.seen.address(main.url),
            "remote_port": port,
            "protocol": main.protocol,
            "tls": main.tls_protocol,
            "cipher": main.cipher,
            "tls_verdict": _tls_verdict(shot, main),
            "certificates": _fingerprints(chains, main.url),
            "certificates_held": bundle.HELD,
            "certificate_of_connection": bundle.leaf_agrees(chains, main),
            "dns": [{"address": item.address, "ttl": item.ttl} for item in connection.answers] if connection else [],
            "resolver": connection.resolver if connection else "",
            "body_sha256": sha256_hex(main.body) if main.body is not None else "",
        },
        "behaviours": {
            "scroll_steps": shot.looks.scrolling.steps,
            "scroll_stop": shot.looks.scrolling.stop,
            "page_height_px": shot.looks.scrolling.height_px,
            "picture_after_scroll": "taken" if shot.looks.scrolled else NOTHING_NEW,
            "events": visit.notes,
        },
        "completeness": completeness["verdict"],
        "stop_reason": completeness["stop_reason"],
        "flags": completeness["flags"],
        "originals": list(ORIGINALS),
        "derived": {name: text for name, text in DERIVED.items() if name != SCROLLED or shot.looks.scrolled},
    }


def beacon_fact(beacon: Beacon) -> dict[str, object]:
    """What ``meta/capture.json`` says of the beacon."""
    if beacon.reason:
        return {"state": "none", "reason": beacon.reason}
    return {
        "state": "given",
        "at": beacon.at,
        "tsa": beacon.tsa,
        "note_sha256": sha256_hex(beacon.note.encode()),
        "response_sha256": sha256_hex(beacon.response),
    }


def _tls_verdict(shot: Shot, main: Exchange) -> dict[str, str]:
    """Chromium's judgement of the main document's certificate."""
    if not main.url.startswith("https:"):
        return {"state": "none", "error": ""}
    certificate = shot.visit.security.get("certificateSecurityState") or {}
    error = str(certificate.get("certificateNetworkError") or "")
    if error:
        return {"state": "invalid", "error": error}
    if not shot.order.options.accept_bad_tls or shot.visit.security.get("securityState") == "secure":
        return {"state": "valid", "error": ""}
    return {"state": "NOT_CHECKED", "error": ""}


def _fingerprints(chains: list[dict[str, object]], url: str) -> list[str]:
    for chain in chains:
        certificates = chain["certificates"]
        if url.startswith(f"{chain['origin']}/") and isinstance(certificates, list):
            return [str(item["sha256"]) for item in certificates]
    return []


def summary_of(record: Mapping[str, object], completeness: Mapping[str, object]) -> dict[str, object]:
    """What the worker answers and lists show."""
    main = record["main_document"]
    names = (
        "id",
        "requested_url",
        "final_url",
        "title",
        "started_at",
        "ended_at",
        "completeness",
        "stop_reason",
        "flags",
    )
    later = ("beacon", "second_look", "node_signature", "recovered")
    brief = {name: record[name] for name in (*names, *later) if name in record}
    failed, blocked = completeness["failed"], completeness["blocked"]
    counts = {
        "loaded": completeness["loaded"],
        "failed": len(failed) if isinstance(failed, list) else 0,
        "blocked": len(blocked) if isinstance(blocked, list) else 0,
    }
    return {**brief, **counts, "main_document": main}


def earlier(order: CaptureOrder | RecoverOrder) -> dict[str, object]:
    """The result of a capture that was made before: an order given twice is carried out once.

    Raises:
        CaptureError: ``out_exists`` where the folder holds something else.
    """
    try:
        record = json.loads((order.out / "meta/capture.json").read_bytes())
        completeness = json.loads((order.out / "meta/completeness.json").read_bytes())
        same = record["id"] == order.id and record["requested_url"] == order.url
    except (OSError, ValueError, KeyError):
        same = False
    if not same:
        raise CaptureError("out_exists", f"expected no folder {order.out}, got one", hint="Choose another folder.")
    listed = [_listed(order.out, path) for path in sorted(order.out.rglob("*")) if path.is_file()]
    return {**summary_of(record, completeness), "files": listed, "stages_ms": {}, "reused": True}


def _listed(out: Path, path: Path) -> dict[str, object]:
    data = path.read_bytes()
    return {"path": path.relative_to(out).as_posix(), "bytes": len(data), "sha256": sha256_hex(data)}
