"""What can go wrong when a page is read on purpose (extraction itself never raises)."""

from kernel.errors import WangjianError


class LocatorError(WangjianError):
    """A locator has no known form, or there is nothing at the place it names."""

    code = "crawlers.locator"


class PlatformFileError(WangjianError):
    """A ``platform.yml`` does not have the form it should have."""

    code = "crawlers.platform_file"
