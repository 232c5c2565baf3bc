"""Names asked of the servers that speak for them, not of a cache: what a domain says now.

The recursive resolver only tells where the zone begins; then its own name servers are asked, each of their addresses
judged like any other way out. Where none of them answers, what the resolver says is told, marked as not authoritative.

Spec: RFC 1034 4.3.2 (referrals); RFC 2308 (negative answers carry the zone's SOA); RFC 6891 (EDNS).
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, replace

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

from crawlers.egress.dns import name_servers
from crawlers.egress.policy import Policy
from kernel.clock import monotonic
from kernel.outside import DnsAnswer

DNS_PORT = 53
MAX_STEPS = 6
MAX_SERVERS = 3
MAX_ALIASES = 3
EDNS_BYTES = 1232


@dataclass(frozen=True, slots=True)
class _Reply:
    message: dns.message.Message
    server: str


class Authority:
    """Asks name servers.

    Args:
        policy: who may be reached. resolver: ``address:port`` of the recursive one; empty means the system's.
        port: of authoritative servers. question_s: seconds for one question; total_s: for one name.
    """

    def __init__(
        self, policy: Policy, *, resolver: str = "", port: int = DNS_PORT, question_s: float = 2.0, total_s: float = 8.0
    ) -> None:
        self._policy = policy
        self._recursive = _resolvers(resolver)
        self._port = port
        self._question_s = question_s
        self._total_s = total_s

    def ask(self, name: str, kind: str) -> DnsAnswer:
        """The records of a name.

        Args:
            name: in A-labels. kind: ``TXT`` or ``CNAME``.

        Effects: questions to name servers.
        """
        wanted = name
        for _ in range(MAX_ALIASES):
            said, alias = self._ask(wanted, dns.rdatatype.from_text(kind))
            if not alias:
                break
            wanted = alias
        return replace(said, name=name)

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> tuple[DnsAnswer, str]:
        """What is said, and the name it is an alias of, when nothing more is known."""
        end = monotonic() + self._total_s
        try:
            asked = dns.name.from_text(name)
        except dns.exception.DNSException:
            return DnsAnswer(name, "failure"), ""
        known = self._from_any(self._recursive, asked, kind, end, recursive=True)
        if known is None:
            return DnsAnswer(name, "timeout"), ""
        zone = self._zone(asked, end)
        reply = None
        for _ in range(MAX_STEPS):
            if zone is None:
                break
            reply = self._from_any(self._servers(zone, end), asked, kind, end, recursive=False)
            lower = _referral(reply.message, zone) if reply else None
            if lower is None:
                break
            zone = lower
        if reply is None:
            return _read(known, asked, kind, zone="", authoritative=False)
        return _read(reply, asked, kind, zone=str(zone).rstrip(".") if zone else "", authoritative=True)

    def _zone(self, asked: dns.name.Name, end: float) -> dns.name.Name | None:
        """Where the zone of a name begins, says the resolver: every "there is none" names it, too."""
        name = asked
        while len(name.labels) > 1:
            reply = self._from_any(self._recursive, name, dns.rdatatype.SOA, end, recursive=True)
            for section in (reply.message.answer, reply.message.authority) if reply else ():
                for rrset in section:
                    if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                        return rrset.name
            name = name.parent()
        return None

    def _servers(self, zone: dns.name.Name, end: float) -> Iterator[tuple[str, int]]:
        """Addresses of a zone's name servers that may be reached, a few."""
        answer = self._from_any(self._recursive, zone, dns.rdatatype.NS, end, recursive=True)
        names = [item.to_text() for item in _records(answer, zone, dns.rdatatype.NS)]
        given = 0
        for name in sorted(names):
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
                found = self._from_any(self._recursive, dns.name.from_text(name), kind, end, recursive=True)
                for record in _records(found, dns.name.from_text(name), kind):
                    address = record.to_text()
                    if self._policy.opens(address, self._port) and given < MAX_SERVERS:
                        given += 1
                        yield address, self._port

    def _from_any(
        self,
        servers: Iterator[tuple[str, int]] | tuple[tuple[str, int], ...],
        name: dns.name.Name,
        kind: dns.rdatatype.RdataType,
        end: float,
        *,
        recursive: bool,
    ) -> _Reply | None:
        """The first useful answer; a server that fails is passed over."""
        failed = None
        for address, port in servers:
            question = dns.message.make_query(name, kind, use_edns=0, payload=EDNS_BYTES, want_dnssec=True)
            if not recursive:
                question.flags &= ~dns.flags.RD
            left = min(self._question_s, end - monotonic())
            if left <= 0:
                break
            try:
                message, _ = dns.query.udp_with_fallback(
                    question, address, timeout=left, port=port, ignore_unexpected=True
                )
            except (OSError, dns.exception.DNSException):
                continue
            if message.rcode() in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
                return _Reply(message, address)
            failed = failed or _Reply(message, address)
        return failed


def _resolvers(text: str) -> tuple[tuple[str, int], ...]:
    if text:
        host, _, port = text.rpartition(":")
        return ((str(ipaddress.ip_address(host.strip("[]"))), int(port)),)
    return tuple((server, DNS_PORT) for server in name_servers()[:2])


def _referral(message: dns.message.Message, zone: dns.name.Name) -> dns.name.Name | None:
    """The zone below that these servers send us to, or None."""
    if message.answer or message.flags & dns.flags.AA:
        return None
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.NS and rrset.name.is_subdomain(zone) and rrset.name != zone:
            return rrset.name
    return None


def _records(reply: _Reply | None, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[dns.rdata.Rdata]:
    if reply is None:
        return []
    return [item for rrset in reply.message.answer if rrset.rdtype == kind and rrset.name == name for item in rrset]


def _read(
    reply: _Reply, asked: dns.name.Name, kind: dns.rdatatype.RdataType, *, zone: str, authoritative: bool
) -> tuple[DnsAnswer, str]:
    message = reply.message
    name = str(asked).rstrip(".")
    speaks = authoritative and bool(message.flags & dns.flags.AA)
    owner = asked
    for _ in range(MAX_ALIASES):
        mine = next((item for item in message.answer if item.name == owner and item.rdtype == kind), None)
        if mine is not None:
            signed = any(item.rdtype == dns.rdatatype.RRSIG for item in message.answer)
            values = tuple(_text(record) for record in mine)
            return DnsAnswer(name, "ok", values, reply.server, speaks, int(mine.ttl), signed, zone), ""
        alias = next(
            (item for item in message.answer if item.name == owner and item.rdtype == dns.rdatatype.CNAME), None
        )
        if alias is None:
            break
        owner = dns.name.from_text(alias[0].to_text())
    if owner != asked and kind != dns.rdatatype.CNAME:
        return DnsAnswer(name, "no-data", (), reply.server, speaks, 0, zone=zone), str(owner).rstrip(".")
    return DnsAnswer(name, _state(message), (), reply.server, speaks, _negative_ttl(message), zone=zone), ""


def _state(message: dns.message.Message) -> str:
    return {dns.rcode.NXDOMAIN: "nxdomain", dns.rcode.NOERROR: "no-data"}.get(message.rcode(), "failure")


def _negative_ttl(message: dns.message.Message) -> int:
    """Seconds for which "there is none" is kept. Spec: RFC 2308 section 5."""
    for rrset in message.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return min(int(rrset.ttl), int(rrset[0].to_text().split()[-1]))
    return 0


def _text(record: dns.rdata.Rdata) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text().rstrip(".")
