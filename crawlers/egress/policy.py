"""Who may be reached. One decision for Scrapy and the browser alike.

A name is resolved once; every address of the answer is judged; the connection goes to an address
that was judged. What an operator opens on purpose (the sample market on loopback) is named in
``Settings.egress_allow``:

* ``host:port``: that name, or that address whatever name led to it, on that port;
* a CIDR block such as ``10.8.0.0/24``: every address in it, on every port.

``Settings.egress_hosts`` (``name=address``) answers a name here instead of by DNS; it opens nothing.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crawlers.egress.address import Address, is_global, literal, normal_host
from crawlers.egress.errors import EgressRefusedError, EgressRuleError, ResolveError
from crawlers.egress.resolver import Answer, Lookup, system_lookup
from kernel.config import Settings

OPEN_PORTS = frozenset({80, 443})
REASONS = ("host", "literal", "port", "unresolved", "not-global", "mixed")
"""``not-global``: every answer is inside; ``mixed``: some are, which is how rebinding looks."""

Resolver = Callable[[str], Lookup]


@dataclass(frozen=True, slots=True)
class Destination:
    """A host that may be reached.

    Attributes:
        host: name in normal form. port: TCP port.
        address: the pinned address to connect to.
        addresses: all addresses of the answer, each of them judged, the pinned one first.
        opened_by: the allow rule that was needed, or empty.
    """

    host: str
    port: int
    address: str
    addresses: tuple[str, ...]
    opened_by: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A host that may not be reached, and why (``reason`` is one of ``REASONS``)."""

    host: str
    port: int
    addresses: tuple[str, ...]
    reason: str
    message: str

    def error(self) -> EgressRefusedError:
        """The refusal as an error to raise."""
        return EgressRefusedError(self.reason, self.message)


@dataclass(frozen=True, slots=True)
class Resolution:
    """A verdict together with the answers it was made from."""

    verdict: Destination | Refusal
    lookup: Lookup


