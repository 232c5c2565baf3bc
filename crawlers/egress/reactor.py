"""Scrapy's door out: the egress policy on the Twisted reactor, and certificates that are checked.

Every connection of the crawl process passes here twice. A name or literal is resolved once and
judged (:class:`PinnedResolver`), and the reactor then connects to no address that was not judged
good for that port. Redirects, robots.txt and retries are new requests and pass the same way.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from twisted.internet._sslverify import OpenSSLDefaultPaths
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import (
    IHostnameResolver,
    IHostResolution,
    IOpenSSLClientConnectionCreator,
)
from twisted.internet.ssl import optionsForClientTLS
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy, Refusal, Resolution
from kernel.clock import monotonic
from kernel.config import Settings

CACHE_SECONDS = 600.0
CACHE_SIZE = 10_000


@implementer(IHostResolution)
class _Asked:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Look-ups are short; they are not interrupted."""


@implementer(IHostnameResolver)
class PinnedResolver:
    """A resolver that answers with one judged address, or with none.

    Scrapy makes it from the setting ``TWISTED_DNS_RESOLVER``.

    Args:
        policy: who may be reached.
        reactor: the Twisted reactor.

    Effects: :meth:`install_on_reactor` replaces the reactor's resolver and guards ``connectTCP``.
    """

    installed: ClassVar["PinnedResolver | None"] = None

    def __init__(self, policy: Policy, reactor: Any) -> None:
        self._policy = policy
        self._reactor = reactor
        self._cache: dict[tuple[str, int], tuple[float, Resolution]] = {}
        self._good: set[tuple[str, int]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> "PinnedResolver":
        """Made by Scrapy; the policy comes from the product's settings."""
        return cls(Policy.from_settings(crawler.settings["WANGJIAN"]), reactor)

    def install_on_reactor(self) -> None:
        """Take over name resolution and connections of the reactor."""
        self._reactor.installNameResolver(self)
        connect = self._reactor.connectTCP

        def guarded(host: str, port: int, *arguments: Any, **options: Any) -> Any:
            if (host, port) not in self._good:
                raise EgressRefusedError("literal", f"expected an address that was judged, got {host}:{port}")
            return connect(host, port, *arguments, **options)

        self._reactor.connectTCP = guarded
        type(self).installed = self

    def refusal(self, host: str, port: int) -> Refusal | None:
        """Why a destination was refused, None where it was not (or never asked for)."""
        entry = self._cache.get((host, port))
        verdict = entry[1].verdict if entry else None
        return verdict if isinstance(verdict, Refusal) else None

    def resolveHostName(  # noqa: N802 - the name is Twisted's
        self,
        resolutionReceiver: Any,  # noqa: N803 - the name is Twisted's
        hostName: str,  # noqa: N803 - the name is Twisted's
        portNumber: int = 0,  # noqa: N803 - the name is Twisted's
        addressTypes: Sequence[Any] | None = None,  # noqa: N803 - the name is Twisted's
        transportSemantics: str = "TCP",  # noqa: N803 - the name is Twisted's
    ) -> Any:
        """Answer with the pinned address of a destination that may be reached, else with nothing."""
        del addressTypes, transportSemantics
        asked = _Asked(hostName)
        resolutionReceiver.resolutionBegan(asked)
        self._ask(hostName, portNumber).addBoth(self._answer, resolutionReceiver, portNumber)
        return asked

    def _ask(self, host: str, port: int) -> "Deferred[Resolution]":
        entry = self._cache.get((host, port))
        if entry is not None and entry[0] > monotonic():
            return succeed(entry[1])
        found: Deferred[Resolution] = deferToThread(self._policy.lookup, host, port)
        return found.addCallback(self._keep, host, port)

    def _keep(self, resolution: Resolution, host: str, port: int) -> Resolution:
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[host, port] = (monotonic() + CACHE_SECONDS, resolution)
        return resolution

    def _answer(self, result: Resolution | Failure, receiver: Any, port: int) -> None:
        if isinstance(result, Resolution) and not isinstance(result.verdict, Refusal):
            address = result.verdict.address
            self._good.add((address, port))
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()


class _TrustRoot(OpenSSLDefaultPaths):
    """The system's roots and the extra ones of the settings."""

    def __init__(self, extra_ca_file: str) -> None:
        self._extra = extra_ca_file

    def _addCACertsToContext(self, context: SSL.Context) -> None:  # noqa: N802 - the name is Twisted's
        super()._addCACertsToContext(context)  # type: ignore[no-untyped-call]
        if self._extra:
            context.load_verify_locations(self._extra)


@implementer(IPolicyForHTTPS)
class VerifyingContextFactory:
    """TLS that fails on a certificate that is expired, of another name, or of an unknown root."""

    def __init__(self, extra_ca_file: str = "") -> None:
        self._trust: Any = _TrustRoot(extra_ca_file)
        self._made: dict[bytes, IOpenSSLClientConnectionCreator] = {}

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:  # noqa: N802 - Twisted's
        """The TLS settings for connections to one host, made once (reading the roots is slow)."""
        del port
        if hostname not in self._made:
            if len(self._made) >= CACHE_SIZE:
                self._made.clear()
            self._made[hostname] = optionsForClientTLS(hostname=hostname.decode("ascii"), trustRoot=self._trust)
        return self._made[hostname]


class VerifyingHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler with certificates checked against the system's and the settings' roots."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._contextFactory: Any = VerifyingContextFactory(extra_ca_of(crawler.settings))


def extra_ca_of(settings: BaseSettings) -> str:
    """Path of the extra roots, or empty."""
    product: Settings = settings["WANGJIAN"]
    return product.extra_ca_file
