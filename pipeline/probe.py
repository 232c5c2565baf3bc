"""The look at a merchant's site: pages and names, through the one way out.

``Probe`` is what ``identity_verify.control.Fetcher`` asks for.
"""

from dataclasses import replace

from crawlers.egress.authority import Authority
from crawlers.egress.pinned_fetch import Way, pinned_get
from crawlers.egress.policy import Policy
from identity_verify.site_address import registrable
from kernel.config import Settings
from kernel.outside import DnsAnswer, Fetched


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
        return pinned_get(url, self._way, max_bytes=max_bytes)

    def txt(self, name: str) -> DnsAnswer:
        """The TXT records of a name, from the servers of its zone. Effects: questions to name servers."""
        return _registered(self._names.ask(name, "TXT"))

    def cname(self, name: str) -> DnsAnswer:
        """The CNAME of a name, from the servers of its zone. Effects: questions to name servers."""
        return _registered(self._names.ask(name, "CNAME"))


def _registered(said: DnsAnswer) -> DnsAnswer:
    """Without the zone where it is one above the registrable domain that knows nothing of it: nobody registered it."""
    below = said.zone.count(".") >= registrable(said.name).count(".") or said.state == "ok"
    return said if below else replace(said, zone="")
