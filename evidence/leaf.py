"""Leaves of the key folder: which certificate and which key sign for a use now.

``seal.key`` and ``seal.pem`` come first; what follows has a number: ``seal-2.key``, ``seal-2.pem``. A leaf whose
key lies in a token or in a file of the bureau has no ``.key`` here. Nothing is ever removed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evidence import issuer, key_folder, token_uri
from evidence.chain import build_path
from evidence.errors import KeysError, UntrustedError
from evidence.issuer import Revoked
from evidence.key_folder import Files
from evidence.signer import FileKey, Signer, SigningKey
from kernel.clock import iso, parse_iso
from kernel.config import Settings
from kernel.errors import ClockError

RENEW_BEFORE = {"seal": timedelta(days=365), "report": timedelta(days=365), "node": timedelta(days=30)}
RESTORE = "Restore the folder from its backup. Sealed evidence needs only the trust list."


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a use.

    Attributes:
        number: 1 for the first. name: base name of its files. has_key: whether its key lies in the folder.
    """

    number: int
    name: str
    certificate: x509.Certificate
    has_key: bool


def load_private(path: Path) -> object:
    """A private key from a PEM file that nobody else may read.

    Raises:
        KeysError: missing, open to others, or damaged.
    """
    data = key_folder.read(path.parent, path.name, private=True)
    try:
        return serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeysError(f"expected a private key in {path}, got {error}", hint=RESTORE) from error


