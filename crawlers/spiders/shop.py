"""The spider: visits of shops out of the frontier, without Scrapy's scheduler.

Scrapy gives the downloader, the middlewares, TLS and the event loop; what is fetched when is
decided by the frontier in the database, which survives a crash.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Spider

from crawlers.archive import Archive
from crawlers.egress.policy import Policy
from crawlers.lease import new_owner
from crawlers.spiders.clerk import Clerk, Post
from crawlers.spiders.courtesy import Gates
from crawlers.spiders.crawl import Crawl, Means, Pace
from crawlers.spiders.fetch import Fetcher
from crawlers.spiders.permission import Permissions, RobotsResult
from crawlers.spiders.reading import Reader
from crawlers.spiders.reading_room import ReadingRoom
from crawlers.spiders.render import Renderer
from crawlers.spiders.setting_out import recorded_rules, set_out
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database

SOFTWARE = "Wangjian crawlers"
RENDER_GRACE_S = 15.0


class ShopSpider(Spider):
    """Crawls the visits it is given until they are drained.

    Args:
        job_id: the job that shows progress and may be cancelled.
        visits: visit ids, ``1,2,3``.
        lease_seconds: length of a lease on an address.
    """

    name = "shop"

    def __init__(self, job_id: str = "", visits: str = "", lease_seconds: str = "60", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.visit_ids = tuple(int(part) for part in visits.split(",") if part.strip())
        self.lease_s = float(lease_seconds)
        self.failure: Exception | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Run the crawl; nothing is given to Scrapy's own scheduler."""
        try:
            await self._crawl()
        except Exception as error:  # noqa: BLE001 - kept for the exit status; Scrapy would only log it
            self.failure = error
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item

    async def _crawl(self) -> None:
        config: Settings = self.settings["WANGJIAN"]
        database = Database(config.sqlalchemy_url())
        robots: list[RobotsResult] = []
        gates = Gates(config.host_concurrency, config.host_delay_s)
        fetcher = Fetcher(self.crawler)
        permissions = Permissions(fetcher, gates, config.user_agent, robots.append)
        with database.write() as session:
            visits = set_out(session, self.visit_ids)
        with database.read() as session:
            rules = recorded_rules(session, [visit.id for visit in visits], config.pages_path(), config.user_agent)
        for visit in visits:
            for site, known in rules.get(visit.id, {}).items():
                visit.robots[site] = known.as_json()
                permissions.know(site, known)
        archive = Archive(config.pages_path(), at=now(), software=SOFTWARE)
        reader = Reader(archive, Policy.from_settings(config))
        post = Post(new_owner(), self.lease_s, self.job_id, self.visit_ids)
        room = ReadingRoom()
        renderer = Renderer(config.capture_timeout_s + RENDER_GRACE_S)
        crawl = Crawl(
            visits,
            Clerk(database, archive, reader, post),
            Means(fetcher, renderer, room, gates, permissions),
            Pace(2 * config.host_concurrency, 32 + 8 * config.host_concurrency),
            robots,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, crawl.stop)
        try:
            await room.start()
            await crawl.run()
        finally:
            await room.close()
            archive.close()
            database.close()
