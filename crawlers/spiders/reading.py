"""From an answer to a record: what it says, where its bytes go, how its address ends."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from crawlers.address import DEFAULT_PORTS, canonical_or_none
from crawlers.archive import Archive, Exchange, Place
from crawlers.egress.address import literal, normal_host
from crawlers.egress.errors import EgressRefusedError
from crawlers.egress.policy import Policy, Refusal
from crawlers.frontier import Claim, NewLink
from crawlers.record import Answer, RobotsAnswer
from crawlers.spiders.courtesy import retry_after
from crawlers.spiders.fetch import Fetched
from crawlers.spiders.outcome import Trouble
from crawlers.spiders.permission import RobotsResult
from crawlers.spiders.reading_room import ReadingRoom, Unreadable
from crawlers.spiders.visiting import Visiting
from kernel.facts import PageFacts

MAX_ATTEMPTS = 3
MAX_BACKOFF_S = 60.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SLOW_DOWN = frozenset({429, 503})
READABLE = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", ""})
WALLS = frozenset({"login", "captcha", "empty"})


@dataclass(frozen=True, slots=True)
class Result:
    """What a worker brings: an answer, or the trouble it had.

    Attributes:
        digest: SHA-256 of the answer's body, hex; empty where it was not asked for.
        said: what the page says, where it is one to read.
    """

    visit: Visiting
    claim: Claim
    fetched: Fetched | None = None
    trouble: Trouble | None = None
    digest: str = ""
    said: PageFacts | Unreadable | None = None


async def read_aside(result: Result, room: ReadingRoom) -> Result:
    """A result with what its page says; as it was where there is no new page in it.

    Raises:
        PageReaderError: no reader comes up.
    """
    fetched, claim = result.fetched, result.claim
    if fetched is None or fetched.status != 200:
        return result
    digest = sha256(fetched.body).hexdigest()
    if fetched.mime not in READABLE or (claim.previous is not None and claim.previous.sha256 == digest):
        return replace(result, digest=digest)
    said = await room.read(
        fetched.body,
        url=fetched.final_url or claim.url,
        content_type=fetched.header(b"content-type"),
        platform=result.visit.platform,
    )
    return replace(result, digest=digest, said=said)


@dataclass(frozen=True, slots=True)
class Retry:
    """An address that goes back to the frontier."""

    visit: Visiting
    claim: Claim
    not_before: datetime
    outcome: str
    detail: str = ""
    via: str = ""


class Reader:
    """Turns results into answers to record, archiving on the way. Runs in the clerk's thread only.

    Args:
        archive: where bytes go. policy: of the way out.
    """

    def __init__(self, archive: Archive, policy: Policy) -> None:
        self._archive = archive
        self._policy = policy
        self._robots: dict[str, Place] = {}

    def read(self, result: Result, at: datetime) -> Answer | Retry:
        """One result, read.

        Args:
            result: with what its page says (:func:`read_aside`). at: now, aware UTC.

        Raises:
            ArchiveError: the disk does not take the bytes.
        """
        if result.trouble is not None:
            return self._troubled(result, result.trouble, at)
        fetched = result.fetched
        if fetched is None:
            raise ValueError("expected an answer or a trouble")
        if fetched.status >= 500 or fetched.status in SLOW_DOWN:
            wait = retry_after(fetched.header(b"retry-after"), at) if fetched.status in SLOW_DOWN else 0.0
            again = self._again(result, f"http-{fetched.status}", "", at, wait)
            return again or self._plain(result, fetched, "failed", f"http-{fetched.status}")
        if fetched.status == 304 and result.claim.previous is not None:
            return self._unchanged(result, fetched)
        if fetched.status in REDIRECTS:
            return self._redirected(result, fetched)
        if fetched.status != 200:
            return self._plain(result, fetched, "failed", f"http-{fetched.status}")
        return self._page(result, fetched, at)

    def robots(self, result: RobotsResult, at: datetime) -> RobotsAnswer:
        """A robots.txt, archived once however many visits keep it."""
        fetched, rules = result.permission.fetched, result.permission.rules
        place = None
        if fetched is not None:
            if result.origin not in self._robots:
                self._robots[result.origin] = self._keep(fetched.url, fetched, rules.sha256)
            place = self._robots[result.origin]
        extra = {"certificate_sha256": fetched.certificate} if fetched is not None and fetched.certificate else {}
        return RobotsAnswer(
            visit_id=result.visit.id,
            shop_id=result.visit.shop_id,
            origin=result.origin,
            url=rules.url,
            status=rules.status,
            at=fetched.at if fetched is not None else at,
            rules={**rules.as_json(), **extra},
            body_size=len(fetched.body) if fetched is not None else 0,
            body_sha256=rules.sha256,
            place=place,
            remote_address=fetched.address if fetched is not None else "",
        )

    def _troubled(self, result: Result, trouble: Trouble, at: datetime) -> Answer | Retry:
        again = self._again(result, trouble.outcome, trouble.detail, at, 0.0) if trouble.again else None
        return again or Answer(result.claim, at, state=trouble.state, outcome=trouble.outcome, detail=trouble.detail)

    def _again(self, result: Result, outcome: str, detail: str, at: datetime, wait_s: float) -> Retry | None:
        """A retry, where attempts and the visit's time allow one."""
        claim = result.claim
        wait = max(wait_s, min(2.0**claim.attempts, MAX_BACKOFF_S))
        left = result.visit.budget.seconds - result.visit.spent.seconds
        if claim.attempts + 1 >= MAX_ATTEMPTS or wait > left:
            return None
        return Retry(result.visit, claim, at + timedelta(seconds=wait), outcome, detail)

    def _plain(self, result: Result, fetched: Fetched, state: str, outcome: str, detail: str = "") -> Answer:
        """An answer that is kept but not read."""
        digest = sha256(fetched.body).hexdigest()
        return self._answer(result, fetched, digest, state=state, outcome=outcome, detail=detail)

    def _unchanged(self, result: Result, fetched: Fetched) -> Answer:
        previous = result.claim.previous
        digest = previous.sha256 if previous else ""
        kind = previous.kind if previous else "other"
        return self._answer(result, fetched, digest, outcome="unchanged", unchanged=True, kind=kind, place=None)

    def _redirected(self, result: Result, fetched: Fetched) -> Answer:
        claim, visit = result.claim, result.visit
        target = canonical_or_none(urljoin(claim.url, fetched.header(b"location")))
        if target is None:
            return self._plain(result, fetched, "failed", "redirect-broken", fetched.header(b"location"))
        if not visit.site.holds(target):
            refusal = self._refusal(target)
            outcome = "egress" if refusal else "off-site"
            return self._plain(result, fetched, "refused", outcome, f"redirect to {target}; {refusal}".rstrip("; "))
        digest = sha256(fetched.body).hexdigest()
        links: tuple[NewLink, ...] = (visit.link(target, claim.kind, claim.depth),)
        return self._answer(result, fetched, digest, outcome="redirect", detail=target, final_url=target, links=links)

    def _refusal(self, target: str) -> str:
        """Why an address elsewhere would be refused, where that can be said without asking a name server."""
        parts = urlsplit(target)
        try:
            host = normal_host(parts.hostname or "")
        except EgressRefusedError as error:
            return error.message
        if literal(host) is None:
            return ""
        verdict = self._policy.decide(host, parts.port or DEFAULT_PORTS[parts.scheme], [host])
        return verdict.message if isinstance(verdict, Refusal) else ""

    def _page(self, result: Result, fetched: Fetched, at: datetime) -> Answer | Retry:
        claim, visit = result.claim, result.visit
        digest, facts = result.digest, result.said
        if claim.previous is not None and claim.previous.sha256 == digest:
            return self._unchanged(result, fetched)
        if fetched.mime not in READABLE:
            return self._answer(result, fetched, digest, outcome="not-a-page", detail=fetched.mime)
        if facts is None:
            raise ValueError("expected a page that was read, got one that was not")
        notes = ("truncated",) if fetched.truncated else ()
        if isinstance(facts, Unreadable):
            # A page nobody understands is kept and set aside, not lost.
            notes = (*notes, "unreadable")
            return self._answer(result, fetched, digest, outcome="unreadable", detail=facts.detail, notes=notes)
        if facts.needs_browser and claim.via == "http":
            return Retry(visit, claim, at, "needs-browser", via="browser")
        if facts.kind == "empty" and claim.via == "browser":
            # Its scripts may have been slow; a page that stays empty is kept as such.
            again = self._again(result, "empty", "", at, 0.0)
            if again is not None:
                return again
        visit.note(claim.url, facts)
        return self._answer(
            result,
            fetched,
            digest,
            outcome=facts.kind if facts.kind in WALLS else "ok",
            kind=facts.kind,
            notes=(*notes, *facts.notes),
            facts=facts,
            links=visit.links_of(facts, claim),
        )

    def _answer(self, result: Result, fetched: Fetched, digest: str, **values: object) -> Answer:
        place = values.pop("place", False)
        if place is False:
            place = self._keep(result.claim.url, fetched, digest)
        return Answer(
            claim=result.claim,
            at=fetched.at,
            status=fetched.status,
            mime=fetched.mime,
            elapsed_ms=fetched.elapsed_ms,
            body_sha256=digest,
            body_size=len(fetched.body),
            place=place if isinstance(place, Place) else None,
            remote_address=fetched.address,
            etag=fetched.header(b"etag"),
            last_modified=fetched.header(b"last-modified"),
            **{"final_url": fetched.final_url, **values},  # type: ignore[arg-type]
        )

    def _keep(self, url: str, fetched: Fetched, digest: str) -> Place:
        return self._archive.append(
            Exchange(
                url, fetched.at, fetched.request, fetched.status, fetched.headers, fetched.body, digest,
                fetched.address, fetched.rendered,
            )
        )  # fmt: skip
