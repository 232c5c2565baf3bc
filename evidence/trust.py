"""The trust list: the only place from which a verifier takes roots.

A folder with ``trust.json`` and PEM files. It is published apart from the packages; people compare
its fingerprints in print. Roots are only ever added: what an old package needs stays.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.errors import TrustError
from kernel.config import Settings
from kernel.crypto import sha256_hex

LIST_NAME = "trust.json"
VERSION = 1
USES = ("seal", "report", "timestamp")
KINDS = ("court", "bureau", "test")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One trusted root.

    Attributes:
        name: ``seal``, ``report``, or the short name of a timestamp service.
        use: ``seal``, ``report`` or ``timestamp``.
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


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list, read."""

    anchors: tuple[Anchor, ...]

    def roots(self, use: str, name: str | None = None) -> tuple[x509.Certificate, ...]:
        """The roots for one use, of one timestamp service if named."""
        return tuple(anchor.certificate for anchor in self.anchors if anchor.use == use and name in {None, anchor.name})

    def kind_of(self, root: x509.Certificate, use: str) -> str:
        """The kind of a root for one use, or empty when it is not on the list."""
        kinds = [anchor.kind for anchor in self.anchors if anchor.use == use and anchor.certificate == root]
        return kinds[0] if kinds else ""


def _pem_blocks(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrustError(
            f"expected PEM certificates in {path}, got {error}", hint="Fetch the published trust list again."
        ) from error


def _entry(folder: Path, item: object) -> Anchor:
    if not isinstance(item, dict) or set(item) != {"name", "use", "kind", "file", "sha256"}:
        raise TrustError(f"expected name, use, kind, file and sha256 in {LIST_NAME}, got {item!r}")
    name, use, kind = str(item["name"]), str(item["use"]), str(item["kind"])
    if not NAME.fullmatch(name) or use not in USES or kind not in KINDS:
        raise TrustError(f"expected a known use and kind in {LIST_NAME}, got {item!r}")
    expected = f"tsa-{name}.pem" if use == "timestamp" else f"{use}.pem"
    if item["file"] != expected:
        raise TrustError(f"expected the file {expected} in {LIST_NAME}, got {item['file']!r}")
    for certificate in _pem_blocks(folder / expected):
        anchor = Anchor(name, use, kind, certificate)
        if anchor.fingerprint() == item["sha256"]:
            return anchor
    raise TrustError(
        f"expected a certificate with fingerprint {item['sha256']} in {expected}, got none",
        hint="The list and its PEM files do not belong together: fetch the published trust list again.",
    )


def load(folder: Path) -> Trust:
    """Read a trust folder.

    Raises:
        TrustError: missing, not understood, or a fingerprint that does not fit its certificate.
    """
    path = folder / LIST_NAME
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrustError(
            f"expected a trust list in {path}, got {error}",
            hint="Give the folder of the published trust list (trust.json and PEM files).",
        ) from error
    if not isinstance(value, dict) or value.get("version") != VERSION or not isinstance(value.get("anchors"), list):
        raise TrustError(f"expected version {VERSION} and anchors in {path}, got {str(value)[:80]}")
    anchors = tuple(_entry(folder, item) for item in value["anchors"])
    listed = {(anchor.file_name(), anchor.fingerprint()) for anchor in anchors}
    for file_name in {anchor.file_name() for anchor in anchors}:
        for certificate in _pem_blocks(folder / file_name):
            if (file_name, sha256_hex(certificate.public_bytes(Encoding.DER))) not in listed:
                raise TrustError(
                    f"expected only listed certificates in {file_name}, got {certificate.subject.rfc4514_string()}",
                    hint="Fetch the published trust list again.",
                )
    return Trust(anchors)


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


def save(folder: Path, anchors: Iterable[Anchor]) -> None:
    """Write a trust folder, one anchor a line so that a shell can read it too.

    Effects: ``trust.json`` and PEM files in ``folder``; each file is replaced whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(anchors, key=lambda anchor: (anchor.use, anchor.name, anchor.fingerprint()))
    files: dict[str, bytes] = {}
    for anchor in ordered:
        pem = anchor.certificate.public_bytes(Encoding.PEM)
        files[anchor.file_name()] = files.get(anchor.file_name(), b"") + pem
    for name, data in files.items():
        _write(folder / name, data)
    lines = [
        json.dumps(
            {
                "name": anchor.name,
                "use": anchor.use,
                "kind": anchor.kind,
                "file": anchor.file_name(),
                "sha256": anchor.fingerprint(),
            }
        )
        for anchor in ordered
    ]
    text = f'{{"version": {VERSION}, "anchors": [\n' + ",\n".join(lines) + "\n]}\n"
    _write(folder / LIST_NAME, text.encode())


def tsa_root(settings: Settings, name: str) -> x509.Certificate | None:
    """The newest root configured for a timestamp service, or none when its file is not there yet."""
    path = Path(settings.tsa_ca_dir or ".") / f"{name}.pem"
    return _pem_blocks(path)[0] if settings.tsa_ca_dir and path.is_file() else None


def publish(settings: Settings, roots: Iterable[tuple[str, str, x509.Certificate]]) -> Trust:
    """Bring the trust folder up to date: what is there stays, what the settings know is added.

    Args:
        roots: name, use and certificate of this installation's own roots.

    Raises:
        TrustError: the folder is there but cannot be read.

    Effects: files in ``settings.trust_path()``.
    """
    folder = settings.trust_path()
    anchors = list(load(folder).anchors) if (folder / LIST_NAME).exists() else []
    wanted = [Anchor(name, use, "bureau", certificate) for name, use, certificate in roots]
    for pair in settings.tsa_urls:
        name = pair.partition("=")[0]
        root = tsa_root(settings, name)
        if root is not None:
            kind = "test" if name in settings.tsa_test_trust else "court"
            wanted.append(Anchor(name, "timestamp", kind, root))
    known = {(anchor.use, anchor.name, anchor.fingerprint()) for anchor in anchors}
    fresh = [anchor for anchor in wanted if (anchor.use, anchor.name, anchor.fingerprint()) not in known]
    if fresh:
        save(folder, [*anchors, *fresh])
    return Trust((*anchors, *fresh))
