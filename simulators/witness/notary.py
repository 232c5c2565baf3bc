"""The witness: which logs it knows, what it saw of each last, and its answer to a checkpoint.

Spec: C2SP tlog-witness (add-checkpoint); C2SP tlog-cosignature (Ed25519).
"""

import base64
import binascii
import hashlib
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from simulators.witness.tree import EMPTY_ROOT, ProofError, require_continued

TEXT, SIZE_TYPE = "text/plain; charset=utf-8", "text/x.tlog.size"
FAULTS = ("", "hang", "500", "damaged", "other-key", "conflict", "silent")
MAX_PROOF = 63
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and media type of an answer."""

    status: int
    body: bytes = b""
    kind: str = TEXT


class _BadRequestError(Exception):
    """Not the form of a request."""


@dataclass(frozen=True, slots=True)
class _Request:
    old: int
    proof: tuple[bytes, ...]
    text: str
    origin: str
    size: int
    root: bytes
    lines: tuple[str, ...]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """First four bytes of the hash over name, line feed, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name: str, kind: int, public: bytes) -> str:
    """A verifier key as text."""
    return f"{name}+{key_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


def _number(text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise _BadRequestError(text)
    return int(text)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _BadRequestError(text) from None


def _read(body: bytes) -> _Request:
    try:
        head, _, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise _BadRequestError("utf-8") from None
    first, *proof = head.split("\n")
    text, blank, below = note.rpartition("\n\n")
    parts = text.split("\n")
    if not first.startswith("old ") or not blank or len(parts) < 3 or len(proof) > MAX_PROOF or below[-1:] != "\n":
        raise _BadRequestError("lines")
    root = _bytes(parts[2])
    hashes = tuple(_bytes(line) for line in proof)
    if any(len(value) != 32 for value in (root, *hashes)) or not parts[0]:
        raise _BadRequestError("hashes")
    size = _number(parts[1])
    return _Request(_number(first[4:]), hashes, f"{text}\n", parts[0], size, root, tuple(below[:-1].split("\n")))


class Notary:
    """One witness.

    Args:
        name: stands in its lines. folder: of its key and of what it saw. logs: verifier keys of the logs it knows.
        fault: one of ``FAULTS``.

    Effects: ``witness.key``, ``witness.vkey`` and one file for each log in ``folder``.
    """

    def __init__(self, name: str, folder: Path, logs: Sequence[str], fault: str = "") -> None:
        self.name = name
        self.folder = folder
        self.fault = fault
        self._logs = dict(_log(text) for text in logs)
        self._turn = threading.Lock()
        self._key = _load_or_make(folder)
        self.public = self._key.public_key().public_bytes_raw()
        self.vkey = vkey(name, 4, self.public)
        _write(folder / "witness.vkey", self.vkey.encode() + b"\n")

    def add_checkpoint(self, body: bytes, at: datetime) -> Answer:
        """Answer one request; what was cosigned is on disk before the answer leaves."""
        try:
            request = _read(body)
        except _BadRequestError:
            return Answer(400)
        if request.origin not in self._logs:
            return Answer(404)
        if not _is_signed(request, self._logs[request.origin]):
            return Answer(403)
        if request.old > request.size:
            return Answer(400)
        with self._turn:
            return self._judge(request, at)

    def _judge(self, request: _Request, at: datetime) -> Answer:
        size, root = self._last(request.origin)
        if self.fault == "conflict" or request.old != size:
            return Answer(409, f"{size}\n".encode(), SIZE_TYPE)
        try:
            if request.size == 0 and request.root != EMPTY_ROOT:
                raise ProofError("an empty tree has one root")  # noqa: TRY301 - the answer is the same
            require_continued(size, root, request.size, request.root, request.proof)
        except ProofError:
            return Answer(422)
        line = self._line(request.text, int(at.timestamp()))
        note = f"{request.text}\n" + "".join(f"{one}\n" for one in request.lines) + line
        _write(self._file(request.origin), note.encode())
        return Answer(200, line.encode())

    def checkpoint(self, origin_hash: str) -> Answer:
        """The newest checkpoint that was cosigned, by the hash of the origin."""
        path = self.folder / f"{origin_hash}.note"
        if not re.fullmatch(r"[0-9a-f]{64}", origin_hash) or not path.is_file():
            return Answer(404)
        return Answer(200, path.read_bytes())

    def _file(self, origin: str) -> Path:
        return self.folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.note"

    def _last(self, origin: str) -> tuple[int, bytes]:
        path = self._file(origin)
        if not path.is_file():
            return 0, EMPTY_ROOT
        _, size, root = path.read_text("utf-8").split("\n")[:3]
        return int(size), base64.b64decode(root)

    def _line(self, text: str, seconds: int) -> str:
        key = Ed25519PrivateKey.generate() if self.fault == "other-key" else self._key
        signature = key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        if self.fault == "damaged":
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        public = key.public_key().public_bytes_raw()
        material = key_id(self.name, 4, public) + seconds.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(material).decode()}\n"


def _log(text: str) -> tuple[str, tuple[bytes, Ed25519PublicKey]]:
    name, number, material = text.strip().split("+", 2)
    typed = base64.b64decode(material, validate=True)
    if typed[0] != 1 or key_id(name, 1, typed[1:]).hex() != number:
        raise ValueError(f"expected the verifier key of a log, got {text!r}")
    return name, (bytes.fromhex(number), Ed25519PublicKey.from_public_bytes(typed[1:]))


def _is_signed(request: _Request, log: tuple[bytes, Ed25519PublicKey]) -> bool:
    number, key = log
    signed = False
    for line in request.lines:
        try:
            mark, name, material = line.split(" ")
            data = base64.b64decode(material, validate=True)
        except ValueError:
            return False
        if mark != "\u2014":
            return False
        if (name, data[:4]) == (request.origin, number):
            try:
                key.verify(data[4:], request.text.encode())
            except InvalidSignature:
                return False
            signed = True
    return signed


def _load_or_make(folder: Path) -> Ed25519PrivateKey:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "witness.key"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(path, pem, 0o600)
    read = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(read, Ed25519PrivateKey):
        raise TypeError(f"expected an Ed25519 key in {path}")
    return read


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    aside = path.with_name(f".{path.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)
    aside.replace(path)
