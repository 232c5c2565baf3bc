"""A small installation for tests: keys, a log with two witnesses, two timestamp services, captures, packages."""

import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from asn1crypto import tsp  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image, ImageDraw

from evidence import authority, cms, issuer, manifest, trust
from evidence.authorisation import Approval, Authorisation, approval_detail
from evidence.custody import ZERO, event_hash, event_record
from evidence.keys import Keys, ensure_keys
from evidence.running import Mark, Running
from evidence.seal import Sealed, Sealer, seal
from evidence.signer import FileKey, Signer
from evidence.timestamp import Timestamper, open_timestampers
from kernel.clock import iso, parse_iso
from kernel.config import Settings
from kernel.crypto import canonical_json
from kernel.models import CustodyEvent
from simulators.tsa.authority import Authority, answer, make
from simulators.tsa.server import TsaServer
from tests.data.evidence.tinylog import TinyLog, TinyWitness, some_lines

AT = datetime(2026, 11, 25, 8, 0, 0, tzinfo=UTC)
URL = "https://shop.example.test/item/1"
WARC = bytes(range(256)) * 40
MEMBER = "archive/data.warc.gz"
CUTS = (1_000, 7_777, len(WARC))
WITNESSES = ("north", "south")


@dataclass(slots=True)
class Workshop:
    """What sealing needs, all on loopback and in one temporary folder.

    Attributes:
        late: a listed authority that outlives those of the services, and has no service.
        twin: of the name of alpha and listed too, with keys of its own. root_keys: of the services' roots.
        own: two signers under a bureau's own authority; the first is listed for seals.
    """

    folder: Path
    settings: Settings
    keys: Keys
    timestampers: tuple[Timestamper, ...]
    servers: dict[str, TsaServer]
    log: TinyLog
    late: Authority
    twin: Authority
    root_keys: dict[str, ec.EllipticCurvePrivateKey]
    own: tuple[Signer, Signer]
    authorities: dict[str, Authority] = field(default_factory=dict)

    @property
    def sealer(self) -> Sealer:
        """What sealing uses."""
        return Sealer(self.keys, self.log, self.timestampers, lists=authority.lists(self.settings, AT))

    def trust(self) -> trust.Trust:
        """The trust list as published."""
        return trust.load(self.settings.trust_path())

    def seal(self, evidence_id: str = "ev-1", **capture: str) -> Sealed:
        """A sealed package of a small capture with everything: beacon, running hash, node's signature, officers."""
        source = self.whole_capture(evidence_id, **capture)
        return self.seal_folder(source, evidence_id, authority=case_of(evidence_id))

    def whole_capture(self, evidence_id: str = "ev-1", **capture: str) -> Path:
        """A capture folder with beacon, running hash and the node's signature."""
        source = make_capture(self.folder / f"capture-{evidence_id}", evidence_id=evidence_id, **capture)
        self.put_beacon(source)
        put_running(source)
        self.sign_node(source)
        return source

    def put_beacon(self, source: Path, at: datetime = AT - timedelta(seconds=30)) -> None:
        """The newest checkpoint and a timestamp over it, as before the page was loaded."""
        note = self.log.note()
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(note).digest()}
        request = bytes(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump())
        (source / manifest.BEACON).write_bytes(note)
        (source / manifest.beacon_stamp_name("alpha")).write_bytes(answer(self.authorities["alpha"], request, at))

    def sign_node(self, source: Path, at: datetime = AT - timedelta(seconds=4)) -> None:
        """The node's list and signature over what is there."""
        pair = (manifest.NODE_LIST, manifest.NODE_SIGNATURE)
        found = {
            path.relative_to(source).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in source.rglob("*")
            if path.is_file() and path.relative_to(source).as_posix() not in pair
        }
        listed = manifest.render(found)
        (source / pair[0]).write_bytes(listed)
        (source / pair[1]).write_bytes(cms.sign(hashlib.sha256(listed).digest(), self.keys.node, at))

    def seal_folder(
        self, source: Path, evidence_id: str = "ev-1", at: datetime = AT, authority: Authorisation | None = None
    ) -> Sealed:
        """A sealed package of a given folder."""
        return seal(
            source,
            evidence_id=evidence_id,
            custody=custody_of(
                evidence_id,
                cuts=CUTS if (source / manifest.RUNNING).exists() else (),
                capture=hashlib.sha256((source / manifest.CAPTURE).read_bytes()).hexdigest(),
                authority=authority,
            ),
            sealer=self.sealer,
            at=at,
            work_dir=self.folder / "work",
            authority=authority,
        )


def case_of(evidence_id: str) -> Authorisation:
    """A case with two officers (nobody real)."""
    officers = tuple(
        Approval(name, f"XX-{number}", "样例市监局", iso(AT - timedelta(minutes=3)))
        for number, name in (("0001", "甲"), ("0002", '乙"二"'))
    )
    return Authorisation(
        kind="case",
        number=f"样例立案〔2026〕{evidence_id}号",
        basis="电子商务法第七十五条",
        issued_by="样例市监局",
        valid_from=iso(AT - timedelta(days=1)),
        valid_to=iso(AT + timedelta(days=30)),
        captured_by="system:capture",
        sealed_by="system:seal",
        case_number=evidence_id,
        officers=officers,
    )


def marks() -> tuple[Mark, ...]:
    """Digests of the beginnings of the small WARC, rising."""
    return tuple(
        Mark(iso(AT - timedelta(seconds=15 - place)), cut, hashlib.sha256(WARC[:cut]).hexdigest())
        for place, cut in enumerate(CUTS)
    )


