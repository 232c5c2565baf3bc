"""Stage index: the outbox into the search engine; and a whole new index when asked."""

import logging

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.errors import WangjianError
from pipeline.job_run import JobRun
from pipeline.wiring import open_engine
from search.engine import Engine
from search.indexer import drain
from search.indexer import rebuild as rebuild_index

logger = logging.getLogger(__name__)

BATCH = 500


def drain_all(database: Database, engine: Engine) -> int:
    """Index everything that waits.

    An engine that is down loses nothing: the outbox keeps its rows and the next call goes on.

    Returns:
        how many documents were indexed; 0 also when the engine does not answer (that is logged).
    """
    total = 0
    try:
        while (result := drain(database, engine, limit=BATCH, at=now())).taken:
            total += result.indexed
    except WangjianError as error:
        logger.warning("the search index is behind: %s (%s)", error.message, error.code)
    return total


def rebuild(run: JobRun, config: Settings) -> dict[str, object]:
    """Make the index anew behind its alias while the old one goes on answering."""
    engine = open_engine(config)
    try:
        result = rebuild_index(
            run.database, engine, progress=lambda done, total: run.report(stage="index", done=done, total=total)
        )
        return {"indexed": result.fed, "removed": result.removed, "generation": result.generation}
    finally:
        engine.close()
