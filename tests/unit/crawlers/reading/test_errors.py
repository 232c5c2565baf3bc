"""Errors of reading have stable codes."""

from crawlers.reading.errors import LocatorError, PlatformFileError


def test_codes_are_stable() -> None:
    """Codes are what machines look at."""
    assert (LocatorError.code, PlatformFileError.code) == ("crawlers.locator", "crawlers.platform_file")
