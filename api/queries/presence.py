"""One thing by its number, for somebody who may see it; what there is not and what is hidden answer alike."""

from typing import TypeVar

from api.errors import NotFoundError

Thing = TypeVar("Thing")


def require(thing: Thing | None, noun: str, place: str = "") -> Thing:
    """The thing that a query gave, which asks for what the reader may see only.

    Args:
        noun: in English, with its article. place: the list it is opened from, in Chinese.

    Raises:
        NotFoundError: there is none, or not for this reader; which of the two is not told.
    """
    if thing is None:
        hint = f"从{place}重新打开。" if place else ""
        raise NotFoundError(f"expected {noun} with this number, got none", hint=hint)
    return thing
