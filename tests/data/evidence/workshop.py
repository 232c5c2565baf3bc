"""A small installation for tests: keys, two timestamp services on loopback, captures, sealed packages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image, ImageDraw

from evidence import trust
from evidence.custody import ZERO, event_hash, event_record
from evidence.keys import Keys, ensure_keys
from evidence.seal import Sealed, seal
from evidence.timestamp import Timestamper, open_timestampers
from kernel.clock import iso
from kernel.config import Settings
from kernel.models import CustodyEvent
from simulators.tsa.authority import Authority, make
from simulators.tsa.server import TsaServer

AT = datetime(2026, 11, 25, 8, 0, 0, tzinfo=UTC)
URL = "https://shop.example.test/item/1"


@dataclass(slots=True)
class Workshop:
    """What sealing needs, all on loopback and in one temporary folder."""

    folder: Path
    settings: Settings
    keys: Keys
    timestampers: tuple[Timestamper, ...]
    servers: dict[str, TsaServer]
    authorities: dict[str, Authority] = field(default_factory=dict)

    def trust(self) -> trust.Trust:
        """The trust list as published."""
        return trust.load(self.settings.trust_path())

    def seal(self, evidence_id: str = "ev-1", **capture: str) -> Sealed:
        """A sealed package of a small capture."""
        source = make_capture(self.folder / f"capture-{evidence_id}", evidence_id=evidence_id, **capture)
        return self.seal_folder(source, evidence_id)

    def seal_folder(self, source: Path, evidence_id: str = "ev-1", at: datetime = AT) -> Sealed:
        """A sealed package of a given folder."""
        return seal(
            source,
            evidence_id=evidence_id,
            custody=custody_of(evidence_id),
            keys=self.keys,
            timestampers=self.timestampers,
            at=at,
            work_dir=self.folder / "work",
        )


def custody_of(evidence_id: str) -> list[CustodyEvent]:
    """Two events that fold: ordered, captured."""
    chain: list[CustodyEvent] = []
    previous = ZERO
    for seq, (action, actor) in enumerate((("ordered", "officer-1"), ("captured", "system:capture")), start=1):
        event = CustodyEvent(
            evidence_id=evidence_id,
            seq=seq,
            at=AT - timedelta(minutes=2 - seq),
            actor=actor,
            role="",
            action=action,
            purpose="核查价格欺诈",
            object_sha256="",
            detail={"hash": "f" * 64, "note": '含"引号"'},
            prev_hash=previous,
        )
        event.hash = previous = event_hash(event_record(event))
        chain.append(event)
    return chain


def make_capture(
    folder: Path,
    *,
    evidence_id: str = "ev-1",
    word: str = "样品",
    completeness: str = "COMPLETE",
    tls: str = "valid",
    url: str = URL,
) -> Path:
    """A capture folder as the capture worker leaves it, small."""
    for part in ("data/screens", "data/net/tls", "data/env", "meta"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (320, 400), "white")
    ImageDraw.Draw(picture).rectangle((20, 20, 300, 120), fill="navy")
    for name in ("000-initial", "010-after-scroll"):
        picture.save(folder / f"data/screens/{name}.png")
    (folder / "data/capture.wacz").write_bytes(b"PK\x03\x04 not a real archive PK\x05\x06" + bytes(18) + word.encode())
    (folder / "data/page.pdf").write_bytes(b"%PDF-1.7\n" + word.encode())
    (folder / "data/dom.html").write_text(f"<html><title>{word}</title></html>", "utf-8")
    (folder / "data/net/requests.jsonl").write_text('{"url":"' + url + '"}\n', "utf-8")
    (folder / "data/net/empty.jsonl").write_bytes(b"")
    (folder / "data/env/clean.json").write_text("{}", "utf-8")
    state = "none" if url.startswith("http:") else tls
    record = {
        "id": evidence_id,
        "requested_url": url,
        "final_url": url,
        "title": f"{word} 商品页 㐀",
        "started_at": iso(AT - timedelta(seconds=20)),
        "ended_at": iso(AT - timedelta(seconds=5)),
        "main_document": {
            "status": 200,
            "remote_address": "127.0.0.1",
            "remote_port": 443,
            "tls_verdict": {"state": state, "error": "net::ERR_CERT_DATE_INVALID" if state == "invalid" else ""},
            "certificates": ["ab" * 32],
            "dns": [{"address": "127.0.0.1", "ttl": 60}],
            "resolver": "127.0.0.1",
        },
    }
    (folder / "meta/capture.json").write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    whole = {"verdict": completeness, "loaded": 3, "failed": [], "stop_reason": ""}
    (folder / "meta/completeness.json").write_text(json.dumps(whole), "utf-8")
    return folder


@contextmanager
def open_workshop(folder: Path, *, at: datetime = AT, days: int = 3650) -> Iterator[Workshop]:
    """An installation with two timestamp services, alpha and beta, whose clocks stand at ``at``."""
    roots = folder / "tsa"
    roots.mkdir(parents=True)
    servers: dict[str, TsaServer] = {}
    authorities: dict[str, Authority] = {}
    urls = []
    for name in ("alpha", "beta"):
        authorities[name], _ = make(name, at, days=days)
        server = servers[name] = TsaServer(authorities[name])
        server.fixed_time = at
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        (roots / f"{name}.pem").write_bytes(authorities[name].root.public_bytes(Encoding.PEM))
        urls.append(f"{name}={server.url()}")
    settings = Settings(
        data_dir=folder / "data", tsa_urls=tuple(urls), tsa_ca_dir=str(roots), tsa_test_trust=("alpha", "beta")
    )
    keys = ensure_keys(settings, at)
    timestampers = open_timestampers(settings, timeout_s=5)
    try:
        yield Workshop(folder, settings, keys, timestampers, servers, authorities)
    finally:
        for service in timestampers:
            service.client.close()
        for server in servers.values():
            server.close()
