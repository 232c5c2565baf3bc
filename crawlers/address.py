"""Addresses: one written form for a URL, its key, and which addresses belong to a shop."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import idna

from crawlers.errors import AddressError
from kernel.crypto import sha256_hex

MAX_LENGTH = 2_000
KEY_LENGTH = 32
DEFAULT_PORTS = {"http": 80, "https": 443}
TRACKING = re.compile(
    r"^(utm_\w+|spm|scm|gclid|fbclid|yclid|msclkid|_ga|jsessionid|phpsessid|sessionid|sid|session_id)$", re.IGNORECASE
)
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*):")
_BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"^[a-z0-9_]([a-z0-9_\-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_\-]*[a-z0-9_])?)*$")
_BINARY = re.compile(
    r"\.(jpe?g|png|gif|webp|avif|svg|ico|bmp|css|m?js|json|xml|woff2?|ttf|eot|mp[34]|avi|mov|webm|zip|rar|7z|gz|tar"
    r"|apk|exe|dmg|iso|pdf|docx?|xlsx?|pptx?)$",
    re.IGNORECASE,
)


def canonical_url(url: str) -> str:
    """The one written form of an HTTP address.

    Lower-case scheme and host (IDNA), no default port, no user, dot segments removed, escapes in
    upper case and only where needed, tracking and session parameters dropped, no fragment (a route
    such as ``#/item/1`` stays, for it names a page of a script-rendered shop).

    Spec: RFC 3986 section 6.2.2; RFC 5891 for names.

    Args:
        url: absolute address as a person or a page wrote it.

    Returns:
        The canonical address; applying this again changes nothing.

    Raises:
        AddressError: not a URL, another scheme than http and https, a user in it, too long.
    """
    text = url.strip()
    _check_start(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"expected a web address, got {text[:200]!r}: {error}", hint=_HINT) from error
    if parts.username is not None or parts.password is not None:
        raise AddressError(
            f"expected an address without a user name, got one for host {parts.hostname!r}",
            hint="Remove the part before @; the crawler never signs in.",
        )
    scheme = parts.scheme.lower()
    host = _host(parts, text)
    netloc = host if port in {None, DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    result = f"{scheme}://{netloc}{_path(parts.path)}{_query(parts.query)}{_route(parts.fragment)}"
    if len(result) > MAX_LENGTH:
        raise AddressError(f"expected at most {MAX_LENGTH} characters, got {len(result)}", hint=_HINT)
    return result


_HINT = "Example of a web address: https://shop.example/."


def _check_start(text: str) -> None:
    if not text:
        raise AddressError("expected a web address, got nothing", hint=_HINT)
    if len(text) > MAX_LENGTH:
        raise AddressError(f"expected at most {MAX_LENGTH} characters, got {len(text)}", hint=_HINT)
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise AddressError(f"expected a web address with http:// or https://, got {text[:200]!r}", hint=_HINT)
    if scheme[1].lower() not in DEFAULT_PORTS:
        raise AddressError(f"expected the scheme http or https, got {scheme[1]!r}", hint=_HINT)
    if not text[scheme.end() :].startswith("//"):
        raise AddressError(f"expected // after the scheme, got {text[:200]!r}", hint=_HINT)


@lru_cache(maxsize=4096)
def _ascii_host(name: str) -> str:
    if name.isascii():
        return name.lower()
    return idna.encode(name, uts46=True).decode("ascii")


def _host(parts: SplitResult, text: str) -> str:
    name = (parts.hostname or "").rstrip(".")
    if ":" in name:
        return f"[{name}]"
    try:
        host = _ascii_host(name)
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError(f"expected a host name, got {name[:100]!r}: {error}", hint=_HINT) from error
    if not _HOST.match(host) or len(host) > 253:
        raise AddressError(f"expected a host name, got {name[:100]!r} in {text[:200]!r}", hint=_HINT)
    return host


def _escape(text: str) -> str:
    """Escapes in one form: unreserved bare, hex in upper case, everything odd escaped as UTF-8."""
    if text.isascii() and "%" not in text and not _BAD_CHARACTERS.search(text):
        return text
    if "%" in text:
        text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
        text = _ESCAPE.sub(_one_escape, text)
    return "".join(char if char.isascii() and not _BAD_CHARACTERS.match(char) else _percent(char) for char in text)


def _one_escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))


def _path(path: str) -> str:
    path = _escape(path) or "/"
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    if not query:
        return ""
    kept = [part for part in _escape(query).split("&") if part and not TRACKING.match(part.partition("=")[0])]
    return "?" + "&".join(kept) if kept else ""


def _route(fragment: str) -> str:
    return "#" + _escape(fragment) if fragment.startswith(("/", "!/")) else ""


@lru_cache(maxsize=65_536)
def url_key(url: str) -> str:
    """Key of a canonical address: first 32 hex digits of the SHA-256 of its UTF-8 bytes."""
    return sha256_hex(url.encode())[:KEY_LENGTH]


@lru_cache(maxsize=65_536)
def canonical_or_none(url: str) -> str | None:
    """The canonical form, or None where :func:`canonical_url` would refuse (links of hostile pages)."""
    try:
        return canonical_url(url)
    except AddressError:
        return None


def origin(url: str) -> str:
    """``scheme://host[:port]`` of a canonical address."""
    return url[: url.index("/", 8)]


def host_of(url: str) -> str:
    """Host name of a canonical address, without port and brackets."""
    return (urlsplit(url).hostname or "").lower()


def is_binary(url: str) -> bool:
    """True where the path ends like a picture, script, archive or document: not a page to read."""
    return _BINARY.search(url.partition("?")[0].partition("#")[0]) is not None


@dataclass(frozen=True, slots=True)
class Site:
    """Which addresses belong to one shop.

    Attributes:
        host: the shop's host without a leading ``www.`` or ``m.``.
        port: port of its address.
        prefix: path that every page of the shop begins with; ``/`` where the whole host is the shop.
    """

    host: str
    port: int
    prefix: str = "/"

    @classmethod
    def of(cls, home: str, *, shared_host: bool = False) -> "Site":
        """The site of a shop's canonical home address.

        A home two or more folders deep, or one on a host shared with other watched shops, is a shop on a
        platform: its pages are below its own folder.
        """
        parts = urlsplit(home)
        folder = parts.path[: parts.path.rindex("/") + 1]
        deep = shared_host or folder.count("/") > 2
        return cls(_bare(parts.hostname or ""), parts.port or DEFAULT_PORTS[parts.scheme], folder if deep else "/")

    def holds(self, url: str) -> bool:
        """True when a canonical address is on this site: same host or below it, same port or a usual one."""
        parts = urlsplit(url)
        if self.prefix != "/" and not parts.path.startswith(self.prefix):
            return False
        host = _bare(parts.hostname or "")
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        usual = {80, 443}
        if port != self.port and not (port in usual and self.port in usual):
            return False
        return host == self.host or host.endswith("." + self.host)


def _bare(host: str) -> str:
    for prefix in ("www.", "m."):
        if host.startswith(prefix) and host.count(".") > 1:
            return host[len(prefix) :]
    return host


_DIGITS = re.compile(r"\d+")
_LONG_HEX = re.compile(r"[0-9a-f]{12,}")
_ROUTING = frozenset({"s", "r", "rt", "route", "main_page", "controller", "mod", "act"})
"""Parameters by which shop systems that keep all pages at one path say which page they mean."""


@lru_cache(maxsize=65_536)
def template_of(url: str) -> str:
    """The shape of an address: numbers and long hex replaced, parameter names without values but for routes.

    Pages of one template come from one piece of shop software; an endless calendar is one template.
    """
    path, _, query = url.partition("?")
    path = _DIGITS.sub("0", _LONG_HEX.sub("x", path[8:].partition("/")[2]))
    names = sorted({_parameter_shape(part) for part in query.split("&") if part})
    return f"/{path}?{'&'.join(names)}"


def _parameter_shape(part: str) -> str:
    """The name of a parameter; with its value where that says which page it is (``route=product/product``)."""
    name, _, value = part.partition("=")
    if name in _ROUTING and value[:1].isalpha():
        # What follows the first number are filters: there is a page for every combination of them.
        number = _DIGITS.search(value)
        return f"{name}={value[: value.rfind('/', 0, number.start()) + 1] if number else value}"
    return name
