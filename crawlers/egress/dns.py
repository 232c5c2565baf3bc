"""A stub resolver that keeps what the system's one throws away: time to live and who answered.

One question for A and one for AAAA to the first name server that answers. Names of the hosts file,
and whatever this stub cannot settle (truncated or no answer), are left to the system.

Spec: RFC 1035 sections 4.1 and 7.3; RFC 3596 (AAAA).
"""

import ipaddress
import secrets
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from crawlers.egress.errors import ResolveError
from crawlers.egress.resolver import Answer, Lookup, system_lookup

TIMEOUT_S = 2.0
_A, _CNAME, _AAAA, _IN = 1, 5, 28, 1
_NO_SUCH_NAME = 3
_MAX_SERVERS = 2

Ask = Callable[[bytes, str], bytes]


class DnsMessageError(ValueError):
    """A message that is not a good answer to our question."""


def dns_lookup(host: str) -> Lookup:
    """Ask the name servers of ``/etc/resolv.conf``. Blocks.

    Args:
        host: name in normal form.

    Raises:
        ResolveError: no such name, or no address.
    """
    if host.rpartition(".")[2] in {"localhost", host} or host in hosts_names():
        return system_lookup(host)
    for server in name_servers()[:_MAX_SERVERS]:
        try:
            return ask_server(host, server, _ask_udp)
        except (OSError, DnsMessageError):
            continue
    return system_lookup(host)


def ask_server(host: str, server: str, ask: Ask) -> Lookup:
    """Both questions to one server.

    Args:
        ask: sends a message to a server and gives its answer.

    Raises:
        ResolveError: the server says that there is no such name or no address.
        DnsMessageError: its answer settles nothing.
    """
    answers: list[Answer] = []
    for kind in (_A, _AAAA):
        number = secrets.randbelow(1 << 16)
        found = parse_answer(ask(question(host, kind, number), server), host, kind, number)
        answers.extend(answer for answer in found if answer not in answers)
    if not answers:
        raise ResolveError(f"{host} has no address, says {server}", hint="Check the name.")
    return Lookup(host, tuple(answers), server)


def question(host: str, kind: int, number: int) -> bytes:
    """A query with recursion desired."""
    labels = b"".join(bytes((len(label),)) + label.encode("ascii") for label in host.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, _IN)


def parse_answer(message: bytes, host: str, kind: int, number: int) -> list[Answer]:
    """The addresses of an answer, following its CNAMEs.

    Raises:
        ResolveError: no such name.
        DnsMessageError: not an answer to this question, truncated, a server failure, or broken.
    """
    try:
        got, flags, questions, count = struct.unpack_from(">4H", message)
        if got != number or not flags & 0x8000 or questions != 1 or flags & 0x0200:
            raise DnsMessageError("not a whole answer to this question")
        name, offset = _read_name(message, 12)
        asked = struct.unpack_from(">2H", message, offset)
        if name != host or asked != (kind, _IN):
            raise DnsMessageError("an answer to another question")
        if flags & 0xF == _NO_SUCH_NAME:
            raise ResolveError(f"{host} does not exist", hint="Check the name.")
        if flags & 0xF:
            raise DnsMessageError(f"server failure {flags & 0xF}")
        return _addresses(message, offset + 4, count, (host, kind))
    except (struct.error, IndexError, UnicodeError) as error:
        raise DnsMessageError("a broken message") from error


def _addresses(message: bytes, offset: int, count: int, wanted: tuple[str, int]) -> list[Answer]:
    alias, kind = wanted
    found = []
    for _ in range(count):
        owner, offset = _read_name(message, offset)
        got, family, ttl, length = struct.unpack_from(">2HIH", message, offset)
        offset += 10
        data = message[offset : offset + length]
        if len(data) != length:
            raise DnsMessageError("a broken record")
        if family == _IN and owner == alias and got == _CNAME:
            alias = _read_name(message, offset)[0]
        elif family == _IN and owner == alias and got == kind and length == (4 if kind == _A else 16):
            found.append(Answer(str(ipaddress.ip_address(data)), ttl))
        offset += length
    return found


def _read_name(message: bytes, offset: int) -> tuple[str, int]:
    """A name with its compression pointers, and where it ended. Pointers only lead back, so it ends."""
    labels: list[str] = []
    after, lowest = 0, offset
    while size := message[offset]:
        if size & 0xC0 == 0xC0:
            target = (size & 0x3F) << 8 | message[offset + 1]
            after = after or offset + 2
            if target >= lowest:
                raise DnsMessageError("a pointer that does not lead back")
            offset = lowest = target
        elif size & 0xC0:
            raise DnsMessageError("an unknown label form")
        else:
            labels.append(message[offset + 1 : offset + 1 + size].decode("ascii").lower())
            offset += 1 + size
    return ".".join(labels), after or offset + 1


def name_servers(path: str = "/etc/resolv.conf") -> tuple[str, ...]:
    """Name servers of the system, in order."""
    return tuple(parts[1] for parts in _words(path) if parts[0] == "nameserver" and len(parts) > 1)


def hosts_names(path: str = "/etc/hosts") -> frozenset[str]:
    """Names the hosts file answers."""
    return frozenset(name.lower() for parts in _words(path) for name in parts[1:])


def _words(path: str) -> list[list[str]]:
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError:
        return []
    return [line.partition("#")[0].split() for line in text.splitlines() if line.partition("#")[0].split()]


def _ask_udp(message: bytes, server: str) -> bytes:
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.settimeout(TIMEOUT_S)
        channel.connect((server, 53))
        channel.send(message)
        return channel.recv(4096)
