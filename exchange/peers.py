"""Those we exchange with: who they are, by which keys they are known, and which suite was agreed.

Peers are entered by a person from a card that came by another way (paper, a sealed medium), never learned
from a message; a peer that is known tells its next key under its present one (:mod:`exchange.key_change`). The
agreed suite changes to a lower one only when a person says so, with a reason.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.errors import DowngradeError, ForgedError, PeerError, SealError, SuiteError, UnsignedError
from exchange.keys import NodeKeys
from exchange.organisation import check_code
from exchange.suite import PREFERENCE, suite
from kernel import audit
from kernel.clock import iso
from kernel.models import Peer
from kernel.prepared import Prepared
from kernel.rows import table_of

Card = Mapping[str, str]
ACCOUNTS = frozenset({"RECEIPT", "RECON", "KEYS"})
"""Types by which the exchange keeps its own accounts: they go with every other."""


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A peer as it stood when the book was opened.

    Attributes:
        suites: accepted ones; the first is the one we use. keys: its public keys. scopes: as in the table.
    """

    code: str
    name: str
    url: str
    state: str
    kind: str
    suites: tuple[str, ...]
    keys: tuple[Card, ...]
    scopes: Mapping[str, Any]
    open_until: datetime | None

    @property
    def suite(self) -> str:
        """The agreed suite."""
        return self.suites[0]

    def card(self, kid: str, name: str, use: str) -> Card:
        """The key of that number.

        Raises:
            ForgedError: none of this peer's, or for something else.
        """
        for card in self.keys:
            if (card["kid"], card["suite"], card["use"]) == (kid, name, use):
                return card
        raise ForgedError(f"expected a key of {self.code}, got the number {kid[:32]!r} that is none of its keys")

    def sealing_card(self) -> Card:
        """The newest key to seal personal fields with. Raises: SealError."""
        found = [card for card in self.keys if (card["suite"], card["use"]) == (self.suite, "seal")]
        live = [card for card in found if not card.get("until")]
        if not live:
            raise SealError(f"expected a sealing key of {self.code}, got none", hint="Ask the peer for its new card.")
        return live[-1]

    def may(self, way: str, kind: str) -> bool:
        """True when it may send (``in``) or get (``out``) this type."""
        listed = self.scopes.get(way)
        return not listed or kind in listed or kind in ACCOUNTS


Book = Mapping[str, KnownPeer]
_PEERS = table_of(Peer)
_WORDS = ("code", "name", "url", "state", "kind", "suites", "keys", "scopes", "open_until")
ALL_PEERS = Prepared(select(*(_PEERS.c[name] for name in _WORDS)).order_by(_PEERS.c.code))
"""All that a book says of each peer."""


def open_book(session: Session, keys: NodeKeys, ours: Sequence[str]) -> Book:
    """All peers by code, and ourselves: units of one installation exchange by the same rules."""
    return book_of(ALL_PEERS.rows(session), keys, ours)


def book_of(rows: Sequence[Any], keys: NodeKeys, ours: Sequence[str]) -> Book:
    """The book that rows of :data:`ALL_PEERS` make."""
    cards = (*keys.old_cards, *keys.cards(datetime.fromtimestamp(0, UTC)))
    own = KnownPeer(keys.org, "", "local:", "active", "authority", tuple(ours), cards, {}, None)
    return {**{row.code: as_known(row) for row in rows}, keys.org: own}


def as_known(row: Any) -> KnownPeer:
    """A row of the table as the book has it."""
    return KnownPeer(
        code=row.code,
        name=row.name,
        url=row.url,
        state=row.state,
        kind=row.kind,
        suites=tuple(row.suites),
        keys=tuple(row.keys),
        scopes=dict(row.scopes or {}),
        open_until=row.open_until,
    )


def known(book: Book, code: str) -> KnownPeer:
    """The active peer of that code.

    Raises:
        PeerError: not known, or suspended.
    """
    found = book.get(code)
    if found is None or found.state != "active":
        raise PeerError(
            f"expected an active peer, got {code[:20]!r}", hint="Enter its card: wangjian exchange peer-add CARD."
        )
    return found


def verify(peer: KnownPeer, data: bytes, signature: object, at: datetime) -> tuple[str, str]:
    """Check a signature ``{"suite","kid","value"}`` of a peer.

    Returns:
        suite and number of the key.

    Raises:
        UnsignedError, DowngradeError: as of :func:`signer`. ForgedError: that, or it does not hold.
    """
    name, card, text = signer(peer, signature, at)
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ForgedError("expected a signature in base64, got something else") from error
    suite(name).verify(card["public"].encode(), data, value)
    return name, card["kid"]


