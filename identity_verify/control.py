"""Proof of control: what is asked, what may answer, and what an answer may say. Pure over ``Fetcher``.

How each method looks is in ``control_dns``, ``control_web`` and ``control_record``; a failed look names one exact
cause, because "not verified" helps nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from kernel.outside import DnsAnswer, Fetched

METHODS = ("dns", "file", "meta", "cname", "shop", "icp")
SCOPES_OF = {
    "dns": ("host", "domain"),
    "cname": ("host", "domain"),
    "file": ("host",),
    "meta": ("host", "path"),
    "shop": ("path", "host"),
    "icp": ("host", "domain"),
}
"""What each method can prove: who writes one page does not speak for the whole domain."""
CAUSES = (
    # names
    "nxdomain", "domain-nxdomain", "cached-negative", "no-record", "wrong-host", "wrong-token", "expired-token",
    "malformed-record", "wrong-target", "dns-timeout", "dns-failure",
    # fetching
    "no-address", "not-public", "no-connection", "timeout", "bad-certificate", "redirect-off-host",
    "too-many-redirects", "not-found", "http-status", "too-large", "wrong-type", "not-http",
    # pages
    "wrong-content", "meta-missing", "meta-in-body", "meta-by-script", "meta-in-comment",
    # records
    "shop-not-watched", "shop-not-read", "token-not-shown", "token-by-others", "icp-not-shown", "icp-unknown",
    "icp-no-table", "icp-other-firm", "icp-other-site",
    # asked wrongly
    "wrong-scope",
)  # fmt: skip
NOT_THEIR_FAULT = frozenset({"dns-timeout", "dns-failure", "timeout", "icp-no-table", "shop-not-read"})
"""Causes that may lie on our side or on the way: they never count towards a suspension alone."""
DNS_STATES = ("ok", "nxdomain", "no-data", "timeout", "failure")
FETCH_ERRORS = (
    "", "no-address", "not-public", "no-connection", "timeout", "bad-certificate", "redirect-off-host",
    "too-many-redirects", "not-http",
)  # fmt: skip


class Fetcher(Protocol):
    """The way out, handed in by those who may use it."""

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        """GET an address; never leaves its host, never raises for what the other side does."""
        ...

    def txt(self, name: str) -> DnsAnswer:
        """The TXT records of a name."""
        ...

    def cname(self, name: str) -> DnsAnswer:
        """The CNAME record of a name."""
        ...


@dataclass(frozen=True, slots=True)
class Challenge:
    """What has to be found, and where.

    Attributes:
        origin, host, domain, path, scope: of the site, as in ``ProvenSite``.
        token, expires_on: the secret and its last day. delegate: suffix that a delegating CNAME points below.
    """

    origin: str
    host: str
    domain: str
    path: str
    scope: str
    token: str
    expires_on: date
    delegate: str

    @property
    def name(self) -> str:
        """The host or domain that a DNS record has to stand below."""
        return self.domain if self.scope == "domain" else self.host

    def expired(self, on: date) -> bool:
        """Whether the token proves nothing any more."""
        return on > self.expires_on


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one look ended. ``cause`` is empty when ``ok``, else one of ``CAUSES``; ``detail`` says what was seen."""

    method: str
    ok: bool
    cause: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


def found(method: str, **detail: object) -> Outcome:
    """The proof is there."""
    return Outcome(method, ok=True, detail=detail)


def missed(method: str, cause: str, **detail: object) -> Outcome:
    """It is not, because of ``cause``."""
    return Outcome(method, ok=False, cause=cause, detail=detail)
