"""JSON forms of badges."""

from pydantic import Field

from api.schemas.base import In


class BadgeCheckIn(In):
    """A token or a number, and the address of the page that shows it."""

    badge: str = Field(min_length=1, max_length=8_000)
    shown_on: str = Field(default="", max_length=2_000)
