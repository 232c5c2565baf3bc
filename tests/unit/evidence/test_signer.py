"""Signers."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from evidence import cms, issuer, pades
from evidence.paper import Paper
from evidence.signer import FileKey, Signer
from tests.data.evidence.workshop import AT, Workshop


class ClosedKey:
    """A key that counts its uses and cannot be read, as one in hardware."""

    def __init__(self) -> None:
        self._key = FileKey(ec.derive_private_key(7, ec.SECP256R1()))
        self.uses = 0

    def sign(self, data: bytes) -> bytes:
        """ECDSA over SHA-256 of the data, DER."""
        self.uses += 1
        return self._key.sign(data)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._key.public_key()


def test_signatures_and_reports_only_use_the_key() -> None:
    """CMS and PDF signatures are made without reading the private key."""
    root_key, key = ec.generate_private_key(ec.SECP384R1()), ClosedKey()
    root = issuer.make_root("seal", root_key, AT)
    signer = Signer(key, issuer.issue("seal", key.public_key(), root, root_key, AT), (root,))
    digest = hashlib.sha256(b"data").digest()
    cms.verify(cms.sign(digest, signer, AT), digest, (root,), AT)
    pdf = Paper("t", AT, fields=pades.FIELDS).finish()
    signed = pades.sign(pdf, signer, "test", at=AT)
    assert pades.check(signed, (root,), AT).path[-1] == root
    assert key.uses == 2


def test_file_key_is_deterministic() -> None:
    """RFC 6979 appendix A.2.5, P-256, SHA-256, message "sample"."""
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = FileKey(ec.derive_private_key(secret, ec.SECP256R1()))
    assert key.sign(b"sample").hex().endswith("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
    assert key.sign(b"sample") == key.sign(b"sample")


def test_signer_signs_with_its_certificate(workshop: Workshop) -> None:
    """The certificate's key verifies, and only over that data."""
    signer: Signer = workshop.keys.node
    public = signer.key.public_key()
    public.verify(signer.sign(b"data"), b"data", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signer.sign(b"data"), b"else", ec.ECDSA(hashes.SHA256()))
