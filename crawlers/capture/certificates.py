"""Certificate chains as the browser holds them, from the connections the page came over."""

import asyncio
import base64
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509

from crawlers.capture.exchange import Exchange
from crawlers.capture.line import Line, LineError
from kernel.clock import iso
from kernel.crypto import sha256_hex


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of one origin, leaf first, DER."""

    origin: str
    certificates: tuple[bytes, ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """SHA-256 of each certificate, hex."""
        return tuple(sha256_hex(data) for data in self.certificates)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL as the browser names an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def read_chains(line: Line, exchanges: list[Exchange]) -> list[Chain]:
    """Ask the browser for the chain of every https origin that answered; no new connection is made.

    Args:
        line: the page's line.
    """
    origins = sorted({origin_of(item.url) for item in exchanges if item.answered and item.url.startswith("https:")})
    found = await asyncio.gather(*(_chain(line, origin) for origin in origins))
    return [chain for chain in found if chain.certificates]


async def _chain(line: Line, origin: str) -> Chain:
    try:
        result = await line.send("Network.getCertificate", {"origin": origin})
    except LineError:
        return Chain(origin, ())
    return Chain(origin, tuple(base64.b64decode(text) for text in result.get("tableNames", ())))


def describe(data: bytes) -> dict[str, object]:
    """What a certificate says of itself; a certificate that cannot be read says only its digest."""
    entry: dict[str, object] = {"sha256": sha256_hex(data), "file": f"data/net/tls/{sha256_hex(data)}.der"}
    try:
        certificate = x509.load_der_x509_certificate(data)
        entry |= {
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "serial": f"{certificate.serial_number:x}",
            "not_before": iso(certificate.not_valid_before_utc),
            "not_after": iso(certificate.not_valid_after_utc),
            "names": _names(certificate),
        }
    except ValueError as error:
        entry["unreadable"] = str(error)[:200]
    return entry


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in extension]
