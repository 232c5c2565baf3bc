"""The look at a merchant's site: pages and names, through the one way out.

``Probe`` is what ``identity_verify.control.Fetcher`` asks for.
"""

from crawlers.egress.authority import Authority, Said
from crawlers.egress.pinned_fetch import Way, pinned_get
from crawlers.egress.policy import Policy
from identity_verify.control import DnsAnswer, Fetched
from identity_verify.site_address import registrable
from kernel.config import Settings


class Probe:
    """Fetches and asks names as the settings allow. Make one for each round: it keeps nothing."""

    def __init__(self, config: Settings) -> None:
        policy = Policy.from_settings(config)
        self._way = Way(policy, config.user_agent, roots=config.extra_ca_file, cap_s=config.identity_probe_s)
        self._names = Authority(
            policy, resolver=config.identity_resolver, port=config.identity_dns_port, total_s=config.identity_probe_s
        )

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        """GET an address: the name resolved once, no redirect off the host. Never raises for what they do.

        Effects: connections to that host.
        """
        answer = pinned_get(url, self._way, max_bytes=max_bytes)
        return Fetched(
            url=answer.url,
            final_url=answer.final_url,
            status=answer.status,
            content_type=answer.content_type,
            body=answer.body,
            truncated=answer.truncated,
            address=answer.address,
            hops=tuple(answer.hops),
            error=answer.error,
            detail=answer.detail,
        )

    def txt(self, name: str) -> DnsAnswer:
        """The TXT records of a name, from the servers of its zone. Effects: questions to name servers."""
        return _answer(self._names.ask(name, "TXT"))

    def cname(self, name: str) -> DnsAnswer:
        """The CNAME of a name, from the servers of its zone. Effects: questions to name servers."""
        return _answer(self._names.ask(name, "CNAME"))


def _answer(said: Said) -> DnsAnswer:
    # Servers above the registrable domain that know nothing of it: nobody has registered it.
    below = said.zone.count(".") >= registrable(said.name).count(".") or said.state == "ok"
    return DnsAnswer(
        name=said.name,
        state=said.state,
        values=said.values,
        server=said.server,
        authoritative=said.authoritative,
        ttl=said.ttl,
        signed=said.signed,
        zone=said.zone if below and said.zone else "",
    )
