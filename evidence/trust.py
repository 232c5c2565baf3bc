"""The trust list: the only place from which a verifier takes roots and the keys of logs and witnesses.

A folder with ``trust.json`` and PEM files. It is published apart from the packages; people compare
its fingerprints in print. Entries are only ever added: what an old package needs stays. The list has
one form to the last byte, because a shell and a browser read it too and all three must read the same.

Spec: docs/adr/0006-evidence-format-2.md, trust list version 2.
"""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from evidence import vkey as verifier_key
from evidence.errors import TrustError
from kernel.config import Settings
from kernel.crypto import sha256_hex

LIST_NAME = "trust.json"
VERSION = 2
USES = ("seal", "report", "node", "timestamp")
KEY_USES = {"log": verifier_key.ED25519, "witness": verifier_key.COSIGNATURE}
KINDS = ("court", "bureau", "test")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
FIELDS = ("name", "use", "kind", "file", "sha256")
MAX_QUORUM = 99
_HEAD = re.compile(r'\{"version": 2, "quorum": (0|[1-9][0-9]?), "anchors": \[\n')
_EARLIER = '{"version": 1, "anchors": [\n'
_WHERE = (
    "--trust 文件夹：信任名单（trust.json 与 PEM 文件）由封存单位另行公布，从不在证据包里；封存的机器上在 "
    "var/keys/trust "
    "the folder that the sealing unit publishes, never one from a package; on its own machine var/keys/trust."
)
_AGAIN = "Fetch the published trust list again."


