"""A visit in the hands of the crawl process: its queue, its budget, its rules."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawlers.address import Site, canonical_or_none, is_binary, template_of
from crawlers.budget import Budget, Spent, TrapGuard
from crawlers.frontier import Claim, NewLink
from kernel.facts import Link, ListingFacts, PageFacts, PageKind

LINKS_A_PAGE = 1_000
SEEN_LIMIT = 500_000
USEFUL_KINDS = frozenset({"detail", "licence", "rules"})


@dataclass(slots=True)
class Visiting:
    """One running visit.

    Attributes:
        full: ask for nothing conditionally in this visit.
        queue: claims that wait for a worker. in_hand: claims taken from it whose result is not committed.
        stopped: why no more is fetched: a budget word, or empty.
        seen: raw links already looked at, so that each is worked on once; only the clerk touches it.
    """

    id: int
    shop_id: int
    home: str
    platform: str
    site: Site
    budget: Budget
    full: bool = False
    spent: Spent = field(default_factory=Spent)
    trap: TrapGuard = field(default_factory=TrapGuard)
    queue: deque[Claim] = field(default_factory=deque)
    in_hand: int = 0
    stopped: str = ""
    closed: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    seen: set[str] = field(default_factory=set)
    listings: set[str] = field(default_factory=set)
    robots: dict[str, Mapping[str, object]] = field(default_factory=dict)

    async def next_claim(self) -> Claim | None:
        """The next address, waiting for one; None when the visit is over. The taker owes a result."""
        while not self.closed:
            if self.queue and not self.stopped:
                self.in_hand += 1
                return self.queue.popleft()
            self.news.clear()
            await self.news.wait()
        return None

    def give(self, claims: list[Claim]) -> None:
        """More claims for the workers."""
        self.queue.extend(claims)
        if claims:
            self.news.set()

    def close(self) -> None:
        """No more to do."""
        self.closed = True
        self.news.set()

    def spend(self, *, pages: int = 0, size: int = 0, seconds: float = 0.0) -> None:
        """Count, and stop the visit when a budget is used up."""
        self.spent.pages += pages
        self.spent.bytes += size
        self.spent.seconds += seconds
        self.stopped = self.stopped or self.spent.exhausted(self.budget)

    def links_of(self, facts: PageFacts, page: Claim) -> tuple[NewLink, ...]:
        """The new addresses of a page: on this site, not a file, each once in the visit.

        A list page that leads to the next list page leads no deeper: paging is not depth.
        """
        found: dict[str, NewLink] = {}
        same = template_of(page.url) if facts.kind == "list" else ""
        for raw, kind in _raw_links(facts):
            if raw in self.seen:
                continue
            if len(self.seen) < SEEN_LIMIT:
                self.seen.add(raw)
            url = canonical_or_none(raw)
            if url is None or url in found or is_binary(url) or not self.site.holds(url):
                continue
            paging = kind == "list" and template_of(url) == same
            found[url] = self.link(url, kind, page.depth if paging else page.depth + 1)
            if len(found) >= LINKS_A_PAGE:
                break
        return tuple(found.values())

    def link(self, url: str, kind: str, depth: int) -> NewLink:
        """An address to follow, refused at once where it lies too deep."""
        if depth > self.budget.depth:
            return NewLink(url, kind, depth, state="refused", outcome="budget-depth")
        return NewLink(url, kind, depth)

    def note(self, url: str, facts: PageFacts) -> None:
        """Tell the trap guard whether a page brought anything."""
        fresh = [entry.url for entry in facts.listings if entry.url not in self.listings]
        self.listings.update(fresh)
        self.trap.saw(url, useful=bool(fresh) or facts.kind in USEFUL_KINDS)


def _raw_links(facts: PageFacts) -> list[tuple[str, PageKind]]:
    links: list[Link] = list(facts.links)
    stubs: list[ListingFacts] = [entry for entry in facts.listings if entry.is_stub]
    return [(entry.url, "detail") for entry in stubs] + [(link.url, link.kind) for link in links]
