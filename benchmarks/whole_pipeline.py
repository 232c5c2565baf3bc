"""Our whole crawl pipeline over the benchmark's pages, once. Prints how it went as JSON.

``python -m benchmarks.whole_pipeline PORT PAGES CONCURRENT FOLDER``: run by ``benchmarks.crawl``.

It is stage watch as a worker runs it: ``crawlers.run`` as a process (fetch, SHA-256, WARC, fields with their
places, database rows), and beside it the rules over every page and the search index.
"""

import json
import os
import resource
import sys
from pathlib import Path

from sqlalchemy import func, select

from kernel.clock import monotonic, now
from kernel.config import settings
from kernel.free_memory import settle
from kernel.models import FactVersion, Listing, Page
from kernel.private_redis import PrivateRedis
from pipeline.job_run import JobRun
from pipeline.schedule import plan_watch
from pipeline.shop_list import ShopRow, add_shops
from pipeline.stage_watch import watch
from pipeline.warmth import warm_up
from pipeline.wiring import open_database


def main() -> None:
    """One run in a fresh folder."""
    port, pages, concurrent = (int(word) for word in sys.argv[1:4])
    os.environ.update(
        WANGJIAN_DATA_DIR=str(Path(sys.argv[4])),
        WANGJIAN_EGRESS_ALLOW=f"127.0.0.1:{port}",
        WANGJIAN_HOST_DELAY_S="0",
        WANGJIAN_HOST_CONCURRENCY=str(concurrent),
        WANGJIAN_VISIT_MAX_PAGES=str(pages * 2),
    )
    config = settings()
    database = open_database(config)
    with database.write() as session:
        ids = add_shops(session, [ShopRow(url=f"http://127.0.0.1:{port}/p/0")], actor="benchmark", at=now())
        job_id = plan_watch(session, shop_ids=ids, created_by="benchmark", at=now())
    run = JobRun.take(database, job_id, now)
    if run is None:
        raise SystemExit("expected a job to run, got none")
    # As the process does that workers are forked from.
    warm_up()
    settle()
    result = watch(run, config)
    ended = monotonic()
    with database.read() as session:
        asked = select(func.count(Page.id)).where(Page.body_size > 0, Page.status == 200)
        told = {
            "ended": ended,
            "pages": session.execute(asked).scalar_one(),
            "unjudged": session.execute(select(func.count(Page.id)).where(Page.judged_at.is_(None))).scalar_one(),
            "listings": session.execute(select(func.count(Listing.id))).scalar_one(),
            "facts": session.execute(select(func.count(FactVersion.id))).scalar_one(),
            "hits": result["hits"],
            "not_taken": result["not_taken"],
        }
    database.close()
    PrivateRedis(config.data_dir).stop()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({**told, "cpu": sum(one.ru_utime + one.ru_stime for one in used)}))


if __name__ == "__main__":
    main()
