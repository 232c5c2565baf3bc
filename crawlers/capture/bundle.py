"""The tables of a capture, made from what was seen. Pure: facts in, values out.

Spec: evidence package layout (``data/``, ``meta/``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.capture.certificates import Chain, describe
from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.wacz import ReplayPage
from crawlers.egress.record import ConnectionRecord
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json

HELD = "by the browser for the origin, from its connections of this capture; not told for each connection"
"""What Chromium's ``Network.getCertificate`` gives; no new connection is made for it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a visit saw.

    Attributes:
        exchanges: in order. records: of the proxy. chains: by origin. addresses: ``(host, port)`` to
            the address the connection went to. page: what a viewer opens.
    """

    exchanges: tuple[Exchange, ...]
    records: tuple[ConnectionRecord, ...]
    chains: tuple[Chain, ...]
    addresses: Mapping[tuple[str, int], str]
    page: ReplayPage

    def address(self, url: str) -> str:
        """The remote address behind a URL, empty where no connection was made."""
        return self.addresses.get(endpoint(url), "")


def endpoint(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def dns_lines(seen: Seen) -> list[dict[str, object]]:
    """Content of ``data/net/dns.jsonl``: what each name was answered, asked once in the capture."""
    found: dict[str, dict[str, object]] = {}
    for record in seen.records:
        if record.answers and record.resolver != "literal" and record.host not in found:
            found[record.host] = {
                "host": record.host,
                "at": iso(record.at),
                "resolver": record.resolver,
                "answers": [{"address": answer.address, "ttl": answer.ttl} for answer in record.answers],
            }
    return list(found.values())


def request_lines(seen: Seen, veil: Veil) -> list[dict[str, object]]:
    """Content of ``data/net/requests.jsonl``: one line an exchange, then one a connection."""
    lines: list[dict[str, object]] = []
    tables = chain_table(seen)
    for item in seen.exchanges:
        host, port = endpoint(item.url)
        lines.append(
            {
                "type": "exchange",
                "url": item.url,
                "method": item.method,
                "kind": item.kind,
                "status": item.status,
                "at": iso(item.at),
                "finished_at": iso(item.finished_at) if item.finished_at else None,
                "remote_address": seen.address(item.url),
                "remote_port": port,
                "host": host,
                "protocol": item.protocol,
                "tls": item.tls_protocol,
                "cipher": item.cipher,
                "key_exchange": item.key_exchange,
                "connection": item.connection,
                "certificate": _leaf(tables, item.url),
                "certificate_held": HELD if item.url.startswith("https:") else "",
                "certificate_of_connection": leaf_agrees(tables, item),
                "certificate_subject": item.certificate_subject,
                "timing_us": item.timing,
                "bytes_encoded": item.encoded_bytes,
                "bytes_body": len(item.body) if item.body is not None else None,
                "body_form": item.body_form or "as-received",
                "failure": item.failure,
                "blocked": item.blocked,
                "truncated": item.truncated,
                "redirected_to": item.redirected_to,
                "messages": item.messages,
                "request_headers": [list(pair) for pair in veil.headers(item.request_head)],
                "status_line": item.status_line,
                "response_headers": [list(pair) for pair in veil.headers(item.response_head)],
            }
        )
    lines.extend({"type": "connection", **record.as_dict()} for record in seen.records)
    return lines


def chain_table(seen: Seen) -> list[dict[str, object]]:
    """Content of ``data/net/chains.json``: each origin with its certificates, leaf first."""
    return [
        {
            "origin": chain.origin,
            "remote_address": seen.address(chain.origin),
            "held": HELD,
            "certificates": [describe(data) for data in chain.certificates],
        }
        for chain in seen.chains
    ]


def _chain_of(tables: Sequence[Mapping[str, object]], url: str) -> list[dict[str, object]]:
    for table in tables:
        certificates = table["certificates"]
        if url.startswith(f"{table['origin']}/") and isinstance(certificates, list):
            return certificates
    return []


def _leaf(tables: Sequence[Mapping[str, object]], url: str) -> str:
    chain = _chain_of(tables, url)
    return str(chain[0]["sha256"]) if chain else ""


def leaf_agrees(tables: Sequence[Mapping[str, object]], item: Exchange) -> str:
    """Whether the origin's leaf is the one this very connection told of: subject and validity are compared.

    Returns:
        ``agrees``, ``differs``, or ``NOT_CHECKED`` where one of them is not known; empty without TLS.
    """
    if not item.url.startswith("https:"):
        return ""
    chain = _chain_of(tables, item.url)
    if not chain or "not_before" not in chain[0] or item.certificate_span == (0, 0):
        return "NOT_CHECKED"
    span = tuple(int(parse_iso(str(chain[0][name])).timestamp()) for name in ("not_before", "not_after"))
    return "agrees" if span == item.certificate_span else "differs"


def json_lines(lines: list[dict[str, object]]) -> bytes:
    """One canonical JSON value a line."""
    return b"".join(canonical_json(line) + b"\n" for line in lines)


def certificate_files(seen: Seen) -> dict[str, bytes]:
    """``data/net/tls/<sha256>.der`` of every certificate."""
    return {
        f"data/net/tls/{name}.der": data
        for chain in seen.chains
        for name, data in zip(chain.fingerprints, chain.certificates, strict=True)
    }


def redirect_chain(exchanges: list[Exchange]) -> list[dict[str, object]]:
    """The main document's way: URL, status and time of each hop."""
    return [{"url": item.url, "status": item.status, "at": iso(item.at)} for item in exchanges]
