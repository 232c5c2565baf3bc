"""A site that a market subject has proven to control, and which addresses that covers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

import idna

from identity_verify.errors import SiteError

SiteScope = Literal["host", "domain", "path"]
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_HOST = 253


@dataclass(frozen=True, slots=True)
class ProvenSite:
    """One site with the scope and the term of its proof.

    Attributes:
        host: A-label form, lower case, without a dot at the end.
        scope: ``host``: this host alone; ``domain``: it and all below it; ``path``: the pages below
            ``path`` on it (a shop on a platform).
        path: begins with ``/``; empty unless the scope is ``path``.
        port: 0 means the default ports of http and https.
        method: how control was proven, as in ``control_proof.method``.
        proven_at, expires_at: aware UTC.
    """

    host: str
    scope: SiteScope
    proven_at: datetime
    expires_at: datetime
    method: str = ""
    path: str = ""
    port: int = 0

    def text(self) -> str:
        """The one written form: ``shop.example``, ``*.example``, ``platform.example/shop/7``, ``shop.example:8443``."""
        return site_text(self.host, self.scope, path=self.path, port=self.port)


def site_text(host: str, scope: SiteScope, *, path: str = "", port: int = 0) -> str:
    """The written form of a site; :func:`covers` reads it.

    Raises:
        SiteError: a host that is no host name in A-label form, a path or port that does not fit the scope.
    """
    require_host(host)
    if not 0 <= port <= 65_535 or bool(path) != (scope == "path") or (path and not _is_plain_path(path)):
        raise SiteError(
            f"expected a port, and a path where the scope is path, got {scope} {path!r} {port}",
            hint="例 e.g. shop.example, *.example, platform.example/shop/7",
        )
    place = f"{host}:{port}" if port else host
    return {"host": place, "domain": f"*.{place}", "path": place + path.rstrip("/")}[scope]


def read_site(text: str, *, proven_at: datetime, expires_at: datetime, method: str = "") -> ProvenSite:
    """The site of a written form.

    Raises:
        SiteError: it is none.
    """
    rest, slash, path = text.removeprefix("*.").partition("/")
    host, _, port = rest.partition(":")
    scope: SiteScope = "domain" if text.startswith("*.") else "path" if slash else "host"
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else -1 if port else 0
    site = ProvenSite(host, scope, proven_at, expires_at, method, f"/{path}" if slash else "", number)
    if site.text() != text:
        raise SiteError(f"expected the written form of a site, got {text[:80]!r}", hint="例 e.g. shop.example")
    return site


def require_host(host: str) -> str:
    """A host name that may stand in a header or a token, or a refusal.

    Spec: RFC 1123 2.1; RFC 5890 2.3.1.

    Raises:
        SiteError: anything but lower-case labels of letters, digits and hyphens, at most 253 characters.
    """
    labels = host.split(".")
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise SiteError(
            f"expected a host name in A-label form, got {host[:80]!r}",
            hint="域名请用小写和 A-label 形式 (xn--…) lower case, IDN as A-labels",
        )
    return host


def _is_plain_path(path: str) -> bool:
    return path.startswith("/") and not set(path) & set(' "\\;,?#*') and ".." not in path and len(path) <= 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is shown: host in A-label form, port (0: the scheme's own), path with ``/``."""

    host: str
    port: int
    path: str


def place_of(address: str) -> Place | None:
    """The place an address names; a bare host is taken too. None where it names none."""
    text = address.strip()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    try:
        host = idna.encode(host.rstrip("."), uts46=True).decode() if not host.isascii() else host.rstrip(".").lower()
        require_host(host)
    except (idna.IDNAError, SiteError):
        return None
    if _DEFAULT_PORTS.get(parts.scheme or "https") == port or (not parts.scheme and port == 80):
        port = 0
    return Place(host, port, unquote(parts.path) or "/")


def covers(site: str, place: Place) -> bool:
    """True when a written site covers a place.

    Spec: RFC 3986 5.2.4 (a path with dot segments is covered by none).
    """
    rest, _, path = site.removeprefix("*.").partition("/")
    host, _, port = rest.partition(":")
    if int(port or 0) != place.port:
        return False
    if site.startswith("*."):
        return place.host == host or place.host.endswith(f".{host}")
    if place.host != host:
        return False
    if not path:
        return True
    wanted = f"/{path}"
    return ".." not in place.path.split("/") and (place.path == wanted or place.path.startswith(f"{wanted}/"))


def covered(sites: Iterable[str], address: str) -> bool:
    """True when one of the written sites covers an address (``https://…`` or a bare host)."""
    place = place_of(address)
    return place is not None and any(covers(site, place) for site in sites)


def shared_term(sites: Iterable[ProvenSite]) -> datetime | None:
    """When the first of the proofs ends; None without sites."""
    return min((site.expires_at for site in sites), default=None)
