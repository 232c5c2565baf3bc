"""The spider's arguments."""

import asyncio

from crawlers.spiders.shop import ShopSpider


def test_arguments_as_text() -> None:
    """Ids and seconds come as text from the command line."""
    spider = ShopSpider(job_id="job-1", visits="1,2", lease_seconds="5")
    assert (spider.visit_ids, spider.lease_s, spider.failure) == ((1, 2), 5.0, None)


def test_what_goes_wrong_is_kept_for_the_exit_status() -> None:
    """Without a crawler there are no settings: the error is kept, nothing is given to Scrapy's scheduler."""

    async def scene() -> tuple[list[object], Exception | None]:
        spider = ShopSpider(visits="1")
        return [item async for item in spider.start()], spider.failure

    items, failure = asyncio.run(scene())
    assert items == []
    assert isinstance(failure, AttributeError)
