"""Stage watch: the main job. Visit shops, judge what they say, index it, order captures.

The crawler is a process of its own; while it runs, its pages are judged and indexed as they come,
and captures are handed to other workers in batches. Killed anywhere, the next run of the same job
goes on: visits, pages, hits and orders all have natural keys.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from crawlers import frontier
from crawlers.budget import Budget
from crawlers.progress import counters
from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import QueueUnavailableError
from kernel.free_memory import seldom_collected
from kernel.jobs import Queue
from kernel.models import Evidence, FrontierEntry, Listing, RuleHit, Shop, Visit
from pipeline.errors import ProcessError
from pipeline.job_run import JobRun
from pipeline.orders import order_for_hits
from pipeline.process import Child
from pipeline.schedule import VISIT_EVERY, plan_captures
from pipeline.stage_index import drain_all
from pipeline.stage_judge import BATCH, judge_new
from pipeline.wiring import open_engine
from search.engine import Engine
from supervision.rules.rule_catalogue import Catalogue, load_catalogue

logger = logging.getLogger(__name__)

CRAWLER_RESTARTS = 3
SHOWN_SHOPS = 20
PAUSE_SECONDS = 0.5
INDEX_SECONDS = 1.0
"""While pages come, the index is brought up to date this often: a commit of it costs as much as many pages."""


@dataclass
class _Watch:
    """What one run of the stage holds in its hands."""

    run: JobRun
    config: Settings
    shop_ids: list[int]
    visit_ids: list[int]
    catalogue: Catalogue
    engine: Engine
    queue: Queue
    judged: int = 0
    hits: int = 0
    indexed: int = 0
    indexed_at: float = 0.0
    capture_jobs: int = 0

    @property
    def database(self) -> Database:
        return self.run.database


def watch(run: JobRun, config: Settings) -> dict[str, object]:
    """Visit the shops of ``params["shop_ids"]`` and do all that follows.

    Returns:
        the summary: shops, pages, listings, changes, hits by rule, evidence ordered, jobs made.

    Raises:
        CancelledError: a person stopped it; the visits are marked stopped.
        ProcessError: the crawler ended in error again and again.
    """
    shop_ids = [int(str(value)) for value in _list(run.params.get("shop_ids"))]
    work = _Watch(
        run=run,
        config=config,
        shop_ids=shop_ids,
        visit_ids=_open_visits(run, config, shop_ids),
        catalogue=load_catalogue(),
        engine=open_engine(config),
        queue=Queue(config),
    )
    try:
        with seldom_collected():
            _crawl(work)
        while _follow(work, final=True) >= BATCH:
            pass
        _plan_next(work)
    finally:
        work.engine.close()
    return _summary(work)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _open_visits(run: JobRun, config: Settings, shop_ids: Sequence[int]) -> list[int]:
    budget = Budget.from_settings(config)
    with run.database.write() as session:
        shops = session.execute(select(Shop).where(Shop.id.in_(shop_ids)).order_by(Shop.id)).scalars().all()
        return [frontier.open_visit(session, shop=shop, job_id=run.id, budget=budget, at=now()).id for shop in shops]


def _crawl(work: _Watch) -> None:
    arguments = ["--job", work.run.id, "--visits", ",".join(map(str, work.visit_ids))]
    log = work.config.data_dir / "log" / "crawler.log"
    for attempt in range(CRAWLER_RESTARTS + 1):
        child = Child("crawlers.run", arguments, log=log)
        pause = PAUSE_SECONDS
        work.catalogue.in_force(now())  # builds the automaton while the crawler starts
        try:
            while not child.ended_within(pause):
                judged = _follow(work, final=False)
                pause = 0.0 if judged >= BATCH else PAUSE_SECONDS / 2 if judged >= BATCH / 2 else PAUSE_SECONDS
        finally:
            child.stop()
        if child.code() == 0:
            work.run.report()
            return
        work.run.report(crawler_restarts=attempt + 1)
    raise ProcessError(
        f"expected the crawler to end well, got exit status {child.code()}: {child.tail()}", hint=f"Read {log}."
    )


def _follow(work: _Watch, *, final: bool) -> int:
    """Judge, index and order what has come in; how many pages were judged, ``BATCH`` at most."""
    judged, hits = judge_new(work.database, work.catalogue, job_id=work.run.id)
    work.judged += judged
    work.hits += hits
    if (final and judged < BATCH) or monotonic() - work.indexed_at >= INDEX_SECONDS:
        work.indexed += drain_all(work.database, work.engine)
        work.indexed_at = monotonic()
    with work.database.write() as session:
        order_for_hits(session, shop_ids=work.shop_ids, at=now())
        jobs = plan_captures(session, created_by=work.run.created_by, at=now())
    _hand_over(work, jobs)
    work.capture_jobs += len(jobs)
    work.run.report(
        stage="follow" if final else "crawl",
        judged=work.judged,
        hits=work.hits,
        indexed=work.indexed,
        capture_jobs=work.capture_jobs,
    )
    return judged


def _hand_over(work: _Watch, jobs: Sequence[str]) -> None:
    """Put jobs in the queue; without Redis they stay in the database, and the keeper puts them in."""
    try:
        for job_id in jobs:
            work.queue.enqueue(job_id)
    except QueueUnavailableError as error:
        logger.warning("the queue does not answer, captures wait: %s (%s)", error.message, error.code)


def _plan_next(work: _Watch) -> None:
    """Say when each shop is due again. Effects: table ``shop``."""
    with work.database.write() as session:
        due = now() + VISIT_EVERY
        session.execute(update(Shop).where(Shop.id.in_(work.shop_ids)).values(next_visit_at=due))


def _counts(session: Session, query: Select[str, int]) -> dict[str, int]:
    return {name: number for name, number in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def _not_visited(session: Session, visit_ids: Sequence[int]) -> list[dict[str, str]]:
    """Shops whose home page could not be taken, and why; the first twenty."""
    query = (
        select(Shop.url, FrontierEntry.outcome, FrontierEntry.detail)
        .join(Visit, Visit.id == FrontierEntry.visit_id)
        .join(Shop, Shop.id == Visit.shop_id)
        .where(
            FrontierEntry.visit_id.in_(visit_ids),
            FrontierEntry.url == Shop.url,
            FrontierEntry.state.in_(("failed", "refused")),
        )
        .order_by(Shop.id)
        .limit(SHOWN_SHOPS)
    )
    return [{"url": url, "outcome": outcome, "detail": detail} for url, outcome, detail in session.execute(query)]


def _summary(work: _Watch) -> dict[str, object]:
    with work.database.read() as session:

        def count(column: object, *conditions: object) -> int:
            return int(session.execute(select(func.count(column)).where(*conditions)).scalar_one())  # type: ignore[arg-type]

        taken = counters(session, work.visit_ids)  # as the progress counted them
        by_rule = select(RuleHit.rule_id, func.count()).where(
            RuleHit.shop_id.in_(work.shop_ids), RuleHit.state != "gone"
        )
        failed = FrontierEntry.visit_id.in_(work.visit_ids) & FrontierEntry.state.in_(("failed", "refused"))
        outcomes = select(FrontierEntry.outcome, func.count()).where(failed).group_by(FrontierEntry.outcome)
        since = (
            session.execute(select(func.min(Visit.started_at)).where(Visit.id.in_(work.visit_ids))).scalar() or now()
        )
        changed = (Listing.updated_at >= since, Listing.first_seen_at < since)
        in_shops = Listing.shop_id.in_(work.shop_ids)
        return {
            "shops": len(work.visit_ids),
            "pages": taken["pages"],
            "unchanged": taken["unchanged"],
            "listings": count(Listing.id, in_shops, Listing.state == "on"),
            "new_listings": count(Listing.id, in_shops, Listing.first_seen_at >= since),
            "changed_listings": count(Listing.id, in_shops, *changed),
            "gone_listings": count(Listing.id, in_shops, Listing.state == "gone"),
            "hits": _counts(session, by_rule.group_by(RuleHit.rule_id)),
            "new_hits": work.hits,
            "not_taken": _counts(session, outcomes),
            "not_visited": _not_visited(session, work.visit_ids),
            "evidence_ordered": count(Evidence.id, Evidence.shop_id.in_(work.shop_ids)),
        }