def signer(peer: KnownPeer, signature: object, at: datetime) -> tuple[str, Card, str]:
    """Suite and key that a signature ``{"suite","kid","value"}`` of a peer says it was made with, and its value.

    Raises:
        UnsignedError: none. DowngradeError: by a suite that was not agreed. ForgedError: by no key of the peer, or one
        whose time was over.
    """
    if not isinstance(signature, dict) or not signature.get("value"):
        raise UnsignedError("expected a signature, got none", hint="Unsigned messages are never taken.")
    name, kid = str(signature.get("suite", "")), str(signature.get("kid", ""))
    if name not in peer.suites:
        raise DowngradeError(f"expected the suite {peer.suite} that was agreed with {peer.code}, got {name[:20]!r}")
    card = peer.card(kid, name, "sign")
    if card.get("until") and iso(at) > card["until"]:
        raise ForgedError(f"expected a key that is in force, got {kid}, whose time ended on {card['until']}")
    return name, card, str(signature["value"])


def agree(ours: Sequence[str], theirs: Sequence[str]) -> str:
    """The suite for a peer: the first of ours that is theirs too.

    Raises:
        SuiteError: there is none.
    """
    for name in ours:
        if name in theirs:
            return name
    raise SuiteError(f"expected a suite that both sides have, got ours {list(ours)} and theirs {list(theirs)}")


@dataclass(frozen=True, slots=True)
class PeerCard:
    """What a peer says of itself, brought by a person.

    Attributes:
        suites: those it works with. keys: public keys, as :func:`exchange.keys.card` writes them.
    """

    code: str
    name: str
    url: str
    suites: tuple[str, ...]
    keys: tuple[Card, ...]
    kind: str = "authority"


def read_card(value: object) -> PeerCard:
    """A card from JSON values.

    Raises:
        PeerError: it is none.
    """
    try:
        given = dict(value)  # type: ignore[call-overload]
        keys = tuple({word: str(card[word]) for word in _CARD} for card in given["keys"])
        return PeerCard(
            check_code(str(given["code"])),
            str(given.get("name", "")),
            str(given.get("url", "")),
            tuple(str(name) for name in given["suites"]),
            keys,
            str(given.get("kind", "authority")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PeerError(f"expected a peer's card (code, suites, keys), got {type(error).__name__}") from error


_CARD = ("kid", "suite", "use", "public", "since", "until")


def enter(
    session: Session,
    card: PeerCard,
    ours: Sequence[str],
    *,
    actor: str,
    at: datetime,
    lower_reason: str = "",
    scopes: Mapping[str, Any] | None = None,
) -> str:
    """Enter a peer from its card, or bring it up to date.

    Args:
        ours: suites that this installation uses, preferred first. lower_reason: why a lower suite than the one in
            use is taken; without it that is refused.

    Returns:
        the agreed suite.

    Raises:
        SuiteError: no suite in common. DowngradeError: a lower suite, and no reason. PeerError: no key of the suite.

    Effects: tables ``peer``, ``audit``.
    """
    agreed = agree(ours, card.suites)
    if not any((item["suite"], item["use"]) == (agreed, "sign") for item in card.keys):
        raise PeerError(f"expected a signing key of {agreed} on the card of {card.code}, got none")
    row = session.execute(select(Peer).where(Peer.code == card.code)).scalar_one_or_none()
    before = row.suite if row else ""
    if row and before != agreed and _rank(agreed, ours) > _rank(before, ours) and not lower_reason:
        raise DowngradeError(
            f"expected {card.code} to keep {before}, got a card that only allows {agreed}",
            hint="Ask the peer by another way; if it is right, enter the card again with a reason.",
        )
    if row is None:
        row = Peer(code=card.code, added_at=at)
        session.add(row)
    row.name, row.url, row.kind = card.name, card.url, card.kind
    row.suites = [agreed, before] if before and before != agreed and not lower_reason else [agreed]
    row.suite, row.keys = agreed, _keys(row.keys or [], card, at)
    row.state = row.state or "active"
    if scopes is not None:
        row.scopes = dict(scopes)
    detail = {"suite": agreed, "before": before, "reason": lower_reason, "keys": [item["kid"] for item in card.keys]}
    audit.append(
        session,
        actor=actor,
        action="exchange.peer-entered",
        object_type="peer",
        object_id=card.code,
        detail=detail,
        at=at,
    )
    return agreed


def _rank(name: str, ours: Sequence[str]) -> int:
    order = [*ours, *(word for word in PREFERENCE if word not in ours)]
    return order.index(name) if name in order else len(order)


def _keys(before: Sequence[Mapping[str, Any]], card: PeerCard, at: datetime) -> list[dict[str, Any]]:
    """The card's keys, and older ones with their end, so that what was signed before can still be checked."""
    numbers = {item["kid"] for item in card.keys}
    ended = [{**item, "until": item.get("until") or iso(at)} for item in before if item["kid"] not in numbers]
    return [*ended, *(dict(item) for item in card.keys)]
