"""Permission: robots.txt of each origin, asked once a process, kept on every visit, obeyed.

Spec: RFC 9309 section 2.3.1 (redirects, unavailable, unreachable).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import urljoin

from crawlers.address import canonical_or_none, origin
from crawlers.robots import RobotsRules, read_robots
from crawlers.spiders.courtesy import Gates, retry_after
from crawlers.spiders.fetch import Fetched, Fetcher
from crawlers.spiders.outcome import Trouble, trouble_of
from crawlers.spiders.visiting import Visiting

ATTEMPTS = 3
HOPS = 5
MAX_WAIT_S = 30.0
MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Permission:
    """The rules of an origin with the answer they were read from, or the trouble there was in asking."""

    rules: RobotsRules
    trouble: Trouble | None = None
    fetched: Fetched | None = None

    def refusal(self, url: str) -> Trouble | None:
        """Why an address may not be fetched, None where it may."""
        if self.trouble is not None:
            return self.trouble
        if self.rules.allows(url):
            return None
        if self.rules.verdict == "disallow-all":
            return Trouble("robots-unavailable", f"{self.rules.url} answered {self.rules.status}", "refused")
        return Trouble("robots", f"{self.rules.url} forbids it", "refused")


@dataclass(frozen=True, slots=True)
class RobotsResult:
    """A robots.txt to be kept on a visit."""

    visit: Visiting
    origin: str
    permission: Permission


class Permissions:
    """What every origin lets us do.

    Args:
        fetcher, gates: how robots.txt itself is fetched. user_agent: our full name.
        report: takes what must be recorded, once a visit and origin.
    """

    def __init__(self, fetcher: Fetcher, gates: Gates, user_agent: str, report: Callable[[RobotsResult], None]) -> None:
        self._fetcher = fetcher
        self._gates = gates
        self._agent = user_agent
        self._report = report
        self._asked: dict[str, asyncio.Task[Permission]] = {}
        self._known: dict[str, Permission] = {}

    def know(self, site: str, rules: RobotsRules) -> None:
        """Rules that were recorded before this process started."""
        self._known[site] = Permission(rules)
        self._gates.of(site).slow_down(rules.crawl_delay)

    async def of(self, visit: Visiting, site: str) -> Permission:
        """The permission of an origin, asked for the first time if need be."""
        permission = self._known.get(site)
        if permission is None:
            if site not in self._asked:
                self._asked[site] = asyncio.create_task(self._ask(site))
            permission = await asyncio.shield(self._asked[site])
        if site not in visit.robots:
            visit.robots[site] = permission.rules.as_json()
            if permission.trouble is None:
                self._report(RobotsResult(visit, site, permission))
        return permission

    async def _ask(self, site: str) -> Permission:
        permission = await self._fetch(f"{site}/robots.txt")
        for attempt in range(1, ATTEMPTS):
            if not _passing(permission):
                break
            await asyncio.sleep(_wait(permission, attempt))
            permission = await self._fetch(f"{site}/robots.txt")
        if permission.trouble is not None:
            permission = replace(permission, trouble=replace(permission.trouble, again=False))
        self._gates.of(site).slow_down(permission.rules.crawl_delay)
        self._known[site] = permission
        return permission

    async def _fetch(self, url: str) -> Permission:
        target = url
        try:
            for _ in range(HOPS):
                async with self._gates.of(origin(target)).passage():
                    fetched = await self._fetcher.get(target)
                moved = canonical_or_none(urljoin(target, fetched.header(b"location")))
                if fetched.status not in MOVED or moved is None or moved == target:
                    break
                target = moved
        except Exception as error:  # noqa: BLE001 - whatever kept us from asking is the outcome
            trouble = trouble_of(error)
            if trouble.outcome == "too-large":
                return Permission(RobotsRules(url, 0, verdict="disallow-all"))
            return Permission(RobotsRules(url, 0, verdict="disallow-all"), trouble)
        digest = sha256(fetched.body).hexdigest()
        rules = read_robots(url, fetched.status, fetched.body, sha256=digest, user_agent=self._agent)
        return Permission(rules, None, fetched)


def _passing(permission: Permission) -> bool:
    if permission.trouble is not None:
        return permission.trouble.again
    return permission.rules.status >= 500 or permission.rules.status == 429


def _wait(permission: Permission, attempt: int) -> float:
    fetched = permission.fetched
    asked = retry_after(fetched.header(b"retry-after"), fetched.at) if fetched is not None else 0.0
    return min(max(asked, 0.5 * 2.0**attempt), MAX_WAIT_S)
