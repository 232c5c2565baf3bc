"""The built-in authority at work: what it certified, renewal, revocation, revocation lists.

Spec: RFC 5280 section 5; ETSI EN 319 142-1 (revocation data for PAdES B-LTA).
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import issuer, key_folder, leaf
from evidence.errors import KeysError
from evidence.issuer import Revoked
from evidence.keys import USES, ensure_keys, folder_of
from kernel.clock import as_utc
from kernel.config import Settings

REASONS = ("key_compromise", "superseded", "cessation_of_operation")
_LIST = "wangjian keys list"


@dataclass(frozen=True, slots=True)
class Certified:
    """One certificate that the authority gave.

    Attributes:
        use: what it is for. in_use: signs now. revoked_at: from when it does not count, or none.
    """

    use: str
    certificate: x509.Certificate
    in_use: bool
    revoked_at: datetime | None


def certified(settings: Settings, at: datetime) -> list[Certified]:
    """Every certificate for signers, oldest first within its use; a signer under the bureau's own chain is among them.

    Args:
        at: aware UTC; keys are made where there are none.

    Raises:
        KeysError, KeyTokenError: keys are damaged, or a token is not there.
    """
    keys = ensure_keys(settings, at)
    folder = folder_of(settings)
    found: list[Certified] = []
    for use in USES:
        back = {one.serial: one.at for one in leaf.revoked(folder, use)}
        now = keys.signer(use).certificate
        given = [one.certificate for one in leaf.all_of(folder, use)]
        found += [
            Certified(use, one, one == now, back.get(one.serial_number))
            for one in (given if now in given else [*given, now])
        ]
    return found


def _require_use(use: str) -> None:
    if use not in USES:
        raise KeysError(f"expected one of {', '.join(USES)}, got {use!r}")


def renew(settings: Settings, use: str, at: datetime) -> x509.Certificate:
    """A new leaf for a use, at once: with a new key, or for the key in its token.

    Raises:
        KeysError: unknown use, damaged keys, or a signer under the bureau's own chain, which the bureau renews.

    Effects: files in the key folder.
    """
    _require_use(use)
    ensure_keys(settings, at)
    with key_folder.held(folder_of(settings)):
        return leaf.renew(folder_of(settings), settings, use, at).certificate


def revoke(settings: Settings, use: str, serial: int, reason: str, at: datetime) -> None:
    """Take a leaf back. Where it was in use, the next one is made when keys are next opened.

    Args:
        serial: serial number of its certificate. reason: one of ``REASONS``. at: from when on, aware UTC.

    Raises:
        KeysError: unknown use, reason or certificate, or it was taken back before.

    Effects: files in the key folder.
    """
    _require_use(use)
    folder = folder_of(settings)
    if reason not in REASONS:
        raise KeysError(f"expected one of {', '.join(REASONS)}, got {reason!r}")
    ensure_keys(settings, at)
    with key_folder.held(folder):
        items = leaf.revoked(folder, use)
        if serial not in {one.certificate.serial_number for one in leaf.all_of(folder, use)}:
            raise KeysError(f"expected a certificate of {use}, got serial {serial:x}", hint=_LIST)
        if serial in {one.serial for one in items}:
            raise KeysError(f"expected a certificate in force, {serial:x} was revoked before", hint=_LIST)
        more = Revoked(serial, as_utc(at).replace(microsecond=0), x509.ReasonFlags[reason])
        key_folder.change(folder, {f"{use}-revoked.json": leaf.render_revoked([*items, more])})


def crl(settings: Settings, use: str, at: datetime) -> x509.CertificateRevocationList:
    """The revocation list of the built-in root of a use. Same time, same bytes.

    Args:
        at: thisUpdate, aware UTC; it holds for 30 days.

    Raises:
        KeysError: unknown use, or damaged keys.
    """
    _require_use(use)
    folder = folder_of(settings)
    with key_folder.held(folder):
        root_key = leaf.load_signing_key(folder / f"{use}-root.key")
        root = leaf.load_certificate(folder, f"{use}-root.pem")
        return issuer.make_crl(root, root_key, leaf.revoked(folder, use), at)


def lists(settings: Settings, at: datetime) -> dict[str, bytes]:
    """The revocation lists of all built-in roots, by use, DER; a use under the bureau's own chain has none here.

    Args:
        at: thisUpdate, aware UTC.

    Raises:
        KeysError: damaged keys.
    """
    built_in = [use for use in USES if (folder_of(settings) / f"{use}-root.key").is_file()]
    return {use: crl(settings, use, at).public_bytes(Encoding.DER) for use in built_in}
