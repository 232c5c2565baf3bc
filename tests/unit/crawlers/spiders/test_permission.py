"""Permission: asked once, followed through redirects, kept, obeyed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from scrapy.exceptions import DownloadCancelledError, DownloadConnectionRefusedError

from crawlers.robots import read_robots
from crawlers.spiders import permission as permission_module
from crawlers.spiders.courtesy import Gates
from crawlers.spiders.fetch import Fetched, Fetcher
from crawlers.spiders.permission import Permission, Permissions, RobotsResult
from crawlers.spiders.visiting import Visiting

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
SITE = "https://shop.example"


@dataclass
class Answers:
    """Stands for the fetcher: gives the next answer, or raises it."""

    queue: list[Fetched | Exception]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> Fetched:
        """The next answer; the last one again and again."""
        self.asked.append(url)
        answer = self.queue.pop(0) if len(self.queue) > 1 else self.queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def _text(body: bytes, status: int = 200, **headers: str) -> Fetched:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Fetched(f"{SITE}/robots.txt", AT, 1, b"", status, pairs, body)


def _ask(answers: Answers, visits: list[Visiting], kept: list[RobotsResult]) -> list[Permission]:
    async def scene() -> list[Permission]:
        permissions = Permissions(cast("Fetcher", answers), Gates(1, 0), "WangjianBot/1", kept.append)
        return await asyncio.gather(*(permissions.of(visit, SITE) for visit in visits))

    return asyncio.run(scene())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow one another at once."""
    monkeypatch.setattr(permission_module, "MAX_WAIT_S", 0.0)


def test_asked_once_for_all_visits_and_kept_for_each(visiting: Visiting) -> None:
    """Two visits of one host: one request, two records."""
    answers, kept = Answers([_text(b"User-agent: *\nDisallow: /a\n")]), list[RobotsResult]()
    one, two = _ask(answers, [visiting, replace(visiting, robots={})], kept)
    assert answers.asked == [f"{SITE}/robots.txt"]
    assert len(kept) == 2
    refusal = one.refusal(f"{SITE}/a/1")
    assert refusal is not None
    assert (refusal.outcome, refusal.state) == ("robots", "refused")
    assert two.refusal(f"{SITE}/b") is None


def test_redirects_are_followed(visiting: Visiting) -> None:
    """Spec: RFC 9309 section 2.3.1.2; a loop ends."""
    answers = Answers(
        [_text(b"", 301, location="https://www.shop.example/r.txt"), _text(b"User-agent: *\nDisallow: /\n")]
    )
    assert _ask(answers, [visiting], [])[0].refusal(f"{SITE}/x") is not None
    loop = Answers([_text(b"", 302, location="/other"), _text(b"", 302, location="/robots.txt")])
    assert _ask(loop, [replace(visiting, robots={})], [])[0].refusal(f"{SITE}/x") is None


def test_a_server_that_fails_forbids_everything_for_now(visiting: Visiting) -> None:
    """Three tries, then nothing is fetched; a later good answer counts."""
    refusal = _ask(Answers([_text(b"", 503)]), [visiting], [])[0].refusal(f"{SITE}/x")
    assert refusal is not None
    assert refusal.outcome == "robots-unavailable"
    better = Answers([_text(b"", 503), _text(b"")])
    assert _ask(better, [replace(visiting, robots={})], [])[0].refusal(f"{SITE}/x") is None
    assert len(better.asked) == 2


@pytest.mark.parametrize(
    ("error", "outcome", "tries"),
    [
        (DownloadConnectionRefusedError("no"), "unreachable", 3),
        (DownloadCancelledError("big"), "robots-unavailable", 1),
    ],
)
def test_an_unreachable_site_is_its_own_outcome(visiting: Visiting, error: Exception, outcome: str, tries: int) -> None:
    """What kept us from asking is what every address of the site ends with; it is not tried again."""
    answers, kept = Answers([error]), list[RobotsResult]()
    refusal = _ask(answers, [visiting], kept)[0].refusal(f"{SITE}/x")
    assert refusal is not None
    assert (refusal.outcome, refusal.again, len(answers.asked)) == (outcome, False, tries)
    assert len(kept) == (outcome != "unreachable")


def test_what_was_recorded_is_known(visiting: Visiting) -> None:
    """Rules of an earlier process are used, the crawl delay too."""
    rules = read_robots(f"{SITE}/robots.txt", 200, b"User-agent: *\nCrawl-delay: 9", sha256="", user_agent="x")
    gates = Gates(1, 0)
    report: Callable[[Any], None] = pytest.fail
    permissions = Permissions(cast("Fetcher", Answers([ValueError()])), gates, "x", report)
    permissions.know(SITE, rules)
    visiting.robots[SITE] = rules.as_json()
    assert asyncio.run(permissions.of(visiting, SITE)).rules is rules
    assert gates.of(SITE)._delay_s == 9
