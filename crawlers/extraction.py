"""Page bytes in, facts out: the one door to all platform adapters."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from crawlers import platforms
from kernel.facts import PageFacts

GENERIC = "generic"

Extractor = Callable[..., PageFacts]


def _load() -> dict[str, Extractor]:
    """Every platform folder's ``extract`` function, by the folder's name."""
    names = [module.name for module in iter_modules(platforms.__path__) if module.ispkg]
    return {name: import_module(f"crawlers.platforms.{name}.extract").extract for name in names}


EXTRACTORS = _load()


def extract(body: bytes, *, url: str, content_type: str = "", platform: str = GENERIC) -> PageFacts:
    """Draw all facts from one page. Pure: the same bytes give the same facts, today and in ten years.

    Args:
        body: the page as received or as rendered, any bytes; hostile ones give few facts, never an error.
        url: absolute URL of the page, after redirects.
        content_type: value of the Content-Type header; may be empty.
        platform: name of a folder in ``crawlers/platforms``; an unknown one is read as generic.

    Returns:
        What the page is, its listings, the shop's facts and its links, each fact with its place.
    """
    return EXTRACTORS.get(platform, EXTRACTORS[GENERIC])(body, url=url, content_type=content_type)
