"""Extra certificate roots for hosts under test, put where Chromium looks for a user's own roots.

Only chains that end at such a root gain from it, and only in that one respect: an expired
certificate, a wrong name or a foreign issuer fail as ever. (Chromium's switch that ignores errors by
key would also let those pass, so it is not used.)
"""

import ctypes
import threading
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from crawlers.capture.errors import CaptureError
from kernel.crypto import sha256_hex

# The library has one state a process, and several captures may begin in threads of one.
_TURN = threading.Lock()

_TRUSTED_CA = 1 << 3 | 1 << 4  # CERTDB_VALID_CA, CERTDB_TRUSTED_CA


@dataclass(frozen=True, slots=True)
class Roots:
    """Extra roots in use: the file they came from and the SHA-256 of each certificate (hex)."""

    file: str = ""
    sha256: tuple[str, ...] = ()


class _Trust(ctypes.Structure):
    _fields_ = (("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("signing", ctypes.c_uint))


def write_roots(pem_file: str, home: Path) -> Roots:
    """Make the certificate database of a browser home.

    Args:
        pem_file: ``Settings.extra_ca_file``; empty means no extra roots.
        home: what will be ``HOME`` of the browser.

    Raises:
        CaptureError: ``roots`` where the file or the library cannot be used.

    Effects: files in ``home/.pki/nssdb``.
    """
    folder = home / ".pki" / "nssdb"
    folder.mkdir(parents=True)
    if not pem_file:
        return Roots()
    try:
        certificates = x509.load_pem_x509_certificates(Path(pem_file).read_bytes())
    except (OSError, ValueError) as error:
        raise CaptureError("roots", f"expected PEM certificates in {pem_file}, got: {error}") from error
    encoded = [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    try:
        with _TURN:
            _fill(folder, encoded)
    except OSError as error:
        raise CaptureError(
            "roots",
            f"expected the libraries libnss3 and libsmime3, got: {error}",
            hint="They come with Chromium: apt-get install libnss3.",
        ) from error
    return Roots(pem_file, tuple(sha256_hex(data) for data in encoded))


def _fill(folder: Path, certificates: list[bytes]) -> None:
    nss, smime = ctypes.CDLL("libnss3.so"), ctypes.CDLL("libsmime3.so")
    pointer = ctypes.c_void_p
    nss.PK11_GetInternalKeySlot.restype = pointer
    nss.CERT_GetDefaultCertDB.restype = pointer
    smime.CERT_DecodeCertFromPackage.restype = pointer
    smime.CERT_DecodeCertFromPackage.argtypes = (ctypes.c_char_p, ctypes.c_int)
    nss.PK11_InitPin.argtypes = (pointer, ctypes.c_char_p, ctypes.c_char_p)
    nss.PK11_ImportCert.argtypes = (pointer, pointer, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int)
    nss.CERT_ChangeCertTrust.argtypes = (pointer, pointer, pointer)
    nss.CERT_DestroyCertificate.argtypes = (pointer,)
    nss.PK11_FreeSlot.argtypes = (pointer,)
    if nss.NSS_InitReadWrite(f"sql:{folder}".encode()) != 0:
        raise CaptureError("roots", f"expected a new certificate database in {folder}")
    try:
        slot = nss.PK11_GetInternalKeySlot()
        nss.PK11_InitPin(slot, None, None)
        trust = _Trust(_TRUSTED_CA, 0, 0)
        for number, data in enumerate(certificates):
            certificate = smime.CERT_DecodeCertFromPackage(data, len(data))
            failed = not certificate or nss.PK11_ImportCert(slot, certificate, 0, f"extra-{number}".encode(), 0)
            if failed or nss.CERT_ChangeCertTrust(nss.CERT_GetDefaultCertDB(), certificate, ctypes.byref(trust)):
                raise CaptureError("roots", f"expected to import root {number + 1} of {len(certificates)}")
            nss.CERT_DestroyCertificate(certificate)
        nss.PK11_FreeSlot(slot)
    finally:
        nss.NSS_Shutdown()
