"""The clerk: reads results, keeps bytes, and commits them in groups. Works in one thread, off the event loop.

One transaction does everything that is due: pages with their facts and links, addresses that go
back, new claims, visits that end, progress. That is one disk flush for many pages.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from crawlers.archive import Archive
from crawlers.frontier import Claim, claim, close_visit_if_drained, refuse, retry_later, stop_visit
from crawlers.lease import release, renew
from crawlers.progress import report
from crawlers.record import Answer, record_pages, record_robots
from crawlers.spiders.permission import RobotsResult
from crawlers.spiders.reading import Reader, Result, Retry
from crawlers.spiders.visiting import Visiting
from kernel.clock import now
from kernel.db import Database
from kernel.models import Visit

logger = logging.getLogger("wangjian.crawl")


@dataclass(frozen=True, slots=True)
class Hunger:
    """A visit that wants claims. ``idle``: nothing of it is queued or in work outside this batch."""

    visit: Visiting
    limit: int
    idle: bool


@dataclass(slots=True)
class Desk:
    """What came of one turn.

    Attributes:
        claims: new claims by visit id. closed: visits that ended. cancelled: a person asked to stop.
    """

    claims: dict[int, list[Claim]] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """Who works: lease owner and length, job, all its visits."""

    owner: str
    lease_s: float
    job_id: str
    visit_ids: tuple[int, ...]


class Clerk:
    """Reads and records. All methods run in one thread at a time.

    Effects: the database and the archive, nothing else.
    """

    def __init__(self, database: Database, archive: Archive, reader: Reader, post: Post) -> None:
        self._database = database
        self._archive = archive
        self._reader = reader
        self._post = post

    def turn(
        self,
        results: Sequence[Result],
        robots: Sequence[RobotsResult],
        hungry: Sequence[Hunger],
        *,
        due: Sequence[Visiting] = (),
    ) -> Desk:
        """One turn: read the results, then commit everything in one transaction.

        Args:
            results: from the workers. robots: robots.txt answers. hungry: visits that want claims.
            due: running visits, when the second's housekeeping is due (leases, progress), else empty.

        Raises:
            ArchiveError: the disk is full. DatabaseUnavailableError: the database is gone. Either
                way nothing of this turn is recorded, and all of it is fetched again.
        """
        at = now()
        read = [self._reader.read(result, at) for result in results]
        answers = [item for item in read if isinstance(item, Answer)]
        retries = [item for item in read if isinstance(item, Retry)]
        rules = [self._reader.robots(result, at) for result in robots]
        self._archive.sync()
        desk = Desk()
        with self._database.write() as session:
            for answer in rules:
                record_robots(session, answer)
            record_pages(session, answers, owner=self._post.owner)
            self._give_back(session, retries)
            for hunger in hungry:
                self._feed(session, hunger, desk, at)
            if due:
                self._housekeep(session, due, desk, at)
        self._log(answers, retries)
        return desk

    def _give_back(self, session: Session, retries: Sequence[Retry]) -> None:
        groups: dict[tuple[datetime, str, str, str], list[int]] = defaultdict(list)
        for item in retries:
            groups[item.not_before, item.outcome, item.detail, item.via].append(item.claim.id)
        for (not_before, outcome, detail, via), ids in groups.items():
            retry_later(session, ids=ids, not_before=not_before, outcome=outcome, detail=detail, via=via)

    def _feed(self, session: Session, hunger: Hunger, desk: Desk, at: datetime) -> None:
        visit = hunger.visit
        if visit.stopped:
            if hunger.idle:
                refuse(session, visit_id=visit.id, outcome=visit.stopped, owner=self._post.owner)
                self._close(session, visit, desk, at)
            return
        claims = claim(
            session,
            visit_ids=(visit.id,),
            owner=self._post.owner,
            limit=hunger.limit,
            lease_s=self._post.lease_s,
            at=at,
        )
        if claims:
            desk.claims[visit.id] = claims
        elif hunger.idle:
            self._close(session, visit, desk, at)

    def _close(self, session: Session, visit: Visiting, desk: Desk, at: datetime) -> None:
        self._spent(session, visit)
        reason = visit.stopped or "finished"
        if close_visit_if_drained(session, visit_id=visit.id, reason=reason, at=at):
            desk.closed.append(visit.id)

    def _spent(self, session: Session, visit: Visiting) -> None:
        budget = {**visit.budget.as_json(), "used_seconds": round(visit.spent.seconds, 3)}
        session.execute(
            update(Visit).where(Visit.id == visit.id).values(budget=budget),
            execution_options={"synchronize_session": False},
        )

    def _housekeep(self, session: Session, due: Sequence[Visiting], desk: Desk, at: datetime) -> None:
        post = self._post
        renew(session, owner=post.owner, lease_s=post.lease_s, at=at)
        for visit in due:
            self._spent(session, visit)
        desk.cancelled = report(session, job_id=post.job_id, visit_ids=post.visit_ids, at=at)

    def leave(self, open_visits: Sequence[Visiting], *, cancelled: bool) -> None:
        """The last act: give back leases; end the visits where a person cancelled."""
        at = now()
        post = self._post
        with self._database.write() as session:
            for visit in open_visits:
                self._spent(session, visit)
                if cancelled:
                    stop_visit(session, visit_id=visit.id, owner=post.owner, reason="cancelled", at=at)
            release(session, owner=post.owner)
            report(session, job_id=post.job_id, visit_ids=post.visit_ids, at=at)
        self._archive.close()

    def _log(self, answers: Sequence[Answer], retries: Sequence[Retry]) -> None:
        for answer in answers:
            if answer.outcome not in {"ok", "unchanged"}:
                logger.info(
                    "%s %s %s", answer.outcome, answer.claim.url, answer.detail,
                    extra={"visit": answer.claim.visit_id, "outcome": answer.outcome, "url": answer.claim.url},
                )  # fmt: skip
        for item in retries:
            logger.info(
                "again %s %s", item.outcome, item.claim.url,
                extra={"visit": item.claim.visit_id, "outcome": item.outcome, "url": item.claim.url},
            )  # fmt: skip
