"""Descriptions of platforms."""

import pytest

from crawlers.reading.errors import PlatformFileError
from crawlers.reading.platform import PLATFORMS, Platform, platform_of


@pytest.mark.parametrize("name", sorted(path.parent.name for path in PLATFORMS.glob("*/platform.yml")))
def test_every_description_is_understood(name: str) -> None:
    """Each file has the form, and is named for its folder."""
    assert platform_of(name).name == name


def test_every_folder_has_a_description() -> None:
    """No adapter without a description."""
    folders = {path.parent.name for path in PLATFORMS.glob("*/extract.py")}
    assert folders == {path.parent.name for path in PLATFORMS.glob("*/platform.yml")}


def test_unknown_platform_is_refused() -> None:
    """Nothing is made up."""
    with pytest.raises(PlatformFileError):
        platform_of("never_heard_of")


@pytest.mark.parametrize(
    "extra", [{"pages": {"detail": ["("]}}, {"name": "A B"}, {"surprise": 1}, {"politeness": {"concurrency": 0}}]
)
def test_wrong_forms_are_refused(extra: dict[str, object]) -> None:
    """Bad patterns, names and unknown keys."""
    with pytest.raises(ValueError, match=r"validation error"):
        Platform.model_validate({"name": "x", "title": "某", **extra})