def load_signing_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """An ECDSA key from a PEM file.

    Raises:
        KeysError: as above, or of another kind.
    """
    key = load_private(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeysError(f"expected an ECDSA key in {path}, got {type(key).__name__}", hint=RESTORE)
    return key


def load_certificate(folder: Path, name: str) -> x509.Certificate:
    """A certificate of the folder.

    Raises:
        KeysError: missing or damaged.
    """
    data = key_folder.read(folder, name)
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise KeysError(f"expected a certificate in {folder / name}, got {error}", hint=RESTORE) from error


def all_of(folder: Path, use: str) -> list[Leaf]:
    """Every leaf of a use, oldest first."""
    numbers = {1: use}
    for path in folder.glob(f"{use}-*.pem"):
        if match := re.fullmatch(rf"{use}-([1-9][0-9]{{0,5}})\.pem", path.name):
            numbers[int(match[1])] = path.stem
    return [
        Leaf(number, name, load_certificate(folder, f"{name}.pem"), (folder / f"{name}.key").exists() or number == 1)
        for number, name in sorted(numbers.items())
    ]


def revoked(folder: Path, use: str) -> tuple[Revoked, ...]:
    """What was taken back of a use.

    Raises:
        KeysError: the list is damaged.
    """
    path = folder / f"{use}-revoked.json"
    if not path.exists():
        return ()
    try:
        items: list[dict[str, str]] = json.loads(path.read_text("utf-8"))
        return tuple(
            Revoked(int(item["serial"], 16), parse_iso(item["at"]), x509.ReasonFlags[item["reason"]]) for item in items
        )
    except (OSError, ValueError, KeyError, TypeError, ClockError) as error:
        raise KeysError(f"expected a list of revoked certificates in {path}, got {error}", hint=RESTORE) from error


def render_revoked(items: Sequence[Revoked]) -> bytes:
    """The list of a use as it is kept."""
    values = [{"at": iso(one.at), "reason": one.reason.name, "serial": f"{one.serial:x}"} for one in items]
    return json.dumps(values, indent=1).encode() + b"\n"


def _outside_key(settings: Settings, use: str) -> SigningKey | None:
    """The key that a setting names, or none: then it lies in the folder."""
    text = {"seal": settings.seal_key_uri, "report": settings.report_key_uri}.get(use, "")
    if not text:
        return None
    address = token_uri.parse(text)
    if isinstance(address, Path):
        return FileKey(load_signing_key(address))
    # The client library is loaded where a setting names a token.
    key: SigningKey = import_module("evidence.token_key").open_key(settings, address)
    return key


def _own_chain(settings: Settings, use: str, key: SigningKey | None, at: datetime) -> Signer | None:
    """The signer with the bureau's own certificates, or none: then the built-in authority certifies."""
    text = {"seal": settings.seal_chain_file, "report": settings.report_chain_file}.get(use, "")
    if not text:
        return None
    if key is None:
        raise KeysError(
            f"expected the key to the certificates in {text}, got none", hint=f"Set WANGJIAN_{use.upper()}_KEY_URI."
        )
    try:
        certificates = x509.load_pem_x509_certificates(Path(text).read_bytes())
        path = build_path(certificates[0], certificates[1:-1], certificates[-1:], at)
    except (OSError, ValueError, UntrustedError) as error:
        raise KeysError(
            f"expected the signer's certificate, those above it and the root in {text}, got {error}",
            hint="PEM, the signer first, the root last, all valid today.",
        ) from error
    if path[0].public_key() != key.public_key():
        raise KeysError(f"expected the certificate of the {use} key first in {text}, got another's")
    # The bureau's authority certifies people and servers too: who has any certificate of it must not be able to seal.
    return Signer(key, path[0], path[1:], pinned=True)


def open_signer(folder: Path, settings: Settings, use: str, at: datetime) -> Signer:
    """The signer of a use; a leaf that is missing, revoked or near its end is made anew. The caller holds the folder.

    Args:
        at: aware UTC.

    Raises:
        KeysError: damaged, or key and certificate do not belong together, or the outside key was revoked.
        KeyTokenError: the token is not there.

    Effects: files in the folder.
    """
    outside = _outside_key(settings, use)
    own = _own_chain(settings, use, outside, at)
    if own is not None:
        return own
    root = load_certificate(folder, f"{use}-root.pem")
    found = current(folder, use, outside)
    if found is None or _is_due(found.certificate, root, use, at):
        found = make_next(folder, use, outside, at)
    key = outside or FileKey(load_signing_key(folder / f"{found.name}.key"))
    if key.public_key() != found.certificate.public_key():
        raise KeysError(f"expected the key of {found.name}.pem in {folder / found.name}.key, got another", hint=RESTORE)
    return Signer(key, found.certificate, (root,))


def in_force(certificate: x509.Certificate, then: datetime) -> bool:
    """Whether a certificate was valid at a time."""
    return certificate.not_valid_before_utc <= then <= certificate.not_valid_after_utc


def open_earlier(folder: Path, settings: Settings, use: str, then: datetime) -> Signer:
    """The newest signer of the built-in authority whose leaf was in force then and was not revoked.

    Raises:
        KeysError: there is none.
    """
    outside = _outside_key(settings, use)
    serials = {one.serial for one in revoked(folder, use)}
    for one in reversed(all_of(folder, use)):
        key = FileKey(load_signing_key(folder / f"{one.name}.key")) if one.has_key else outside
        fits = key is not None and key.public_key() == one.certificate.public_key()
        if key and fits and in_force(one.certificate, then) and one.certificate.serial_number not in serials:
            return Signer(key, one.certificate, (load_certificate(folder, f"{use}-root.pem"),))
    raise KeysError(
        f"expected a {use} signer that was in force {iso(then)}, got none", hint="Export it with --as-stored instead."
    )


def _is_due(certificate: x509.Certificate, root: x509.Certificate, use: str, at: datetime) -> bool:
    """Near its end, where a new one would live longer: none outlives the root."""
    end = certificate.not_valid_after_utc
    return end - RENEW_BEFORE[use] <= at and end + timedelta(days=1) < root.not_valid_after_utc


def current(folder: Path, use: str, outside: SigningKey | None) -> Leaf | None:
    """The newest leaf that is not revoked and whose key is the one in use.

    Raises:
        KeysError: the outside key's leaf was revoked: that key signs no more.
    """
    serials = {one.serial for one in revoked(folder, use)}
    if outside is None:
        good = [one for one in all_of(folder, use) if one.has_key and one.certificate.serial_number not in serials]
        return good[-1] if good else None
    wanted = outside.public_key()
    mine = [one for one in all_of(folder, use) if one.certificate.public_key() == wanted]
    if any(one.certificate.serial_number in serials for one in mine):
        raise KeysError(
            f"expected a {use} key whose certificate is in force, got one that was revoked",
            hint=f"Make a new key and name it in WANGJIAN_{use.upper()}_KEY_URI.",
        )
    return mine[-1] if mine else None


def renew(folder: Path, settings: Settings, use: str, at: datetime) -> Leaf:
    """A new leaf at once. The caller holds the folder.

    Raises:
        KeysError: the signer stands under the bureau's own chain, which the bureau renews.

    Effects: files in the folder.
    """
    outside = _outside_key(settings, use)
    if _own_chain(settings, use, outside, at) is not None:
        raise KeysError(f"expected a {use} key that the built-in authority certifies, got one with its own chain")
    current(folder, use, outside)
    return make_next(folder, use, outside, at)


def make_next(folder: Path, use: str, outside: SigningKey | None, at: datetime) -> Leaf:
    """A new leaf: with a new key, or for the outside key. The caller holds the folder.

    Effects: files in the folder.
    """
    number = all_of(folder, use)[-1].number + 1
    root, root_key = load_certificate(folder, f"{use}-root.pem"), load_signing_key(folder / f"{use}-root.key")
    if root.not_valid_after_utc - at < timedelta(days=1):
        raise KeysError(
            f"expected a {use} root in force, got one that ends {iso(root.not_valid_after_utc)}",
            hint="Set the key folder aside and start anew; the trust list keeps the old roots.",
        )
    name = f"{use}-{number}"
    files: dict[str, bytes] = {}
    if outside is None:
        key = ec.generate_private_key(ec.SECP256R1())
        files[f"{name}.key"] = key_folder.private_pem(key)
        public = key.public_key()
    else:
        public = outside.public_key()
    certificate = issuer.issue(use, public, root, root_key, at)
    files[f"{name}.pem"] = certificate.public_bytes(serialization.Encoding.PEM)
    key_folder.change(folder, files)
    return Leaf(number, name, certificate, outside is None)


def first_files(use: str, at: datetime) -> Files:
    """Root and first leaf of a use."""
    root_key, key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root = issuer.make_root(use, root_key, at)
    leaf = issuer.issue(use, key.public_key(), root, root_key, at)
    return {
        f"{use}-root.key": key_folder.private_pem(root_key),
        f"{use}-root.pem": root.public_bytes(serialization.Encoding.PEM),
        f"{use}.key": key_folder.private_pem(key),
        f"{use}.pem": leaf.public_bytes(serialization.Encoding.PEM),
    }
