"""A name server on loopback: the resolver and the servers of every zone in one, told apart by what was asked for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import AF_INET, SOCK_DGRAM, socket

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SOA = "ns.{zone} hostmaster.{zone} 1 3600 600 86400 {negative}"


@dataclass
class NameServer:
    """Records by name and kind. All roles at once: resolver and the servers of every zone, told apart by RD.

    Attributes:
        zones: that it speaks for; each has an SOA, one name server on 127.0.0.1, and a negative TTL.
        records: ``(name, kind)`` to texts as in a zone file.
        silent: names for which nothing is answered. refusing: names that are refused.
        stale: ``(name, kind)`` the resolver still says "there is none" of.
        asked: every question, with whether it was for the resolver.
        only_resolver: questions to the zone's own servers are not answered.
    """

    zones: dict[str, int] = field(default_factory=dict)
    records: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    stale: set[tuple[str, str]] = field(default_factory=set)
    asked: list[tuple[str, str, bool]] = field(default_factory=list)
    only_resolver: bool = False
    server_address: str = "127.0.0.1"
    port: int = 0

    def put(self, name: str, kind: str, *texts: str) -> None:
        """Write a record; without texts it is taken away."""
        if texts:
            self.records[name, kind] = texts
        else:
            self.records.pop((name, kind), None)

    @property
    def place(self) -> str:
        """``address:port``."""
        return f"127.0.0.1:{self.port}"

    def zone_of(self, name: str) -> str:
        """The closest zone above a name, or empty."""
        labels = name.split(".")
        return next((zone for at in range(len(labels)) if (zone := ".".join(labels[at:])) in self.zones), "")

    def answer(self, data: bytes) -> bytes | None:
        """The answer to one question."""
        try:
            question = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return None
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        for_resolver = bool(question.flags & dns.flags.RD)
        self.asked.append((name, kind, for_resolver))
        if name in self.silent or (self.only_resolver and not for_resolver):
            return None
        reply = dns.message.make_response(question)
        if name in self.refusing:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply.to_wire()
        if not for_resolver:
            reply.flags |= dns.flags.AA
        self._fill(reply, name, kind, for_resolver=for_resolver)
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, name: str, kind: str, *, for_resolver: bool) -> None:
        zone = self.zone_of(name)
        texts = self._texts(name, kind, zone)
        if for_resolver and (name, kind) in self.stale:
            texts = ()
        alias = self._texts(name, "CNAME", zone)
        if texts:
            reply.answer.append(dns.rrset.from_text_list(f"{name}.", 300, "IN", kind, texts))
            return
        if alias:
            reply.answer.append(dns.rrset.from_text_list(f"{name}.", 300, "IN", "CNAME", alias))
            return
        known = {known for known, _ in self.records} | set(self.zones) | {f"ns.{item}" for item in self.zones}
        if name not in known or (for_resolver and (name, kind) in self.stale):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        if zone:
            soa = SOA.format(zone=f"{zone}.", negative=self.zones[zone])
            reply.authority.append(dns.rrset.from_text(f"{zone}.", 900, "IN", "SOA", soa))

    def _texts(self, name: str, kind: str, zone: str) -> tuple[str, ...]:
        if (name, kind) in self.records:
            return self.records[name, kind]
        if name in self.zones and kind == "SOA":
            return (SOA.format(zone=f"{name}.", negative=self.zones[name]),)
        if name in self.zones and kind == "NS":
            return (f"ns.{name}.",)
        if name == f"ns.{zone}" and kind == "A":
            return (self.server_address,)
        return ()


@contextmanager
def answering(server: NameServer) -> Iterator[NameServer]:
    """Answer on a free UDP port of 127.0.0.1 until the block ends."""
    with socket(AF_INET, SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.settimeout(0.05)
        server.port = channel.getsockname()[1]
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    data, sender = channel.recvfrom(4096)
                except OSError:
                    continue
                if reply := server.answer(data):
                    channel.sendto(reply, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            thread.join()
