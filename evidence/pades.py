"""PAdES signatures of reports: made by pyHanko, checked here over the signed byte ranges.

Spec: ISO 32000-2 section 12.8.1 (ByteRange); ETSI EN 319 142-1 clause 6.3 (PAdES baseline B).
"""

import hashlib
import io
import re
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import algos  # type: ignore[import-untyped]
from asn1crypto import x509 as ax509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from evidence import cms, der
from evidence.errors import ContentMismatchError, MalformedError, SignatureError
from evidence.signer import Signer

FIELD, ARCHIVE_FIELD = "WangjianReport", "WangjianArchive"
FIELDS = (FIELD, ARCHIVE_FIELD)
RANGE = re.compile(rb"/ByteRange *\[ *(\d{1,10}) +(\d{1,10}) +(\d{1,10}) +(\d{1,10}) *\]")
ROOT = re.compile(rb"root-sha256:([0-9a-f]{64})")
CMS_BYTES = 8192


class KeySigner(signers.Signer):
    """A signer for pyHanko that signs through our key, wherever it lies."""

    def __init__(self, signer: Signer) -> None:
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple(_asn1(issuer) for issuer in signer.issuers)
        super().__init__(
            signing_cert=_asn1(signer.certificate),
            cert_registry=registry,
            embed_roots=True,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        )
        self._signer = signer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """The raw signature; a placeholder of the greatest length in a dry run."""
        if digest_algorithm != "sha256":
            raise SignatureError(f"expected to sign over SHA-256, got {digest_algorithm}")
        size = (self._signer.key.public_key().key_size + 7) // 8
        return bytes(2 * size + 9) if dry_run else self._signer.sign(data)


def _asn1(certificate: x509.Certificate) -> ax509.Certificate:
    return ax509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def sign(pdf: bytes, signer: Signer, reason: str) -> bytes:
    """A PDF with a PAdES baseline B signature over all of it.

    Args:
        pdf: a whole, unsigned PDF. reason: why it is signed, shown by viewers.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason=reason
    )
    pdf_signer = signers.PdfSigner(metadata, signer=KeySigner(signer))
    signed = io.BytesIO()
    pdf_signer.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), output=signed, bytes_reserved=CMS_BYTES, in_place=False
    )
    return signed.getvalue()


def _split(pdf: bytes) -> tuple[bytes, tuple[bytes, bytes]]:
    """The signature's DER and the two signed ranges, which must be the whole file around it."""
    ranges = RANGE.findall(pdf)
    if len(ranges) != 1:
        raise MalformedError(f"expected exactly one signature in the report, got {len(ranges)}")
    start, length, second, rest = (int(number) for number in ranges[0])
    if start or second + rest != len(pdf) or not length < second <= len(pdf):
        raise ContentMismatchError("expected the signature to cover the whole report, got bytes outside")
    hexed = pdf[length:second]
    if hexed[:1] != b"<" or hexed[-1:] != b">":
        raise MalformedError("expected a hexadecimal signature between the signed ranges, got something else")
    try:
        padded = bytes.fromhex(hexed[1:-1].decode("ascii"))
    except ValueError as error:
        raise MalformedError(f"expected a hexadecimal signature, got {error}") from error
    end = der.value_end(padded)
    if padded[end:].strip(b"\x00"):
        raise MalformedError("expected zeros after the signature, got hidden bytes")
    return padded[:end], (pdf[:length], pdf[second:])


def check(pdf: bytes, roots: Sequence[x509.Certificate], at: datetime) -> tuple[x509.Certificate, ...]:
    """Check the signature of a report; the path of its signer.

    Nothing may stand in the file outside the signature: a later revision fails.

    Args:
        pdf: the whole file. roots: trusted report roots. at: when the signer had to be valid, aware UTC.

    Raises:
        MalformedError, ContentMismatchError, SignatureError, UntrustedError.
    """
    signature, parts = _split(pdf)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    _, path = cms.verify(signature, digest.digest(), roots, at)
    return path


def quoted_root(pdf: bytes) -> str:
    """The root digest that the report quotes in its keywords, hex.

    Raises:
        SignatureError: none, or several different ones.
    """
    found = {bytes(match).decode() for match in ROOT.findall(pdf)}
    if len(found) != 1:
        raise SignatureError(f"expected one quoted root digest in the report, got {len(found)}")
    return found.pop()
