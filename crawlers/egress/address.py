"""What an address is: global, or one of the many forms that lead back inside."""

import ipaddress
import re

from crawlers.egress.errors import EgressRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_V4_CLOSED = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_V6_OPEN = ipaddress.IPv6Network("2000::/3")
_V6_CLOSED = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID, benchmarking: protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries a v4 address that need not be global
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_global(address: Address) -> bool:
    """True where the address is a unicast address of the public Internet.

    For v6 only 2000::/3 without its special blocks counts, so that IPv4-mapped, IPv4-compatible,
    NAT64 (64:ff9b::/96 and local ones), unique-local, link-local and multicast are all refused.

    Spec: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 6598; RFC 8215.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _V4_CLOSED)
    return address.scope_id is None and address in _V6_OPEN and not any(address in block for block in _V6_CLOSED)


def normal_host(host: str) -> str:
    """One form of a host name or address literal, or a refusal.

    Args:
        host: as it stands in a URL or CONNECT line, v6 literals with or without brackets.

    Returns:
        lower-case ASCII name without a trailing dot, dotted quad, or compressed v6 without brackets.

    Raises:
        EgressRefusedError: ``host`` (not a name) or ``literal`` (an address in a disguised form:
            decimal, octal, hex, short, zone id).
    """
    text = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in text:
        return _v6_literal(text)
    try:
        name = text.encode("idna").decode("ascii").lower() if not text.isascii() else text.lower()
    except UnicodeError as error:
        raise EgressRefusedError("host", f"expected a host name, got {host!r}") from error
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise EgressRefusedError("host", f"expected a host name, got {host!r}")
    if _NUMBER.fullmatch(labels[-1]):
        return _v4_literal(name)
    return name


def literal(host: str) -> Address | None:
    """The address where a host in normal form is one, else None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _v4_literal(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise EgressRefusedError("literal", f"expected four decimal numbers, got {text!r}") from error


def _v6_literal(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise EgressRefusedError("host", f"expected an IPv6 address, got {text!r}") from error
    if address.scope_id is not None:
        raise EgressRefusedError("literal", f"expected an address without a zone, got {text!r}")
    return str(address)