@dataclass(frozen=True)
class Policy:
    """The rules of the way out.

    Args:
        allow: ``host:port`` or CIDR, see the module text.
        hosts: ``name=address``.

    Raises:
        EgressRuleError: an entry is not understood.
    """

    allow: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    _pairs: frozenset[tuple[str, int]] = field(init=False, repr=False, compare=False)
    _blocks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(init=False, repr=False, compare=False)
    _names: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pairs", frozenset(_pair(rule) for rule in self.allow if "/" not in rule))
        object.__setattr__(self, "_blocks", tuple(_block(rule) for rule in self.allow if "/" in rule))
        object.__setattr__(self, "_names", _host_table(self.hosts))

    @classmethod
    def from_settings(cls, settings: Settings) -> "Policy":
        """The policy the settings ask for."""
        return cls(settings.egress_allow, settings.egress_hosts)

    def decide(self, host: str, port: int, addresses: Sequence[str]) -> Destination | Refusal:
        """Judge a host by the addresses it was resolved to. Pure: no look-up, no connection.

        Args:
            host: name or literal, any spelling.
            port: TCP port.
            addresses: every address of the answer, in its order.

        Returns:
            where to connect, or why not.
        """
        found = tuple(addresses)
        try:
            name = normal_host(host)
            judged = [self._judge(name, port, ipaddress.ip_address(address)) for address in found]
        except EgressRefusedError as error:
            return Refusal(host, port, found, error.reason, error.message)
        except ValueError:
            return Refusal(host, port, found, "unresolved", f"expected addresses for {host}, got {list(found)}")
        if not found:
            return Refusal(name, port, found, "unresolved", f"{name} has no address")
        closed = [address for address, rule in zip(found, judged, strict=True) if rule is None]
        if closed:
            reason = "not-global" if len(closed) == len(found) else "mixed"
            return Refusal(
                name, port, found, reason, f"{name} leads to {', '.join(closed)}, which is not a public address"
            )
        if port not in OPEN_PORTS and not all(judged):
            return Refusal(name, port, found, "port", f"expected port 80 or 443 for {name}, got {port}")
        ordered = tuple(sorted(found, key=lambda address: ":" in address))  # v4 first: v6 is often unrouted
        return Destination(name, port, ordered[0], ordered, next((rule for rule in judged if rule), ""))

    def opens(self, address: str, port: int) -> bool:
        """True where an address may be asked on this port although it is no port of the web (name servers).

        Args:
            address: as a name server's record has it; never a name.
        """
        try:
            return self._judge(address, port, ipaddress.ip_address(address)) is not None
        except ValueError:
            return False

    def lookup(self, host: str, port: int, resolver: Resolver = system_lookup) -> Resolution:
        """Resolve a host once and judge every answer. Blocks while the name server is asked.

        Args:
            host: name or literal as the URL has it.
            port: TCP port.
            resolver: asks for a name in normal form; may raise ``ResolveError``.

        Returns:
            the verdict and the full answer. A host refused by form or port is not looked up.
        """
        try:
            name = normal_host(host)
        except EgressRefusedError as error:
            return Resolution(Refusal(host, port, (), error.reason, error.message), Lookup(host, (), "none"))
        known = self._known(name)
        if known is None and not self._port_may_open(name, port):
            message = f"expected port 80 or 443 for {name}, got {port}"
            return Resolution(Refusal(name, port, (), "port", message), Lookup(name, (), "none"))
        try:
            answer = known or resolver(name)
        except ResolveError as error:
            return Resolution(Refusal(name, port, (), "unresolved", error.message), Lookup(name, (), "system"))
        return Resolution(self.decide(name, port, answer.addresses), answer)

    async def resolve(self, host: str, port: int, resolver: Resolver = system_lookup) -> Resolution:
        """``lookup`` in a thread."""
        return await asyncio.to_thread(self.lookup, host, port, resolver)

    def require(self, host: str, port: int, resolver: Resolver = system_lookup) -> Destination:
        """``lookup``, raising on refusal.

        Raises:
            EgressRefusedError: the host may not be reached.
        """
        verdict = self.lookup(host, port, resolver).verdict
        if isinstance(verdict, Refusal):
            raise verdict.error()
        return verdict

    def _judge(self, name: str, port: int, address: Address) -> str | None:
        """The rule that opens an address, empty where it is global anyway, None where it is closed."""
        for host in (name, str(address)):
            if (host, port) in self._pairs:
                return f"{host}:{port}"
        for block in self._blocks:
            if address in block:
                return str(block)
        return "" if is_global(address) else None

    def _known(self, name: str) -> Lookup | None:
        """The answer that needs no name server: a literal, or a name of the settings."""
        if literal(name) is not None:
            return Lookup(name, (Answer(name),), "literal")
        if name in self._names:
            return Lookup(name, tuple(Answer(address) for address in self._names[name]), "settings")
        return None

    def _port_may_open(self, name: str, port: int) -> bool:
        if port in OPEN_PORTS or self._blocks or (name, port) in self._pairs:
            return True
        return any(port == opened and literal(host) is not None for host, opened in self._pairs)


def _pair(rule: str) -> tuple[str, int]:
    host, _, port = rule.rpartition(":")
    try:
        number = int(port)
        name = normal_host(host)
    except (ValueError, EgressRefusedError) as error:
        raise EgressRuleError(
            f"expected host:port or a CIDR block, got {rule!r}",
            hint="Examples: 127.0.0.1:8700, [::1]:8700, 10.8.0.0/24.",
        ) from error
    if not 0 < number < 65536:
        raise EgressRuleError(f"expected a port from 1 to 65535, got {rule!r}")
    return name, number


def _block(rule: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(rule)
    except ValueError as error:
        raise EgressRuleError(f"expected a CIDR block, got {rule!r}", hint="Example: 10.8.0.0/24.") from error


def _host_table(entries: Sequence[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name, _, address = entry.partition("=")
        try:
            key = normal_host(name.strip())
            value = str(ipaddress.ip_address(address.strip()))
        except (ValueError, EgressRefusedError) as error:
            raise EgressRuleError(
                f"expected name=address, got {entry!r}", hint="Example: shop.example.test=127.0.0.1."
            ) from error
        table[key] = (*table.get(key, ()), value)
    return table
