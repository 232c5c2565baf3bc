"""Two installations without a wire between them, and a folder that is carried."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evidence import officer
from exchange.offline import pack
from exchange.offline.errors import ContentError, OfflineError
from exchange.offline.hand import Hand
from exchange.offline.incoming import Door, Outcome, open_package
from exchange.offline.opening import Arrived
from exchange.offline.outgoing import Load, carry_out, prepare, release
from kernel.db import Database
from kernel.models import OfflinePackage
from tests.unit.exchange.conftest import NewRecords

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
HERE, THERE = "310115", "310000"
CHUNK = 64


def _nonce(aad: bytes) -> bytes:
    return hashlib.sha256(aad).digest()[:12]


def _encrypt(key: bytes, data: bytes, aad: bytes) -> bytes:
    return _nonce(aad) + AESGCM(key).encrypt(_nonce(aad), data, aad)


def _decrypt(key: bytes, data: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(data[:12], data[12:], aad)
    except (InvalidTag, ValueError) as error:
        raise ContentError("expected bytes that open, got others") from error


def hand(me: str, peer: str, suite: str = "test") -> Hand:
    """Keys of ``me`` towards ``peer``; a signature is a MAC with the signer's name, which nobody else makes here."""

    def sign(data: bytes) -> Mapping[str, str]:
        return {"suite": suite, "kid": me, "value": hmac.new(me.encode(), data, "sha256").hexdigest()}

    def verify(data: bytes, signature: Mapping[str, str]) -> None:
        value = hmac.new(peer.encode(), data, "sha256").hexdigest()
        if signature != {"suite": suite, "kid": peer, "value": value}:
            raise OfflineError("expected the peer's signature, got another")

    def wrap(key: bytes, info: bytes) -> bytes:
        return _encrypt(hashlib.sha256(peer.encode()).digest(), key, info)

    def unwrap(sealed: bytes, info: bytes) -> bytes:
        return _decrypt(hashlib.sha256(me.encode()).digest(), sealed, info)

    return Hand(me, peer, suite, sign, verify, 32, wrap, unwrap, _encrypt, _decrypt)


@dataclass
class Gap:
    """Two sides: packages leave at ``here`` and are opened at ``there``."""

    folder: Path
    here: Database
    there: Database
    taken: list[dict[str, bytes]] = field(default_factory=list)

    def door(self) -> Door:
        """The receiving side; what it takes is kept in ``taken``."""

        def accept(arrived: Arrived, places: Mapping[str, Path], at: datetime) -> Sequence[Mapping[str, object]]:
            del at
            self.taken.append({name: path.read_bytes() for name, path in places.items()})
            return ({"number": arrived.manifest.number},)

        return Door(self.hands, accept, self.folder / "incoming", self.folder / "receipts")

    def hands(self, peer: str) -> Hand | None:
        """The receiver knows one sender."""
        return hand(THERE, HERE) if peer == HERE else None

    def pack(self, content: Mapping[str, bytes], purpose: str = "移送线索") -> OfflinePackage:
        """A package of small files, not released yet."""
        source = self.folder / "source"
        files = []
        for number, (name, data) in enumerate(content.items()):
            source.mkdir(exist_ok=True)
            path = source / str(number)
            path.write_bytes(data)
            files.append((name, path))
        load = Load(files, purpose, volume_bytes=3 * (CHUNK + 28))
        return prepare(self.here, hand(HERE, THERE), self.folder / "outgoing", load, actor="system:cli", at=AT)

    def send(self, content: Mapping[str, bytes]) -> Path:
        """A package that two officers let out; the carried folder."""
        row = self.pack(content)
        medium = self.folder / f"medium-{row.number}"
        with self.here.write() as session:
            for account in ("li", "wang"):
                release(session, row.id, account=account, at=AT)
            carry_out(session, row.id, medium, actor="li", at=AT)
        return medium

    def open(self, medium: Path) -> Outcome:
        """The other side opens a medium."""
        return open_package(self.there, self.door(), medium, actor="zhao", at=AT)


@pytest.fixture
def gap(tmp_path: Path, new_records: NewRecords, monkeypatch: pytest.MonkeyPatch) -> Gap:
    """Two sides with two officers, and chunks of 64 bytes."""
    monkeypatch.setattr(pack, "CHUNK_BYTES", CHUNK)
    databases = [new_records(name) for name in ("here", "there")]
    with databases[0].write() as session:
        for number, account in enumerate(("li", "wang", "zhao")):
            officer.add(
                session, name=account, number=f"沪A{number:04d}", unit="测试所", account=account,
                valid_from=AT - timedelta(days=1), valid_to=AT + timedelta(days=900), actor="system:cli", at=AT,
            )  # fmt: skip
    return Gap(tmp_path, databases[0], databases[1])
