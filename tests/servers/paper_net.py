"""A network on paper: what each address and each name answers, and what was asked. The other side of ``Fetcher``."""

from dataclasses import dataclass, field

from identity_verify.site_address import registrable
from kernel.outside import DnsAnswer, Fetched

SERVER = "192.0.2.53"


@dataclass
class PaperNet:
    """Answers by address and by name; what is not written is ``not-found`` or ``nxdomain``.

    Attributes:
        pages: by URL. texts, aliases: TXT values and CNAME targets by name. names: that exist without records.
        troubles: states (``timeout``, ``failure``) by name. cached: answers come from a cache, not from the zone.
        missing_zones: registrable domains that do not exist.
    """

    pages: dict[str, Fetched] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    troubles: dict[str, str] = field(default_factory=dict)
    missing_zones: set[str] = field(default_factory=set)
    cached: bool = False
    asked: list[str] = field(default_factory=list)

    def serve(
        self, url: str, body: str | bytes, content_type: str = "text/html; charset=utf-8", status: int = 200
    ) -> None:
        """Write down a page."""
        data = body.encode() if isinstance(body, str) else body
        self.pages[url] = Fetched(url, url, status, content_type, data, address="192.0.2.80:443")

    def fail(self, url: str, error: str, detail: str = "") -> None:
        """Write down that a fetch comes to nothing."""
        self.pages[url] = Fetched(url, error=error, detail=detail)

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        """As ``Fetcher.fetch``."""
        self.asked.append(url)
        page = self.pages.get(url)
        if page is None:
            return Fetched(url, url, 404, "text/html", b"gone")
        if len(page.body) > max_bytes:
            cut = page.body[:max_bytes]
            return Fetched(url, url, page.status, page.content_type, cut, truncated=True, address=page.address)
        return page

    def txt(self, name: str) -> DnsAnswer:
        """As ``Fetcher.txt``."""
        return self._answer(name, self.texts)

    def cname(self, name: str) -> DnsAnswer:
        """As ``Fetcher.cname``."""
        return self._answer(name, self.aliases)

    def _answer(self, name: str, records: dict[str, tuple[str, ...]]) -> DnsAnswer:
        self.asked.append(name)
        if name in self.troubles:
            return DnsAnswer(name, self.troubles[name])
        zone = "" if registrable(name) in self.missing_zones else registrable(name)
        known = {*self.texts, *self.aliases, *self.names}
        state = "ok" if name in records else "no-data" if name in known else "nxdomain"
        return DnsAnswer(name, state, records.get(name, ()), SERVER, authoritative=not self.cached, ttl=600, zone=zone)
