"""The Scrapy spider and what drives it. Never imported from outside the crawl process."""
