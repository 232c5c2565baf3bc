"""``platform.yml``: what a platform is called, where it lives, how its pages are told apart and read."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from crawlers.reading.errors import PlatformFileError

PLATFORMS = Path(__file__).resolve().parent.parent / "platforms"
FILE_NAME = "platform.yml"
Kind = Literal["home", "list", "detail", "licence", "rules", "login"]


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {text!r}: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_is_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Politeness(_Part):
    """How gently the platform is asked.

    Attributes:
        delay_s: least seconds between two requests to one host.
        concurrency: requests in flight to one host.
    """

    delay_s: float = Field(default=1.0, ge=0)
    concurrency: int = Field(default=1, ge=1)


class CardSelectors(_Part):
    """Cards of list and home pages; ``title`` and ``price`` are looked for inside a card."""

    card: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    price: tuple[str, ...] = ()


class Selectors(_Part):
    """CSS selectors; of several, the first that finds something is used.

    Attributes:
        fields: field of ``kernel.facts`` → selectors; every element found is one value.
        prices: kind of price → selectors.
        cards: cards of list pages.
    """

    fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    prices: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cards: CardSelectors = CardSelectors()


class Platform(_Part):
    """One platform, as its file says.

    Attributes:
        name: folder name, used as ``Shop.platform``. title: name for people, zh-CN.
        hosts: host names of the platform; empty for generic.
        pages: kind of page → regular expressions over path and query.
        selectors: where values stand. politeness: how gently it is asked.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    title: str
    hosts: tuple[str, ...] = ()
    pages: dict[Kind, tuple[Pattern, ...]] = Field(default_factory=dict)
    selectors: Selectors = Selectors()
    politeness: Politeness = Politeness()


@lru_cache(maxsize=64)
def platform_of(name: str) -> Platform:
    """The description of a platform.

    Args:
        name: name of a folder in ``crawlers/platforms``.

    Raises:
        PlatformFileError: there is no such file, or it has another form.

    Effects:
        Reads ``crawlers/platforms/<name>/platform.yml`` once a process.
    """
    path = PLATFORMS / name / FILE_NAME
    try:
        return Platform.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise PlatformFileError(
            f"expected a platform description at {path}, got: {error}",
            hint="See crawlers/platforms/generic/platform.yml for the form.",
        ) from error
