"""PAdES signatures of reports: the signature by pyHanko, the revisions in our one form, checked here.

A report is signed with a timestamp in the signature (B-T); then its certificates, revocation lists
and a timestamp over the whole file are added (B-LTA). Nothing is fetched: revocation data is given.

Spec: ISO 32000-2 section 12.8 (signatures); ETSI EN 319 142-1 clause 6.3 (PAdES baseline B to LTA).
"""

import asyncio
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, core  # type: ignore[import-untyped]
from asn1crypto import cms as acms
from asn1crypto import x509 as ax509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.sign import signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from evidence import cms, revision, timestamp
from evidence.errors import MalformedError, SignatureError
from evidence.revision import Signed
from evidence.signer import Signer
from evidence.timestamp import Stamp, Timestamper
from kernel.clock import as_utc

FIELD, ARCHIVE_FIELD = "WangjianReport", "WangjianArchive"
FIELDS = (FIELD, ARCHIVE_FIELD)
ROOT = re.compile(rb"root-sha256:([0-9a-f]{64})")
CMS_BYTES, TOKEN_BYTES = 14_000, 10_000
SIGNATURE_TIMESTAMP = "signature_time_stamp_token"


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


class _ServiceStamper(TimeStamper):
    """A timestamp service for pyHanko: our own client, which believes no answer unchecked."""

    def __init__(self, service: Timestamper, at: datetime) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call]
        self._service, self._at = service, at

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """The token over a digest."""
        if md_algorithm != "sha256":
            raise SignatureError(f"expected a timestamp over SHA-256, got {md_algorithm}")
        token, _ = timestamp.stamp_digest(message_digest, self._service, self._at)
        return acms.ContentInfo.load(token)


@dataclass(frozen=True, slots=True)
class Checked:
    """What holds in a report.

    Attributes:
        path: of its signer, leaf first. judged_at: for which time it was judged. stamps: the signature's
            timestamp (if any), then those of the whole file, oldest first.
    """

    path: tuple[x509.Certificate, ...]
    judged_at: datetime
    stamps: tuple[Stamp, ...]


def _asn1(certificate: x509.Certificate) -> ax509.Certificate:
    return ax509.Certificate.load(_der(certificate))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def sign(pdf: bytes, signer: Signer, reason: str, *, at: datetime, service: Timestamper | None = None) -> bytes:
    """A PDF of ours with a PAdES signature over all of it: baseline T, or B without a service.

    Args:
        pdf: a whole file of ``evidence.paper`` with the field ``WangjianReport``, unsigned.
        reason: why it is signed, shown by viewers. at: of signing, aware UTC.
        service: whose timestamp goes into the signature.

    Raises:
        MalformedError: not such a file. TimestampError: no good answer of the service.
    """
    date = f"{as_utc(at):%Y%m%d%H%M%SZ}"
    hole = revision.open_signature(pdf, field=FIELD, date=date, reason=reason, room=CMS_BYTES)
    made = KeySigner(signer).async_sign(
        hole.digest(),
        "sha256",
        use_pades=True,
        timestamper=_ServiceStamper(service, at) if service else None,
    )
    return hole.filled(bytes(asyncio.run(made).dump()))


def archive(
    pdf: bytes,
    signer: Signer,
    service: Timestamper,
    *,
    at: datetime,
    lists: Sequence[bytes] = (),
    others: Sequence[x509.Certificate] = (),
) -> bytes:
    """A signed report with validation data and a timestamp over the whole file: PAdES baseline LTA.

    Done again before the last timestamp's certificates end, it renews the report.

    Args:
        signer: of the report. service: whose timestamp covers the file. at: our time, aware UTC.
        lists: revocation lists for the signer and the timestamp services, DER.
        others: further certificates of paths, such as those of the timestamp services.

    Raises:
        MalformedError: not a signed report of ours. TimestampError: no good answer of the service.
    """
    certificates = list(dict.fromkeys(map(_der, (signer.certificate, *signer.issuers, *others))))
    first, *later = revision.read(pdf)
    field = f"{ARCHIVE_FIELD}{len(later) + 1}" if later else ARCHIVE_FIELD
    speaking = _speaking(dict.fromkeys(lists), first, at)
    hole = revision.open_archive(pdf, field=field, certificates=certificates, lists=speaking, room=TOKEN_BYTES)
    token, _ = timestamp.stamp_digest(hole.digest(), service, at)
    return hole.filled(token)


