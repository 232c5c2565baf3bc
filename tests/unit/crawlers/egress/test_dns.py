"""The stub resolver against answers made here."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.egress.dns import (
    DnsMessageError,
    ask_server,
    dns_lookup,
    hosts_names,
    name_servers,
    parse_answer,
    question,
)
from crawlers.egress.errors import ResolveError
from crawlers.egress.resolver import Answer, Lookup

HOST = "shop.example.test"


def reply(message: bytes, *records: bytes, flags: int = 0x8180) -> bytes:
    """An answer to a query."""
    number = message[:2]
    return number + struct.pack(">5H", flags, 1, len(records), 0, 0) + message[12:] + b"".join(records)


def record(kind: int, data: bytes, ttl: int = 60, owner: bytes = b"\xc0\x0c") -> bytes:
    """A record owned by the asked name."""
    return owner + struct.pack(">2HIH", kind, 1, ttl, len(data)) + data


def test_answers_come_with_ttl_and_server() -> None:
    """A and AAAA are asked; a CNAME is followed; foreign owners are not taken."""
    cdn = b"\x03cdn\x07example\x04test\x00"

    def ask(message: bytes, server: str) -> bytes:
        if message[-4:-2] == b"\x00\x01":
            foreign = record(1, b"\x7f\x00\x00\x01", owner=b"\x04evil\x04test\x00")
            return reply(message, record(5, cdn), foreign, record(1, b"\x08\x08\x08\x08", 30, cdn))
        return reply(message, record(28, bytes.fromhex("20010db8") + bytes(12)))

    found = ask_server(HOST, "192.0.2.53", ask)
    assert found.answers == (Answer("8.8.8.8", 30), Answer("2001:db8::", 60))
    assert found.resolver == "192.0.2.53"


def test_no_such_name_and_no_address() -> None:
    """Both are final."""
    with pytest.raises(ResolveError, match="does not exist"):
        ask_server(HOST, "s", lambda message, _: reply(message, flags=0x8183))
    with pytest.raises(ResolveError, match="no address"):
        ask_server(HOST, "s", lambda message, _: reply(message))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        reply(question(HOST, 1, 7), flags=0x8182),
        reply(question(HOST, 1, 7), flags=0x8380),
        reply(question(HOST, 1, 8)),
        reply(question("other.example.test", 1, 7)),
        question(HOST, 1, 7),
        reply(question(HOST, 1, 7), record(1, b"\x08\x08\x08\x08"))[:-2],
        struct.pack(">6H", 7, 0x8180, 1, 0, 0, 0) + b"\xc0\x0c\x00\x01\x00\x01",
        struct.pack(">6H", 7, 0x8180, 1, 0, 0, 0) + b"\x80\x0c\x00\x01\x00\x01",
    ],
)
def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    """Other ids, other questions, failures, cut and looping messages settle nothing."""
    with pytest.raises(DnsMessageError):
        parse_answer(answer, HOST, 1, 7)


@given(st.binary(max_size=120))
def test_noise_is_refused(data: bytes) -> None:
    """Any bytes after a good head end in an answer list or our own error."""
    try:
        found = parse_answer(struct.pack(">6H", 7, 0x8180, 1, 3, 0, 0) + data, HOST, 1, 7)
    except (DnsMessageError, ResolveError):
        return
    assert all(isinstance(answer, Answer) for answer in found)


def test_system_files_are_read(tmp_path: Path) -> None:
    """Servers and hosts names; comments and missing files give nothing."""
    file = tmp_path / "conf"
    file.write_text("# c\nnameserver 192.0.2.53 # x\nsearch a\nnameserver\n127.0.0.9 Inside.test other\n")
    assert name_servers(str(file)) == ("192.0.2.53",)
    assert {"inside.test", "other"} <= hosts_names(str(file))
    assert name_servers(str(tmp_path / "none")) == ()


def test_what_the_stub_cannot_settle_goes_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of the hosts file, localhost, and names no server answers for."""
    assert "127.0.0.1" in dns_lookup("localhost").addresses
    monkeypatch.setattr("crawlers.egress.dns.name_servers", lambda: ("192.0.2.53", "192.0.2.54"))

    def dead(message: bytes, server: str) -> bytes:
        raise TimeoutError

    monkeypatch.setattr("crawlers.egress.dns._ask_udp", dead)
    monkeypatch.setattr("crawlers.egress.dns.system_lookup", lambda host: Lookup(host, (Answer("8.8.8.8"),), "system"))
    assert dns_lookup("nowhere.invalid").resolver == "system"
    monkeypatch.setattr("crawlers.egress.dns._ask_udp", lambda message, _: reply(message, flags=0x8183))
    with pytest.raises(ResolveError, match="does not exist"):
        dns_lookup("nowhere.invalid")
