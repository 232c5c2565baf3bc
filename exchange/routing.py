"""The way of a message: who hosts its receiver, and who is the next to be handed it.

An organisation without an installation of its own is hosted by the nearest one above it that has one.
"""

from exchange.errors import RecipientError
from exchange.organisation import ancestors
from exchange.peers import Book


def host_of(receiver: str, own: str, book: Book) -> str:
    """The installation that works for an organisation: ``own``, a peer's code, or empty where none is known."""
    for code in (receiver, *ancestors(receiver)):
        if code == own or code in book:
            return code
    return ""


def next_hop(receiver: str, own: str, book: Book) -> str:
    """Whom to hand a message to: ``own`` where its receiver is hosted here, else a peer's code.

    A host without an address of its own is reached through the nearest one above it that has one, and what is
    outside our part of the tree goes up.

    Raises:
        RecipientError: there is no way.
    """
    host = host_of(receiver, own, book)
    if host == own:
        return own
    for code in (host, *ancestors(host or receiver), *ancestors(own)):
        if code and code != own and code in book and book[code].url and book[code].state == "active":
            return code
    raise RecipientError(
        f"expected a way to {receiver[:20]}, got none from {own}",
        hint="Enter the card of the receiver, or of the organisation above: wangjian exchange peer-add CARD.",
    )
