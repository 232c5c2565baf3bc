"""Addresses of the two servers: whose name is loopback, and on which origin archived pages are replayed."""

import ipaddress
from urllib.parse import urlsplit

from kernel.config import Settings


def replay_origin_of(settings: Settings, evidence_id: str) -> str:
    """Where one archived page is replayed: a host name of its own, because cookies do not tell ports apart.

    On loopback each piece of evidence has its own origin, ``<id>.localhost``, and so it has where
    ``replay_url`` names ``*.<host>``: what one archived page stores, another never sees. Any other
    ``replay_url`` is one origin for all; without one it is the interface's host with the replay port.

    Spec: RFC 6761 6.3 (names below ``localhost`` are this machine); RFC 6454 (origins).
    """
    return replay_pattern(settings).replace("*", evidence_id)


def replay_pattern(settings: Settings) -> str:
    """Origin of the replay server; where each piece of evidence has its own, ``*`` stands for its id."""
    if settings.replay_url:
        parts = urlsplit(settings.replay_url)
        return f"{parts.scheme}://{parts.netloc}"
    scheme, host = "http", settings.web_host
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        scheme, host = parts.scheme, parts.hostname or host
    if is_loopback(host):
        host = "*.localhost"
    return f"{scheme}://{bracketed(host)}:{settings.replay_port}"


def bracketed(host: str) -> str:
    """A host as it stands before a port: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and for addresses of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
