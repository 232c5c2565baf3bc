"""The files of a capture, made from what was seen. Pure: facts in, bytes out.

Spec: evidence package layout (``data/``, ``meta/``); WARC profile: request and response of each
exchange, address, protocol and cipher of the connection, ``dns:`` records, one metadata record a
certificate, warcinfo.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawlers.capture.certificates import Chain, describe
from crawlers.capture.exchange import Exchange, Veil, request_block, response_block
from crawlers.capture.wacz import WARC_NAME, ReplayPage, build_wacz
from crawlers.capture.warc import WarcWriter, warc_date, warc_fields
from crawlers.egress.record import ConnectionRecord
from kernel.clock import iso
from kernel.crypto import canonical_json


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


def archive(seen: Seen, veil: Veil, software: str, user_agent: str) -> tuple[bytes, WarcWriter]:
    """The WACZ, and the writer that knows index and running hash."""
    writer = WarcWriter(WARC_NAME)
    start = warc_date(seen.page.at)
    info = warc_fields(
        (
            ("software", software),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
            ("http-header-user-agent", user_agent),
            ("robots", "not consulted here: the order decides"),
            ("description", "values of Cookie, Set-Cookie and Authorization are replaced by salted hashes"),
        )
    )
    head = (("WARC-Date", start), ("WARC-Filename", WARC_NAME), ("Content-Type", "application/warc-fields"))
    writer.write("warcinfo", head, info)
    for entry in dns_lines(seen):
        _write_dns(writer, entry)
    for chain in seen.chains:
        _write_chain(writer, chain, start)
    for item in seen.exchanges:
        _write_exchange(writer, item, seen.address(item.url), veil)
    return build_wacz(writer.content(), writer.cdxj(), seen.page, software), writer


def _write_dns(writer: WarcWriter, entry: Mapping[str, object]) -> None:
    at = str(entry["at"])
    lines = [f"{at[0:4]}{at[5:7]}{at[8:10]}{at[11:13]}{at[14:16]}{at[17:19]}"]
    answers = entry["answers"]
    for answer in answers if isinstance(answers, list) else []:
        kind = "AAAA" if ":" in answer["address"] else "A"
        ttl = f"{answer['ttl']} " if answer["ttl"] is not None else ""
        lines.append(f"{entry['host']}. {ttl}IN {kind} {answer['address']}")
    block = "\r\n".join([*lines, ""]).encode()
    fields = (("WARC-Date", at), ("WARC-Target-URI", f"dns:{entry['host']}"), ("Content-Type", "text/dns"))
    writer.write("resource", fields, block, block)


def _write_chain(writer: WarcWriter, chain: Chain, date: str) -> None:
    for position, data in enumerate(chain.certificates):
        told = describe(data)
        pairs = [("origin", chain.origin), ("position", str(position))]
        pairs += [(name, str(value)) for name, value in told.items() if isinstance(value, str)]
        fields = (("WARC-Date", date), ("WARC-Target-URI", chain.origin), ("Content-Type", "application/warc-fields"))
        writer.write("metadata", fields, warc_fields(pairs))


def _write_exchange(writer: WarcWriter, item: Exchange, address: str, veil: Veil) -> None:
    common = [("WARC-Date", warc_date(item.at)), ("WARC-Target-URI", item.url)]
    if address:
        common.append(("WARC-IP-Address", address))
    protocols = [item.protocol] if item.protocol else []
    if item.tls_protocol:
        protocols.append(item.tls_protocol.lower().replace("tls ", "tls/"))
    common.extend(("WARC-Protocol", protocol) for protocol in protocols)
    if item.cipher:
        common.append(("WARC-Cipher-Suite", item.cipher))
    concurrent: list[tuple[str, str]] = []
    if item.answered:
        fields = [*common, ("Content-Type", "application/http; msgtype=response")]
        if item.truncated or item.body is None:
            fields.append(("WARC-Truncated", item.truncated or "unspecified"))
        elif item.failure or not item.finished:
            fields.append(("WARC-Truncated", "disconnect"))
        block = response_block(item, veil)
        line = (item.url, item.at, item.status, item.mime or "application/octet-stream")
        payload = item.body or b""
        if item.method == "GET":
            record_id = writer.write_answer(fields, block, payload, line)
        else:
            record_id = writer.write("response", fields, block, payload)
        concurrent = [("WARC-Concurrent-To", record_id)]
    asked = [*common, *concurrent, ("Content-Type", "application/http; msgtype=request")]
    writer.write("request", asked, request_block(item, veil), item.post_data)


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
            "certificates": [describe(data) for data in chain.certificates],
        }
        for chain in seen.chains
    ]


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