@dataclass(frozen=True, slots=True)
class Anchor:
    """One trusted root.

    Attributes:
        name: ``seal``, ``report``, ``node``, or the short name of a timestamp service.
        use: ``seal``, ``report``, ``node`` or ``timestamp``.
        kind: ``court`` (an outside authority), ``bureau`` (this unit's own; its fingerprint must be
            compared with the published one), ``test`` (a simulator: proves nothing to outsiders).
    """

    name: str
    use: str
    kind: str
    certificate: x509.Certificate

    def fingerprint(self) -> str:
        """SHA-256 over the certificate's DER, hex."""
        return sha256_hex(self.certificate.public_bytes(Encoding.DER))

    def file_name(self) -> str:
        """Name of the PEM file that holds it."""
        return f"tsa-{self.name}.pem" if self.use == "timestamp" else f"{self.use}.pem"

    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """The public key of a log or a witness.

    Attributes:
        name: short name in the list; the name in notes is ``verifier().name``.
        use: ``log`` or ``witness``. kind: as of an anchor.
        vkey: C2SP verifier key, type 1 for a log, 4 for a witness.
    """

    name: str
    use: str
    kind: str
    vkey: str

    def verifier(self) -> verifier_key.VerifierKey:
        """Name in notes, key id and public key.

        Raises:
            TrustError: not a verifier key of this use.
        """
        read = verifier_key.parse(self.vkey)
        if KEY_USES.get(self.use) != read.algorithm:
            raise TrustError(f"expected a verifier key for a {self.use}, got {self.vkey}")
        return read

    @property
    def public_key(self) -> Ed25519PublicKey:
        """The Ed25519 key."""
        return self.verifier().public_key

    def fingerprint(self) -> str:
        """SHA-256 over the DER of the SubjectPublicKeyInfo, hex."""
        return sha256_hex(self.verifier().der())

    def file_name(self) -> str:
        """Name of the PEM file that holds it."""
        return f"witness-{self.name}.pub.pem" if self.use == "witness" else "log.pub.pem"

    def pem(self) -> bytes:
        """The SubjectPublicKeyInfo as PEM."""
        return self.verifier().pem()


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list, read.

    Attributes:
        quorum: how many listed witnesses must have cosigned a checkpoint.
    """

    anchors: tuple[Anchor, ...]
    note_keys: tuple[NoteKey, ...] = ()
    quorum: int = 0

    def roots(self, use: str, name: str | None = None) -> tuple[x509.Certificate, ...]:
        """The roots for one use, of one timestamp service if named."""
        return tuple(anchor.certificate for anchor in self.anchors if anchor.use == use and name in {None, anchor.name})

    def keys(self, use: str) -> tuple[NoteKey, ...]:
        """The keys of logs (``log``) or of witnesses (``witness``), in the order of the list."""
        return tuple(key for key in self.note_keys if key.use == use)

    def kind_of(self, root: x509.Certificate, use: str) -> str:
        """The kind of a root for one use, or empty when it is not on the list."""
        kinds = [anchor.kind for anchor in self.anchors if anchor.use == use and anchor.certificate == root]
        return kinds[0] if kinds else ""


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrustError(f"expected PEM certificates in {path}, got {error}", hint=_AGAIN) from error


def _public_keys(path: Path) -> list[Any]:
    mark = b"-----END PUBLIC KEY-----\n"
    try:
        return [load_pem_public_key(part + mark) for part in path.read_bytes().split(mark)[:-1]]
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise TrustError(f"expected PEM public keys in {path}, got {error}", hint=_AGAIN) from error


def _prints(path: Path) -> dict[str, Any]:
    """What a PEM file holds, by fingerprint."""
    if path.name.endswith(".pub.pem"):
        spki = PublicFormat.SubjectPublicKeyInfo
        return {sha256_hex(key.public_bytes(Encoding.DER, spki)): key for key in _public_keys(path)}
    return {sha256_hex(one.public_bytes(Encoding.DER)): one for one in _certificates(path)}


def _entry(item: object, held: Callable[[str], dict[str, Any]]) -> Anchor | NoteKey:
    if not isinstance(item, dict) or not all(isinstance(value, str) for value in item.values()):
        raise TrustError(f"expected entries of {LIST_NAME} to be objects of text, got {item!r}")
    use = item.get("use", "")
    fields = (*FIELDS, "vkey") if use in KEY_USES else FIELDS
    if set(item) != set(fields):
        raise TrustError(f"expected {', '.join(fields)} in {LIST_NAME}, got {item!r}")
    name, kind = item["name"], item["kind"]
    if not NAME.fullmatch(name) or use not in {*USES, *KEY_USES} or kind not in KINDS:
        raise TrustError(f"expected a known use and kind in {LIST_NAME}, got {item!r}")
    return _key_entry(item) if use in KEY_USES else _root_entry(item, held)


def _root_entry(item: dict[str, str], held: Callable[[str], dict[str, Any]]) -> Anchor:
    name, use = item["name"], item["use"]
    _require_file(item, f"tsa-{name}.pem" if use == "timestamp" else f"{use}.pem")
    certificate = held(item["file"]).get(item["sha256"])
    if certificate is None:
        raise TrustError(
            f"expected a certificate with fingerprint {item['sha256']} in {item['file']}, got none",
            hint="The list and its PEM files do not belong together: fetch the published trust list again.",
        )
    return Anchor(name, use, item["kind"], certificate)


def _key_entry(item: dict[str, str]) -> NoteKey:
    key = NoteKey(item["name"], item["use"], item["kind"], item["vkey"])
    _require_file(item, key.file_name())
    if key.fingerprint() != item["sha256"]:
        raise TrustError(f"expected fingerprint {key.fingerprint()} of {key.name}, got {item['sha256']}", hint=_AGAIN)
    return key


def _require_file(item: dict[str, str], expected: str) -> None:
    if item["file"] != expected:
        raise TrustError(f"expected the file {expected} in {LIST_NAME}, got {item['file']!r}")


def load(folder: Path) -> Trust:
    """Read a trust folder.

    Raises:
        TrustError: missing, not understood, not in the one form in which it is published, or a fingerprint or key
            that does not fit.
    """
    with _locked(folder, fcntl.LOCK_SH):
        return _load(folder)


def _load(folder: Path, *, earlier: bool = False) -> Trust:
    path = folder / LIST_NAME
    try:
        text = path.read_bytes().decode("utf-8")
        if earlier and text.startswith(_EARLIER):
            text = text.replace(_EARLIER, f'{{"version": {VERSION}, "quorum": 0, "anchors": [\n', 1)
        value = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise TrustError(
            f"expected a trust list in {path}, got {error}",
            hint=_WHERE,
        ) from error
    head = _HEAD.match(text)
    if head is None or not isinstance(value, dict) or not isinstance(value.get("anchors"), list):
        raise TrustError(f"expected version {VERSION}, quorum and anchors in {path}, got {text[:80]!r}", hint=_AGAIN)
    files: dict[str, dict[str, Any]] = {}

    def held(name: str) -> dict[str, Any]:
        if name not in files:
            files[name] = _prints(folder / name)
        return files[name]

    entries = [_entry(item, held) for item in value["anchors"]]
    quorum = int(head[1])
    if _text(entries, quorum) != text:
        raise TrustError(f"expected {path} in the form in which it is published, got another", hint=_AGAIN)
    _require_distinct(entries)
    listed = {(entry.file_name(), entry.fingerprint()) for entry in entries}
    for name in sorted({entry.file_name() for entry in entries}):
        more = [mark for mark in held(name) if (name, mark) not in listed]
        missing = [mark for file, mark in listed if file == name and mark not in held(name)]
        if more or missing:
            raise TrustError(
                f"expected only listed certificates and keys in {name}, and all of them, got {[*more, *missing]}",
                hint=_AGAIN,
            )
    return _trust(entries, quorum)


def _trust(entries: Iterable[Anchor | NoteKey], quorum: int) -> Trust:
    both = tuple(entries)
    return Trust(
        tuple(entry for entry in both if isinstance(entry, Anchor)),
        tuple(entry for entry in both if isinstance(entry, NoteKey)),
        quorum,
    )


def _mark(entry: Anchor | NoteKey) -> tuple[str, str, str]:
    return entry.use, entry.name, entry.fingerprint()


def _require_distinct(entries: Iterable[Anchor | NoteKey]) -> None:
    """One party counts once: no key twice, no two of one name in notes, one witness of a name."""
    seen: set[object] = set()
    for entry in entries:
        marks: list[object] = [_mark(entry)]
        if isinstance(entry, NoteKey):
            marks += [entry.fingerprint(), (entry.verifier().name, entry.verifier().key_id)]
            marks += [(entry.use, entry.name)] if entry.use == "witness" else []
        if seen.intersection(marks):
            raise TrustError(f"expected each certificate, key and witness once, got {entry.use} {entry.name} twice")
        seen.update(marks)


def _line(entry: Anchor | NoteKey) -> str:
    item = {"name": entry.name, "use": entry.use, "kind": entry.kind, "file": entry.file_name()}
    item["sha256"] = entry.fingerprint()
    if isinstance(entry, NoteKey):
        item["vkey"] = entry.vkey
    return json.dumps(item)


def _text(entries: Iterable[Anchor | NoteKey], quorum: int) -> str:
    head = f'{{"version": {VERSION}, "quorum": {quorum}, "anchors": [\n'
    return head + ",\n".join(_line(entry) for entry in entries) + "\n]}\n"


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Readers and the one writer of this machine wait for one another; a list on foreign media has no writer."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise TrustError(f"expected the folder of a trust list, got {error}", hint=_WHERE) from error
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    if path.exists() and path.read_bytes() == data:
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


def save(folder: Path, trust: Trust) -> None:
    """Write a trust folder, one entry a line so that a shell can read it too.

    Raises:
        TrustError: an entry twice, or a quorum that is no small number.

    Effects: ``trust.json`` and PEM files in ``folder``; each file is replaced whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, fcntl.LOCK_EX):
        _save(folder, trust)


