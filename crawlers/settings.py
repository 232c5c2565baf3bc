"""Settings of the Scrapy project. What a person sets is in ``kernel.config``; this maps it to Scrapy.

Tuned as measured: few item workers, no middleware that is not used, no cookies, no job folder
(the frontier is in the database), uvloop.
"""

from kernel.config import settings as product_settings

WANGJIAN = product_settings()

BOT_NAME = "wangjian"
SPIDER_MODULES = ["crawlers.spiders"]
USER_AGENT = WANGJIAN.user_agent
ROBOTSTXT_OBEY = False  # obeyed by crawlers.spiders.courtesy, which also records it

TWISTED_REACTOR_ENABLED = False  # asyncio alone; nothing can connect past our handler
ASYNCIO_EVENT_LOOP = "uvloop.Loop"
DOWNLOAD_HANDLERS = {
    "http": "crawlers.egress.download.PinnedDownloadHandler",
    "https": "crawlers.egress.download.PinnedDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_MAXSIZE = WANGJIAN.page_max_bytes
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = WANGJIAN.page_timeout_s
DOWNLOAD_DELAY = 0  # the host gate spaces requests, over all visits to a host
DOWNLOAD_DELAY_JITTER = 0
CONCURRENT_ITEMS = 4
CONCURRENT_REQUESTS = 0
CONCURRENT_REQUESTS_PER_DOMAIN = WANGJIAN.host_concurrency

DOWNLOADER_MIDDLEWARES_BASE = {
    "crawlers.middlewares.clearance.ClearanceMiddleware": 100,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
COOKIES_ENABLED = False
RETRY_ENABLED = False
REDIRECT_ENABLED = False
TELNETCONSOLE_ENABLED = False
LOG_ENABLED = False
LOG_INSTALL_ROOT_HANDLER = False
LOG_FORMATTER = "crawlers.spiders.quiet.QuietFormatter"
STATS_DUMP = False