def put_running(source: Path, lines: Sequence[Mark] | None = None) -> None:
    """A WACZ with a WARC inside, and its running hash."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(ZipInfo("datapackage.json", (2026, 11, 25, 8, 0, 0)), (source / "data/dom.html").read_bytes())
        archive.writestr(ZipInfo(MEMBER, (2026, 11, 25, 8, 0, 0)), WARC)
    data = buffer.getvalue()
    (source / "data/capture.wacz").write_bytes(data)
    running = Running("data/capture.wacz", MEMBER, data.index(WARC), len(WARC), tuple(lines or marks()))
    (source / manifest.RUNNING).write_bytes(running.render())


def custody_of(
    evidence_id: str, cuts: Sequence[int] = (), capture: str = "", authority: Authorisation | None = None
) -> list[CustodyEvent]:
    """Events that fold: ordered, a checkpoint for each running digest, captured, the approvals of officers.

    Args:
        capture: SHA-256 of the record of the capture, hex. authority: with the officers who approved.
    """
    chain: list[CustodyEvent] = []
    previous = ZERO
    plain: dict[str, object] = {"hash": "f" * 64, "note": '含"引号"'}
    actions = [("ordered", "officer-1", "", plain)]
    actions += [("checkpoint", "system:capture", hashlib.sha256(WARC[:cut]).hexdigest(), plain) for cut in cuts]
    actions += [("captured", "system:capture", capture, plain)]
    times = [AT - timedelta(seconds=59 - place) for place in range(len(actions))]
    if authority is not None:
        actions += [
            ("approved", one.name, capture, dict(approval_detail(authority, one))) for one in authority.officers
        ]
        times += [parse_iso(one.approved_at) for one in authority.officers]
    for seq, ((action, actor, sha256, detail), at) in enumerate(zip(actions, times, strict=True), start=1):
        event = CustodyEvent(
            evidence_id=evidence_id,
            seq=seq,
            at=at,
            actor=actor,
            role="",
            action=action,
            purpose="核查价格欺诈",
            object_sha256=sha256,
            detail=detail,
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
    (folder / "meta/capture.json").write_bytes(canonical_json(record))
    whole = {"verdict": completeness, "loaded": 3, "failed": [], "stop_reason": ""}
    (folder / "meta/completeness.json").write_bytes(canonical_json(whole))
    return folder


def of_one_bureau(at: datetime) -> tuple[Signer, Signer]:
    """Two signers under one authority that is not listed itself."""
    root_key, *keys = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root = issuer.make_root("bureau", root_key, at)
    made = [issuer.issue("seal", key.public_key(), root, root_key, at) for key in keys]
    first, second = (Signer(FileKey(key), leaf, (root,), pinned=True) for key, leaf in zip(keys, made, strict=True))
    return first, second


def reissued(root: x509.Certificate, key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    """The root once more, of the same name and key, valid long after; listed before the old one."""
    while True:
        builder = x509.CertificateBuilder().subject_name(root.subject).issuer_name(root.subject)
        builder = builder.public_key(root.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(at + timedelta(days=5000)).not_valid_after(at + timedelta(days=9999))
        for extension in root.extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        made = builder.sign(key, hashes.SHA384())
        if made.fingerprint(hashes.SHA256()) < root.fingerprint(hashes.SHA256()):
            return made


@contextmanager
def open_workshop(folder: Path, *, at: datetime = AT, days: int = 3650) -> Iterator[Workshop]:
    """An installation with two timestamp services, alpha and beta, whose clocks stand at ``at``."""
    roots = folder / "tsa"
    roots.mkdir(parents=True)
    servers: dict[str, TsaServer] = {}
    authorities: dict[str, Authority] = {}
    root_keys: dict[str, ec.EllipticCurvePrivateKey] = {}
    urls = []
    for name in ("alpha", "beta"):
        authorities[name], root_keys[name] = make(name, at, days=days)
        server = servers[name] = TsaServer(authorities[name])
        server.fixed_time = at
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        (roots / f"{name}.pem").write_bytes(authorities[name].root.public_bytes(Encoding.PEM))
        (roots / f"{name}.crl").write_bytes(authorities[name].crl)
        urls.append(f"{name}={server.url()}")
    settings = Settings(
        data_dir=folder / "data", tsa_urls=tuple(urls), tsa_ca_dir=str(roots), tsa_test_trust=("alpha", "beta")
    )
    keys = ensure_keys(settings, at)
    witnesses = [TinyWitness(f"witness.example.test/{name}", Ed25519PrivateKey.generate()) for name in WITNESSES]
    log = TinyLog(keys.log.name, keys.log.private_key, witnesses, at, some_lines(11))
    listed = [one.note_key(name) for name, one in zip(WITNESSES, witnesses, strict=True)]
    late, root_key = make("late", at, days=2 * days)
    roots_of_late = [("late", "timestamp", root) for root in (reissued(late.root, root_key, at), late.root)]
    # The root of alpha once more: two names, one party.
    roots_of_late.append(("again", "timestamp", authorities["alpha"].root))
    # A service with a new root of the old name: both are listed.
    twin, _ = make("alpha", at, days=days)
    own = of_one_bureau(at)
    roots_of_late += [("alpha", "timestamp", twin.root), ("seal", "seal", own[0].certificate)]
    trust.publish(settings, roots_of_late, keys=listed, quorum=len(witnesses))
    timestampers = open_timestampers(settings, timeout_s=120)
    try:
        yield Workshop(folder, settings, keys, timestampers, servers, log, late, twin, root_keys, own, authorities)
    finally:
        for service in timestampers:
            service.client.close()
        for server in servers.values():
            server.close()
