"""The Scrapy project: tuned, honest, closed."""

from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader


def test_the_project_as_scrapy_reads_it() -> None:
    """One spider; our handler is the only way out; no cookies, retries, redirects, files."""
    project = Settings()
    project.setmodule("crawlers.settings", priority="project")
    assert get_spider_loader(project).list() == ["shop"]
    assert not project.getbool("TWISTED_REACTOR_ENABLED")
    assert {project["DOWNLOAD_HANDLERS"][scheme] for scheme in ("http", "https")} == {
        "crawlers.egress.download.PinnedDownloadHandler"
    }
    assert {project["DOWNLOAD_HANDLERS"][scheme] for scheme in ("file", "ftp", "s3", "data")} == {None}
    assert project.getint("CONCURRENT_ITEMS") == 4
    assert "contact" in project["USER_AGENT"]
    assert not any(project.getbool(name) for name in ("COOKIES_ENABLED", "RETRY_ENABLED", "REDIRECT_ENABLED"))
    assert project.getint("DOWNLOAD_MAXSIZE") > 0