def _speaking(lists: Iterable[bytes], signed: Signed, at: datetime) -> list[bytes]:
    """The lists without those that no longer speak of the signer: issuers leave expired certificates out.

    A validator that took such a list for the newest word on the signer would find no time at which both were good.

    Spec: RFC 5280 section 5 (scope of a list); ETSI EN 319 102-1 clause 5.6.2.2 (sliding of time).
    """
    until: dict[x509.Name, datetime] = {}
    for one in cms.parse(signed.value).certificates:
        if one.issuer != one.subject:
            until[one.issuer] = max(one.not_valid_after_utc, until.get(one.issuer, one.not_valid_after_utc))
    found = [(data, x509.load_der_x509_crl(data).issuer) for data in lists]
    return [data for data, issuer in found if as_utc(at) <= until.get(issuer, as_utc(at))]


def check(
    pdf: bytes, roots: Sequence[x509.Certificate], at: datetime, stamp_roots: Sequence[x509.Certificate] = ()
) -> Checked:
    """Check the signature of a report and every timestamp in it.

    Nothing may stand in the file outside them, and nothing that is shown may come after the signature.

    Args:
        pdf: the whole file. roots: trusted report roots. at: when the signer had to be valid, aware UTC,
            where the report itself proves no time. stamp_roots: trusted roots of timestamp services.

    Raises:
        MalformedError, ContentMismatchError, SignatureError, UntrustedError.
    """
    first, *later = revision.read(pdf)
    if b"/SubFilter /ETSI.CAdES.detached" not in pdf[: first.end]:
        raise MalformedError("expected a PAdES signature first in the report, got something else")
    inner = _signature_stamp(first, stamp_roots)
    archived = [timestamp.check_token(one.value, one.digest, stamp_roots) for one in later]
    stamps = (*inner, *archived)
    judged_at = min((stamp.gen_time for stamp in stamps), default=as_utc(at))
    _, path = cms.verify_in_report(first.value, first.digest, roots, judged_at)
    return Checked(path, judged_at, stamps)


def require_long_term(checked: Checked) -> None:
    """Refuse a report whose signature will not outlive its certificates.

    Spec: ETSI EN 319 142-1 clause 6.3, level B-LTA: a timestamp in the signature and one over the file.

    Raises:
        SignatureError: one of the two is missing.
    """
    if len(checked.stamps) < timestamp.LEAST_SERVICES:
        raise SignatureError(f"expected a timestamp in the signature and one over the file, got {len(checked.stamps)}")


def _signature_stamp(signed: Signed, roots: Sequence[x509.Certificate]) -> tuple[Stamp, ...]:
    """The timestamp within the signature, over its value. Spec: ETSI EN 319 122-1 clause 5.3."""
    with cms.reading("a signature with a readable timestamp"):
        one = acms.ContentInfo.load(signed.value, strict=True)["content"]["signer_infos"][0]
        unsigned = [] if isinstance(one["unsigned_attrs"], core.Void) else list(one["unsigned_attrs"])
        kinds = [str(attribute["type"].native) for attribute in unsigned]
        # The raw bytes of each SET: taken apart and put together again, a token costs a quarter of a second.
        tokens = [bytes(attribute["values"].contents) for attribute in unsigned]
        imprint = hashlib.sha256(bytes(one["signature"].native)).digest()
    if not kinds:
        return ()
    if kinds != [SIGNATURE_TIMESTAMP]:
        raise MalformedError(f"expected at most one timestamp in the signature, got {kinds}")
    return (timestamp.check_token(tokens[0], imprint, roots),)


def quoted_root(pdf: bytes) -> str:
    """The root digest that the report quotes in its keywords, hex.

    Raises:
        SignatureError: none, or several different ones.
    """
    found = {bytes(match).decode() for match in ROOT.findall(pdf)}
    if len(found) != 1:
        raise SignatureError(f"expected one quoted root digest in the report, got {len(found)}")
    return found.pop()