def _save(folder: Path, trust: Trust) -> None:
    if not 0 <= trust.quorum <= MAX_QUORUM:
        raise TrustError(f"expected a quorum from 0 to {MAX_QUORUM}, got {trust.quorum}")
    entries: list[Anchor | NoteKey] = [*trust.anchors, *trust.note_keys]
    entries.sort(key=_mark)
    _require_distinct(entries)
    files: dict[str, bytes] = {}
    for entry in entries:
        files[entry.file_name()] = files.get(entry.file_name(), b"") + entry.pem()
    for name, data in files.items():
        _write(folder / name, data)
    _write(folder / LIST_NAME, _text(entries, trust.quorum).encode())


def tsa_root(settings: Settings, name: str) -> x509.Certificate | None:
    """The newest root configured for a timestamp service, or none when its file is not there yet."""
    path = Path(settings.tsa_ca_dir or ".") / f"{name}.pem"
    return _certificates(path)[0] if settings.tsa_ca_dir and path.is_file() else None


def _configured(settings: Settings) -> Iterator[Anchor]:
    """The roots of the timestamp services in the settings."""
    for pair in settings.tsa_urls:
        name = pair.partition("=")[0]
        root = tsa_root(settings, name)
        if root is not None:
            yield Anchor(name, "timestamp", "test" if name in settings.tsa_test_trust else "court", root)


def publish(
    settings: Settings,
    roots: Iterable[tuple[str, str, x509.Certificate]] = (),
    keys: Iterable[NoteKey] = (),
    quorum: int | None = None,
) -> Trust:
    """Bring the trust folder up to date: what is there stays, what is known now is added.

    Args:
        roots: name, use and certificate of this installation's own roots.
        keys: of logs and witnesses. quorum: none leaves it as it is (0 in a new list).

    Raises:
        TrustError: the folder is there but cannot be read, or a witness's key has changed.

    Effects: files in ``settings.trust_path()``.
    """
    folder = settings.trust_path()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, fcntl.LOCK_EX):
        there = (folder / LIST_NAME).exists()
        old = _load(folder, earlier=True) if there else Trust(())
        known = {_mark(one) for one in old.anchors} | {_mark(one) for one in old.note_keys}
        wanted: list[Anchor] = [
            *(Anchor(name, use, "bureau", root) for name, use, root in roots),
            *_configured(settings),
        ]
        fresh = [one for one in wanted if _mark(one) not in known]
        fresh_keys = [one for one in keys if _mark(one) not in known]
        new = Trust((*old.anchors, *fresh), (*old.note_keys, *fresh_keys), old.quorum if quorum is None else quorum)
        if new.anchors or new.note_keys:
            _save(folder, new)
    return new
