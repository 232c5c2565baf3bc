"""The address of a site or shop as a person enters it, in one form; its registrable domain, offline."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

import idna

from identity_verify.errors import SiteAddressError
from identity_verify.public_suffix import suffix_labels

MAX_LENGTH = 800
_CLOSED = frozenset(' "\\;,?#*')
_HINT = "请填写网站首页或店铺首页的网址，例如 https://shop.example/ 。"


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """An address in normal form.

    Attributes:
        origin: ``scheme://host[:port]``. host: A-labels, lower case. shown_host: as people read it.
        domain: registrable domain. path: decoded, begins with ``/``, no query.
    """

    origin: str
    host: str
    shown_host: str
    domain: str
    path: str

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + quote(self.path, safe="/~@!$&'()+=:")


def read_address(text: str) -> SiteAddress:
    """What was entered as an address.

    Args:
        text: with or without ``https://``; a name alone is enough. Chinese and other names are written as A-labels.

    Raises:
        SiteAddressError: not http, an address of numbers, a name no browser would take, a name without a dot.

    Spec: RFC 5891 (IDNA 2008), UTS 46; Public Suffix List, the default rule included.
    """
    entered = text.strip()
    if not entered or len(entered) > MAX_LENGTH or any(character.isspace() for character in entered):
        raise SiteAddressError(f"expected one address, got {entered[:100]!r}", hint=_HINT)
    if "://" not in entered:
        entered = f"https://{entered}"
    try:
        parts = urlsplit(entered)
        port = parts.port
    except ValueError as error:
        raise SiteAddressError(f"expected an address, got {text[:100]!r}", hint=_HINT) from error
    if parts.scheme not in {"http", "https"} or parts.username is not None or not parts.hostname:
        raise SiteAddressError(f"expected an http address without a user name, got {text[:100]!r}", hint=_HINT)
    host = host_name(parts.hostname)
    standard = {"http": 80, "https": 443}[parts.scheme]
    origin = f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, standard} else "")
    return SiteAddress(origin, host, shown(host), registrable(host), _path(parts.path))


def host_name(name: str) -> str:
    """A host name in A-labels, lower case, without a dot at the end.

    Raises:
        SiteAddressError: an IP address, a single label, or not a name.
    """
    bare = name.rstrip(".")
    try:
        ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        pass
    else:
        raise SiteAddressError(f"expected a name, got the address {bare}", hint="标识只发给域名，不发给 IP 地址。")
    try:
        # A full stop of another script at the end is a dot only now.
        host = idna.encode(bare, uts46=True).decode("ascii").lower().rstrip(".")
    except (idna.IDNAError, UnicodeError) as error:
        raise SiteAddressError(f"expected a host name, got {bare[:100]!r}", hint=_HINT) from error
    if "." not in host or host.rpartition(".")[2].isdigit():
        raise SiteAddressError(f"expected a name with a dot, got {host!r}", hint=_HINT)
    return host


def shown(host: str) -> str:
    """A host as people read it; as it is where its A-labels do not decode."""
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The registrable domain of a host; empty where the host is itself a public suffix.

    Args:
        host: a port behind it is left out.

    Spec: Public Suffix List; where no rule fits, the last label is the suffix.
    """
    labels = host.partition(":")[0].rstrip(".").split(".")
    suffix = suffix_labels(labels) or 1
    return ".".join(labels[-suffix - 1 :]) if len(labels) > suffix else ""


def _path(path: str) -> str:
    """A path without dot segments and in one spelling, so that a scope cannot be left by another spelling.

    Raises:
        SiteAddressError: characters that mean something else in headers and tokens.
    """
    kept: list[str] = []
    plain = unquote(path)
    if set(plain) & _CLOSED or not plain.isprintable() or "%" in plain:
        raise SiteAddressError(f"expected a plain path, got {path[:100]!r}", hint=_HINT)
    for part in plain.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in {"", "."}:
            kept.append(part)
    return "/" + "/".join(kept) + ("/" if kept and plain.endswith("/") else "")
