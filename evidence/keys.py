"""This installation's keys: three signers, the log's key and the salt key.

Capture nodes, seals and reports have separate roots, so that one's key can never sign what another is
for. Keys lie in ``Settings.keys_path()/authority``, readable by the owner alone, and are made once.
Seal and report keys may lie elsewhere (settings), a node's leaf lives 90 days and is renewed 30 days before its end.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import key_folder, leaf, trust, vkey
from evidence.errors import KeysError
from evidence.log.witness import pinned_keys
from evidence.signer import Signer
from evidence.trust import NoteKey
from kernel.config import Settings
from kernel.crypto import sha256_hex

USES = ("seal", "report", "node")
SALT_BYTES = 32
SALT_FILE = "redaction.salt"


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of this installation's log.

    Attributes:
        name: the log's origin, as in its checkpoints. vkey: C2SP verifier key.
    """

    name: str
    private_key: Ed25519PrivateKey
    vkey: str

    def note_key(self) -> NoteKey:
        """The public half, as it stands in the trust list."""
        return NoteKey("log", "log", "bureau", self.vkey)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of this installation.

    Attributes:
        seal, report, node: signers, each under a root of its own.
        salt: 32 secret bytes from which the salts of redaction are drawn.
    """

    seal: Signer
    report: Signer
    node: Signer
    log: LogKey
    salt: bytes

    def signer(self, use: str) -> Signer:
        """The signer of one use."""
        return {"seal": self.seal, "report": self.report, "node": self.node}[use]


def folder_of(settings: Settings) -> Path:
    """Where the keys lie."""
    return settings.keys_path() / "authority"


def _new_log(name: str) -> dict[str, bytes]:
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    # The name must differ from that of every other log; the default is as unique as the key.
    text = vkey.render(name or f"wangjian/log/{sha256_hex(raw)[:12]}", key.public_key(), vkey.ED25519)
    return {"log.key": key_folder.private_pem(key), "log.vkey": text.encode() + b"\n"}


def _later_parts(settings: Settings, at: datetime) -> dict[str, bytes]:
    """What the first form of the folder did not have: made together, so that a gap later is damage."""
    return {
        **leaf.first_files("node", at),
        **_new_log(settings.log_name),
        SALT_FILE: secrets.token_bytes(SALT_BYTES),
    }


def _lacks_later_parts(folder: Path) -> bool:
    return not any((folder / name).exists() for name in ("node.key", "node.pem", "log.key", "log.vkey", SALT_FILE))


def _load_log(folder: Path) -> LogKey:
    key = leaf.load_private(folder / "log.key")
    text = key_folder.read(folder, "log.vkey").decode("utf-8", "replace").strip()
    read = vkey.parse(text)
    if not isinstance(key, Ed25519PrivateKey) or read.public_key != key.public_key():
        raise KeysError(f"expected the key of log.vkey in {folder}/log.key, got another", hint=leaf.RESTORE)
    return LogKey(read.name, key, text)


def _load_salt(folder: Path) -> bytes:
    salt = key_folder.read(folder, SALT_FILE)
    if len(salt) != SALT_BYTES:
        raise KeysError(f"expected {SALT_BYTES} bytes in {folder / SALT_FILE}, got {len(salt)}", hint=leaf.RESTORE)
    return salt


def signer_then(settings: Settings, use: str, then: datetime, at: datetime) -> Signer:
    """The newest signer of a use whose certificate was in force at a past time.

    Args:
        then: aware UTC, the time for which its signature will be judged. at: now, aware UTC.

    Raises:
        KeysError: there is none.

    Effects: as of ``ensure_keys``.
    """
    signer = ensure_keys(settings, at).signer(use)
    if leaf.in_force(signer.certificate, then):
        return signer
    with key_folder.held(folder_of(settings)):
        return leaf.open_earlier(folder_of(settings), settings, use, then)


def ensure_keys(settings: Settings, at: datetime) -> Keys:
    """This installation's keys, made at the first call, and the trust folder brought up to date.

    A folder of an earlier form gets what it lacks.

    Args:
        at: aware UTC; the certificates of new keys start shortly before.

    Raises:
        KeysError: keys are damaged, open to others, or cannot be written.

    Effects: files in ``settings.keys_path()/authority`` and ``settings.trust_path()``.
    """
    folder = folder_of(settings)
    if not folder.is_dir():
        first = {**leaf.first_files("seal", at), **leaf.first_files("report", at), **_later_parts(settings, at)}
        key_folder.create(folder, first)
    with key_folder.held(folder):
        if _lacks_later_parts(folder):
            key_folder.change(folder, _later_parts(settings, at))
        keys = Keys(
            seal=leaf.open_signer(folder, settings, "seal", at),
            report=leaf.open_signer(folder, settings, "report", at),
            node=leaf.open_signer(folder, settings, "node", at),
            log=_load_log(folder),
            salt=_load_salt(folder),
        )
    roots = [(use, use, keys.signer(use).anchor) for use in USES]
    witnesses = [NoteKey(name, "witness", kind, key.render()) for name, kind, key in pinned_keys(settings)]
    quorum = settings.witness_quorum if settings.witness_urls else None
    trust.publish(settings, roots, [keys.log.note_key(), *witnesses], quorum)
    return keys
