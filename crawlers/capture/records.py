"""What passed, as records of the archive.

Spec: ISO 28500:2017 (WARC/1.1): warcinfo; request and response of each exchange with the address, the protocols and
the cipher of its connection; ``dns:`` resource records (text/dns); one metadata record a certificate.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crawlers.capture.certificates import Chain, describe
from crawlers.capture.exchange import Exchange, Veil, request_block, response_block
from crawlers.capture.wacz import WARC_NAME
from crawlers.capture.warc import WarcWriter, warc_date, warc_fields

CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


def write_info(writer: WarcWriter, at: datetime, more: Sequence[tuple[str, str]]) -> None:
    """The first record: who wrote this and how.

    Args:
        at: start of the capture. more: further fields: software, user agent, digests of the beacon.
    """
    info = warc_fields(
        (
            ("format", "WARC File Format 1.1"),
            ("conformsTo", CONFORMS),
            ("robots", "not consulted here: the order decides"),
            ("description", "values of Cookie, Set-Cookie and Authorization are replaced by salted hashes"),
            *more,
        )
    )
    head = (("WARC-Date", warc_date(at)), ("WARC-Filename", WARC_NAME), ("Content-Type", "application/warc-fields"))
    writer.write("warcinfo", head, info)


def write_dns(writer: WarcWriter, entry: Mapping[str, object]) -> None:
    """The answer to a name, one line an address. Spec: RFC 4027; the lines are those of RFC 1035 section 5."""
    at = str(entry["at"])
    lines = [f"{at[0:4]}{at[5:7]}{at[8:10]}{at[11:13]}{at[14:16]}{at[17:19]}"]
    answers = entry["answers"]
    for answer in answers if isinstance(answers, list) else []:
        kind = "AAAA" if ":" in answer["address"] else "A"
        ttl = f"{answer['ttl']} " if answer["ttl"] is not None else ""
        lines.append(f"{entry['host']}. {ttl}IN {kind} {answer['address']}")
    block = "\r\n".join([*lines, ""]).encode()
    fields = [("WARC-Date", at), ("WARC-Target-URI", f"dns:{entry['host']}"), ("Content-Type", "text/dns")]
    resolver = str(entry["resolver"])
    if resolver[:1].isdigit() or ":" in resolver:
        fields.append(("WARC-IP-Address", resolver))
    writer.write("resource", fields, block, block)


def write_chain(writer: WarcWriter, chain: Chain, at: datetime) -> None:
    """One metadata record a certificate of an origin, leaf first."""
    for position, data in enumerate(chain.certificates):
        told = describe(data)
        pairs = [("origin", chain.origin), ("position", str(position)), ("held", "by origin, not by connection")]
        pairs += [(name, str(value)) for name, value in told.items() if isinstance(value, str)]
        fields = (
            ("WARC-Date", warc_date(at)),
            ("WARC-Target-URI", chain.origin),
            ("Content-Type", "application/warc-fields"),
        )
        writer.write("metadata", fields, warc_fields(pairs))


def write_exchange(writer: WarcWriter, item: Exchange, address: str, veil: Veil) -> None:
    """Answer and request of an exchange; secrets are veiled.

    Args:
        address: of the remote end of its connection, empty where none was made.
    """
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
