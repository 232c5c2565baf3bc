"""Errors of watching."""

from kernel.errors import WangjianError


class CrawlError(WangjianError):
    """Watching cannot go on."""

    code = "crawl.error"


class AddressError(CrawlError):
    """An address that cannot be watched."""

    code = "crawl.address"


class ArchiveError(CrawlError):
    """The page archive cannot be written, or a record is not what the row says."""

    code = "crawl.archive"


class BudgetError(CrawlError):
    """Budgets that cannot be used."""

    code = "crawl.budget"


class PageReaderError(CrawlError):
    """The process that reads pages does not come up."""

    code = "crawl.page_reader"


class BrowserMissingError(CrawlError):
    """Pages need a browser and there is none."""

    code = "crawl.browser_missing"


class BrowserFailedError(CrawlError):
    """The browser did not render one page."""

    code = "crawl.browser_failed"
