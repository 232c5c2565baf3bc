"""The node's word for what it left: a list of all files, signed right after the capture with the node's own key.

The worker is given the path of that key alone; who captures cannot seal.

Spec: evidence format 2, ``meta/capture-sha256.txt`` and ``meta/capture.p7s``; ETSI EN 319 122-1 (CAdES baseline B).
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawlers.capture.errors import CaptureError
from evidence import cms, manifest
from evidence.signer import FileKey, Signer
from kernel.crypto import sha256_hex

LIST, SIGNATURE = "meta/capture-sha256.txt", "meta/capture.p7s"


def load_signer(path: str) -> Signer | None:
    """The node's signer.

    Args:
        path: of the key in PEM; its certificate lies beside it as ``.pem`` and the root as
            ``-root.pem``. Empty means none.

    Raises:
        CaptureError: ``node_key``: the files are not a key with its certificates.
    """
    if not path:
        return None
    file = Path(path)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(file.with_suffix(".pem").read_bytes())
        # A renewed leaf has a number (node-2.key); the root stays node-root.pem.
        above = file.with_name(f"{file.stem.partition('-')[0]}-root.pem")
        root = x509.load_pem_x509_certificate(above.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise CaptureError(
            "node_key",
            f"expected the node's key and certificates at {path}, got {error}",
            hint="Restore the key folder.",
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CaptureError("node_key", f"expected the key of {file.stem}.pem in {path}, got another")
    return Signer(FileKey(key), certificate, (root,))


def signer_fact(signer: Signer | None) -> dict[str, object]:
    """What ``meta/capture.json`` says of the signature to come."""
    if signer is None:
        return {"state": "none", "reason": "no node key was handed over (WANGJIAN_NODE_KEY_FILE)"}
    return {"state": "signed", "certificate": sha256_hex(signer.certificate.public_bytes(serialization.Encoding.DER))}


def sign_list(digests: Mapping[str, str], signer: Signer | None, at: datetime) -> dict[str, bytes]:
    """The list and, where there is a signer, its signature.

    Args:
        digests: name to SHA-256, hex, of every other file of the folder. at: aware UTC.
    """
    listed = manifest.render(digests)
    if signer is None:
        return {}
    return {LIST: listed, SIGNATURE: cms.sign(bytes.fromhex(sha256_hex(listed)), signer, at)}
