"""Looks at the outside: what a fetch brought, what name servers said. Those who go out make them, others judge them."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Fetched:
    """What a fetch brought; filled in while it goes on.

    Attributes:
        url: asked for. final_url: that answered, on the same host. status: 0 without an answer.
        content_type: of the answer, lower case, with its parameters.
        body: decoded, cut at what was allowed, then ``truncated``.
        address: that was connected to, with port. hops: addresses that were asked, in order.
        error: word of what stopped it, empty when it came to its end: ``no-address not-public no-connection timeout
            bad-certificate redirect-off-host too-many-redirects not-http``. detail: what exactly.
    """

    url: str
    final_url: str = ""
    status: int = 0
    content_type: str = ""
    body: bytes = b""
    truncated: bool = False
    address: str = ""
    hops: list[str] = field(default_factory=list)
    error: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """What name servers said of a name.

    Attributes:
        name: asked for. state: ``ok``, ``nxdomain``, ``no-data``, ``timeout`` or ``failure``.
        values: of the records (TXT strings joined; names without a dot at the end).
        server: address that said it. authoritative: it speaks for the zone and not from a cache.
        ttl: seconds the answer may be kept; of a negative answer, how long "there is none" is kept.
        signed: signatures (RRSIG) came with it; they are recorded, not judged.
        zone: of the name servers that were asked; empty where none was found.
    """

    name: str
    state: str
    values: tuple[str, ...] = ()
    server: str = ""
    authoritative: bool = False
    ttl: int = 0
    signed: bool = False
    zone: str = ""

    def as_detail(self) -> dict[str, object]:
        """What is kept of it."""
        return {
            "name": self.name,
            "state": self.state,
            "values": [value[:300] for value in self.values[:10]],
            "server": self.server,
            "authoritative": self.authoritative,
            "ttl": self.ttl,
            "signed": self.signed,
        }
