"""RFC 3161 timestamps: asked from separate services at once, believed only after checking.

Every answer is checked against the root that the settings name for *that* service; certificates in
the answer only help to build the path.
"""

import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from asn1crypto import cms as acms  # type: ignore[import-untyped]
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import chain, cms, trust
from evidence.der import require_strict
from evidence.errors import (
    ClockSkewError,
    ContentMismatchError,
    MalformedError,
    SignatureError,
    TimestampError,
    TooFewTimestampsError,
    TsaLiedError,
    TsaRejectedError,
    TsaUnavailableError,
    TsaUntrustedError,
    UntrustedError,
)
from kernel.clock import as_utc
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.public_roots import public_roots

LEAST_SERVICES = 2
MAX_SKEW = timedelta(minutes=5)
MAX_ANSWER_BYTES = 100_000
GRANTED = (0, 1)
PEM_END = b"-----END X509 CRL-----"


class _Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp; the library's own asks for a token in refusals too."""

    _fields = [  # noqa: RUF012 - the form the base class reads
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", acms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a checked response says.

    Attributes:
        imprint: SHA-256 it is about, raw. nonce: the number asked with, or none.
        path: leaf first, trusted root last.
    """

    gen_time: datetime
    imprint: bytes
    nonce: int | None
    serial: int
    path: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Timestamp:
    """One response over some bytes.

    Attributes:
        name: short name of the service. response: the full TimeStampResp in DER.
        kind: ``court`` or ``test``.
    """

    name: str
    kind: str
    response: bytes
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Timestamper:
    """One service, with the root it must answer under; keeps its connection.

    Attributes:
        lists: its revocation lists as the settings' folder has them, DER; for reports that must last.
    """

    name: str
    url: str
    root: x509.Certificate
    kind: str
    client: httpx.Client = field(repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)


def _token(response: bytes) -> tuple[int, bytes | None]:
    """Status and token of a response.

    Raises:
        MalformedError: not strict DER or not a TimeStampResp.
    """
    require_strict(response)
    with cms.reading("a timestamp response"):
        parsed = _Response.load(response, strict=True)
        status = int(parsed["status"]["status"])
        token = parsed["time_stamp_token"]
        if status in GRANTED and isinstance(token, core.Void):
            raise MalformedError("expected a token in a granted response, got none")
        return status, token.dump() if status in GRANTED else None


def _info(parsed: cms.SignedData) -> Any:
    with cms.reading("timestamp information in the token"):
        if parsed.content_type != "tst_info" or parsed.content is None:
            raise MalformedError(f"expected timestamp information in the token, got {parsed.content_type}")
        require_strict(parsed.content)
        info = tsp.TSTInfo.load(parsed.content, strict=True)
        info.native  # noqa: B018 - reads every field, so that damage shows here
    return info


def check(response: bytes, imprint: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    """Check a full response over data with this SHA-256, at its own time, in OpenSSL's order.

    Spec: RFC 3161 sections 2.3, 2.4.2; RFC 5816 (ESSCertIDv2).

    Args:
        response: TimeStampResp, DER. imprint: 32 raw bytes. roots: trusted roots of this service.

    Raises:
        MalformedError: damaged. TsaRejectedError: status other than granted. UntrustedError: other
        signer. SignatureError: does not hold. ContentMismatchError: about other data.
    """
    status, token = _token(response)
    if token is None:
        raise TsaRejectedError(f"expected status granted (0 or 1), got {status}")
    return check_token(token, imprint, roots)


def check_token(token: bytes, imprint: bytes, roots: Sequence[x509.Certificate]) -> Stamp:
    """The same of a bare token, as it stands in a signature or a PDF file.

    Args:
        token: ContentInfo, DER. imprint: 32 raw bytes. roots: trusted roots of the service.

    Raises:
        MalformedError, UntrustedError, SignatureError, ContentMismatchError.
    """
    parsed = cms.parse(token)
    info = _info(parsed)
    gen_time = as_utc(info["gen_time"].native)
    path = cms.check_chain(parsed, roots, gen_time)
    chain.require_timestamping(parsed.signer)
    cms.check_signature(parsed)
    cms.check_content(parsed, bytes.fromhex(_digest(parsed)))
    stated = info["message_imprint"]
    if stated["hash_algorithm"]["algorithm"].native != "sha256" or bytes(stated["hashed_message"].native) != imprint:
        raise ContentMismatchError("expected a timestamp over this signature, got one over something else")
    return Stamp(gen_time, imprint, info["nonce"].native, int(info["serial_number"].native), path)


def _digest(parsed: cms.SignedData) -> str:
    return cms.digest_hex(parsed.content or b"", parsed.digest_name)


def peek_time(response: bytes, imprint: bytes | None = None) -> datetime | None:
    """The time an unchecked response claims; none when it cannot be read, or is about another imprint."""
    try:
        _, token = _token(response)
        info = _info(cms.parse(token)) if token else None
    except (MalformedError, SignatureError):
        return None
    if info is None or (imprint is not None and bytes(info["message_imprint"]["hashed_message"].native) != imprint):
        return None
    return as_utc(info["gen_time"].native)


def _request(imprint: bytes, nonce: int) -> bytes:
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "nonce": nonce,
            "cert_req": True,
        }
    )
    return bytes(request.dump())


def _post(service: Timestamper, body: bytes) -> bytes:
    hint = f"Check that {service.url} runs and is reachable; the capture is kept and sealing is tried again."
    try:
        with service.client.stream(
            "POST", service.url, content=body, headers={"Content-Type": "application/timestamp-query"}
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                raise TsaUnavailableError(f"expected 200 from {service.name}, got {answer.status_code}", hint=hint)
            received = bytearray()
            for chunk in answer.iter_bytes():
                received += chunk
                if len(received) > MAX_ANSWER_BYTES:
                    raise TsaLiedError(f"expected at most {MAX_ANSWER_BYTES} bytes from {service.name}, got more")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TsaUnavailableError(
            f"expected an answer from {service.name}, got {type(error).__name__}: {error}", hint=hint
        ) from error
    return bytes(received)


def _ask(service: Timestamper, imprint: bytes, at: datetime) -> Timestamp:
    nonce = secrets.randbits(63) | 1 << 62
    response = _post(service, _request(imprint, nonce))
    hint = f"Do not use {service.name} until its operator has explained this; choose another service."
    try:
        stamp = check(response, imprint, [service.root])
    except TsaRejectedError as error:
        hint = f"Ask the operator of {service.name}; the capture is kept and sealing is tried again."
        raise TsaRejectedError(f"{service.name}: {error.message}", hint=hint) from error
    except UntrustedError as error:
        raise TsaUntrustedError(f"{service.name}: {error.message}", hint=hint) from error
    except (MalformedError, SignatureError) as error:
        raise TsaLiedError(f"{service.name}: {error.message}", hint=hint) from error
    if stamp.nonce != nonce:
        raise TsaLiedError(f"{service.name}: expected our nonce, got another: an old answer played again?", hint=hint)
    skew = stamp.gen_time - as_utc(at)
    if abs(skew) > MAX_SKEW:
        raise ClockSkewError(
            f"{service.name}: expected a time within {MAX_SKEW.seconds} s of ours, "
            f"got {skew.total_seconds():.0f} s off",
            hint="Compare this machine's clock with a time server (timedatectl); correct the one that is wrong.",
        )
    return Timestamp(service.name, service.kind, response, stamp)


def stamp_all(data: bytes, services: Sequence[Timestamper], at: datetime) -> tuple[Timestamp, ...]:
    """Ask all services at once for timestamps over the same bytes. All must answer well.

    Args:
        data: the bytes to be stamped (a signature: small). at: our time, aware UTC.

    Returns:
        one timestamp a service, in the order of ``services``.

    Raises:
        TimestampError: one of its kinds; the first failure in the order of ``services``.

    Effects: one POST to each service.
    """
    if len({service.name for service in services}) < LEAST_SERVICES:
        raise TooFewTimestampsError(
            f"expected at least {LEAST_SERVICES} timestamp services, got {len(services)}",
            hint="Set WANGJIAN_TSA_URLS=name=url,name=url and their roots in WANGJIAN_TSA_CA_DIR.",
        )
    imprint = bytes.fromhex(sha256_hex(data))
    with ThreadPoolExecutor(len(services)) as pool:
        futures = [pool.submit(_ask, service, imprint, at) for service in services]
        return tuple(future.result() for future in futures)


def stamp_one(data: bytes, services: Sequence[Timestamper], at: datetime) -> Timestamp:
    """A timestamp by the first service that answers well.

    Args:
        data: the bytes to be stamped. services: asked in this order. at: our time, aware UTC.

    Raises:
        TimestampError: one of its kinds: of the last service, or that there is none.

    Effects: one POST to each service up to the one that answers.
    """
    failure: TimestampError = TooFewTimestampsError("expected a timestamp service, got none")
    imprint = bytes.fromhex(sha256_hex(data))
    for service in services:
        try:
            return _ask(service, imprint, at)
        except TimestampError as error:
            failure = error
    raise failure


def stamp_digest(imprint: bytes, service: Timestamper, at: datetime) -> tuple[bytes, Stamp]:
    """One checked token over a SHA-256 digest, from one service: for signatures of reports.

    Args:
        imprint: 32 raw bytes. at: our time, aware UTC.

    Returns:
        the token in DER, and what it says.

    Raises:
        TimestampError: one of its kinds.

    Effects: one POST.
    """
    got = _ask(service, imprint, at)
    _, token = _token(got.response)
    return token or b"", got.stamp


def _client(timeout_s: float) -> httpx.Client:
    # No proxy and no redirect: a timestamp comes from the named service or not at all.
    return httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False, verify=public_roots())


def _lists(settings: Settings, name: str) -> tuple[bytes, ...]:
    """The revocation lists kept for a service (``NAME.crl`` beside its root), as DER; often none.

    One list in DER, or any number in PEM: after a change of root a last list of the old one is needed too, so that
    a renewal can show that the old certificate was good until then.
    """
    path = Path(settings.tsa_ca_dir or ".") / f"{name}.crl"
    if not settings.tsa_ca_dir or not path.is_file():
        return ()
    data = path.read_bytes()
    try:
        if not data.startswith(b"-----"):
            return (x509.load_der_x509_crl(data).public_bytes(Encoding.DER),)
        blocks = [block + PEM_END for block in data.split(PEM_END) if block.strip()]
        return tuple(x509.load_pem_x509_crl(block).public_bytes(Encoding.DER) for block in blocks)
    except ValueError as error:
        raise TimestampError(
            f"expected a revocation list in {path}, got {error}", hint="Fetch it again from the service's operator."
        ) from error


def open_timestampers(settings: Settings, *, timeout_s: float = 10.0) -> tuple[Timestamper, ...]:
    """The timestamp services of the settings, with their roots. To be kept: connections are reused.

    Raises:
        TooFewTimestampsError: fewer than two, or two that are the same under two names.
        TimestampError: a name or root that cannot be used.
    """
    services: list[Timestamper] = []
    for pair in settings.tsa_urls:
        name, _, url = pair.partition("=")
        root = trust.tsa_root(settings, name)
        if not re.fullmatch(trust.NAME, name) or not url:
            raise TimestampError(f"expected name=url in WANGJIAN_TSA_URLS, got {pair!r}")
        if root is None:
            raise TimestampError(
                f"expected the root of {name} in {settings.tsa_ca_dir or 'WANGJIAN_TSA_CA_DIR'}/{name}.pem, got none",
                hint="Get the service's root certificate from its operator and compare the fingerprint.",
            )
        kind = "test" if name in settings.tsa_test_trust else "court"
        services.append(Timestamper(name, url, root, kind, _client(timeout_s), _lists(settings, name)))
    separate = min(len({getattr(service, part) for service in services}) for part in ("name", "url", "root"))
    if separate < max(LEAST_SERVICES, len(services)):
        raise TooFewTimestampsError(
            f"expected at least {LEAST_SERVICES} separate timestamp services, got {separate} (names, addresses, roots)",
            hint="Set WANGJIAN_TSA_URLS=name=url,name=url with services of two operators.",
        )
    return tuple(services)
