"""Changing our own keys of the exchange: the old key tells every peer the new one, both hold for a while.

Begun by a person: the next keys are made and told to every active peer as a message, signed as all messages are by the
key in force, and carrying the next key's own signature, so that nobody can be told a key that its sender does not hold.
From then on peers may seal for the next key. Once every peer has said that it took the message, the next key signs; the
old one is known until the overlap ends. A key that others may have had cannot vouch for anything: then the new card is
carried to each peer and entered by a person, as at the beginning.

Spec: GB/T 39786-2021 (key management: renewal); NIST SP 800-57 part 1, 5.3 (cryptoperiods).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.effect import Effect, register
from exchange.envelope import Envelope
from exchange.errors import ForgedError, KeyChangeError, SuiteError
from exchange.keys import KeyFolder, NodeKeys, card, kid_of
from exchange.outbox import Draft, post
from exchange.peers import Book
from exchange.suite import suite
from kernel import audit
from kernel.clock import iso, parse_iso
from kernel.crypto import canonical_json
from kernel.db import Database
from kernel.errors import ClockError
from kernel.models import AuditEntry, Message, Peer

TYPE = "KEYS"
PREFIX = b"wangjian-exchange/1 next key\n"
BEGUN, CHANGED = "exchange.key-change-begun", "exchange.key-changed"
"""The steps of a change in the audit trail."""
OVERLAP_DAYS = 30
MAX_OVERLAP = timedelta(days=400)
MAX_KEYS = 40
"""Keys of one peer that are kept: what an older one signed can then only be checked from the log."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a change of keys is.

    Attributes:
        suite: whose. kid: of the next signing key. told: peers that took it, waiting: those that have not yet.
    """

    suite: str
    kid: str
    told: tuple[str, ...]
    waiting: tuple[str, ...]


def begin(
    session: Session, folder: KeyFolder, name: str, book: Book, *, actor: str, at: datetime, days: int = OVERLAP_DAYS
) -> str:
    """Make the next keys of a suite and tell them to every active peer.

    Args:
        name: of the suite. days: how long the old key is known beside the new one.

    Returns:
        number of the next signing key. Begun before and not finished: the same again, told to peers that came since.

    Raises:
        KeyChangeError: an overlap that cannot be. SuiteError: no key of that suite.

    Effects: files in the folder of keys; tables ``message``, ``audit``.
    """
    if not timedelta(days=1) <= timedelta(days=days) <= MAX_OVERLAP:
        raise KeyChangeError(f"expected an overlap of 1 to {MAX_OVERLAP.days} days, got {days}")
    keys = folder.prepare(name)
    payload = _statement(keys, name, at + timedelta(days=days), at)
    kid = kid_of(suite(name).public(keys.next_signing[name]))
    told = {row.receiver for row in _messages(session, kid)}
    peers = [peer for peer in book.values() if peer.code != keys.org and peer.state == "active" and name in peer.suites]
    for peer in peers:
        if peer.code not in told:
            key = f"{kid}:{peer.code}"
            post(session, Draft(TYPE, "1.0", "UPSERT", key, 1, payload, receiver=peer.code, purpose="密钥更换"), at=at)
    detail = {"suite": name, "kid": kid, "days": days, "peers": sorted(peer.code for peer in peers)}
    audit.append(
        session, actor=actor, action=BEGUN, object_type="exchange-key", object_id=kid, detail=detail, at=at
    )  # fmt: skip
    return kid


def _statement(keys: NodeKeys, name: str, old_until: datetime, at: datetime) -> dict[str, Any]:
    used = suite(name)
    cards = [
        card(name, "sign", used.public(keys.next_signing[name]), at),
        card(name, "seal", used.public(keys.next_sealing[name]), at),
    ]
    body = {"suite": name, "old": [kid_of(used.public(keys.private(name))), keys.sealing_kid(name)],
            "old_until": iso(old_until), "keys": cards}  # fmt: skip
    value = used.sign(keys.next_signing[name], _signed(keys.org, body))
    return {**body, "proof": base64.b64encode(value).decode()}


def _signed(org: str, body: Mapping[str, Any]) -> bytes:
    said = {name: body[name] for name in ("suite", "old", "old_until", "keys")}
    return PREFIX + canonical_json({"org": org, **said})


def _messages(session: Session, kid: str) -> Sequence[Any]:
    query = select(Message.receiver, Message.state).where(
        Message.direction == "out", Message.type == TYPE, Message.biz_key.startswith(f"{kid}:", autoescape=True)
    )
    return session.execute(query.order_by(Message.id)).all()


def standing(session: Session, keys: NodeKeys) -> tuple[Standing, ...]:
    """The changes that are under way."""
    found = []
    for name, private in sorted(keys.next_signing.items()):
        kid = kid_of(suite(name).public(private))
        rows = _messages(session, kid)
        told = tuple(sorted(row.receiver for row in rows if row.state == "processed"))
        waiting = tuple(sorted(row.receiver for row in rows if row.state != "processed"))
        found.append(Standing(name, kid, told, waiting))
    return tuple(found)


def finish(database: Database, folder: KeyFolder, name: str, *, actor: str, at: datetime, even_so: bool = False) -> str:
    """Let the next key of a suite sign from now on.

    It is decided in the audit trail, and the files follow. A run that is killed between the two is gone on with by
    :func:`resume`: what signs is always in the audit trail, and what is decided there is not forgotten.

    Args:
        even_so: also where a peer has not taken it: it refuses us until a person there enters our new card.

    Returns:
        number of the key that signs now.

    Raises:
        KeyChangeError: none was begun, or peers have not taken it yet.

    Effects: table ``audit``; then files in the folder of keys.
    """
    with database.write() as session:
        kid = _decide(session, folder.keys(), name, actor=actor, at=at, even_so=even_so)
    folder.switch(name, kid)
    return kid


def _decide(session: Session, keys: NodeKeys, name: str, *, actor: str, at: datetime, even_so: bool) -> str:
    one = next((item for item in standing(session, keys) if item.suite == name), None)
    if one is not None and _noted(session, CHANGED, one.kid):
        return one.kid
    if one is None or not _noted(session, BEGUN, one.kid):
        raise KeyChangeError(
            f"expected a change of {name} that was begun, got none", hint="wangjian exchange keys rotate"
        )
    if one.waiting and not even_so:
        raise KeyChangeError(
            f"expected every peer to know the next key, got {', '.join(one.waiting)} that do not yet",
            hint="Wait, or finish even so and carry the new card to them: wangjian exchange card.",
        )
    detail = {"suite": name, "kid": one.kid, "told": list(one.told), "not_told": list(one.waiting)}
    audit.append(
        session, actor=actor, action=CHANGED, object_type="exchange-key", object_id=one.kid, detail=detail, at=at
    )
    return one.kid


def _noted(session: Session, action: str, kid: str) -> bool:
    """True when the audit trail has a step of the change to this key."""
    query = select(AuditEntry.seq).where(AuditEntry.action == action, AuditEntry.object_id == kid).limit(1)
    return session.execute(query).first() is not None


def resume(database: Database, folder: KeyFolder) -> list[str]:
    """Put every key in its place that was decided on, where the deciding run was ended before it did so.

    Returns:
        the suites.

    Effects: files in the folder of keys.
    """
    keys = folder.keys()
    if not keys.next_signing:
        return []
    with database.read() as session:
        decided = [item for item in standing(session, keys) if _noted(session, CHANGED, item.kid)]
    for item in decided:
        folder.switch(item.suite, item.kid)
    return [item.suite for item in decided]


def finish_known(database: Database, folder: KeyFolder, *, at: datetime) -> list[str]:
    """Finish every change that all peers know of; the suites. Effects: as of :func:`finish`."""
    with database.read() as session:
        ready = [item.suite for item in standing(session, folder.keys()) if item.told and not item.waiting]
    for name in ready:
        finish(database, folder, name, actor="system:exchange", at=at)
    return ready


# --- what peers tell us ---------------------------------------------------------------------------------


def take(session: Session, envelope: Envelope, payload: Mapping[str, object], at: datetime) -> Effect:
    """Handler of KEYS messages: a peer's next keys, which its present key vouches for.

    Raises:
        KeyChangeError, ForgedError, SuiteError: the message is rejected with this code.

    Effects: tables ``peer``, ``audit``.
    """
    row = session.execute(select(Peer).where(Peer.code == envelope.sender)).scalar_one_or_none()
    given: Any = payload
    name = str(given["suite"])
    if row is None or name not in row.suites:
        raise KeyChangeError(f"expected a suite that was agreed with {envelope.sender}, got {name[:20]!r}")
    until = _until(str(given["old_until"]), at)
    cards = _checked(envelope.sender, name, given, at)
    known = {item["kid"] for item in row.keys}
    if all(item["kid"] in known for item in cards):
        return Effect()
    if len(row.keys) + len(cards) > MAX_KEYS:
        raise KeyChangeError(f"expected at most {MAX_KEYS} keys of a peer, got more", hint="Enter its card by hand.")
    older = [_ending(item, iso(until)) if item["suite"] == name else item for item in row.keys]
    row.keys = [*older, *(item for item in cards if item["kid"] not in known)]
    detail = {"suite": name, "keys": [item["kid"] for item in cards], "old_until": iso(until)}
    detail["message_id"] = envelope.message_id
    audit.append(
        session, actor=f"peer:{envelope.sender}", action="exchange.peer-key-changed", object_type="peer",
        object_id=envelope.sender, detail=detail, at=at,
    )  # fmt: skip
    return Effect()


def _ending(item: Mapping[str, Any], until: str) -> dict[str, Any]:
    """A key that was in force ends with the overlap; one that ends before stays so."""
    return {**item, "until": min(item["until"], until) if item.get("until") else until}


def _until(text: str, at: datetime) -> datetime:
    try:
        until = parse_iso(text)
    except ClockError as error:
        raise KeyChangeError("expected the end of the overlap, got something else") from error
    if not at < until <= at + MAX_OVERLAP + timedelta(days=1):
        raise KeyChangeError(f"expected an overlap that ends within {MAX_OVERLAP.days} days, got {text}")
    return until


def _checked(org: str, name: str, given: Mapping[str, Any], at: datetime) -> list[dict[str, str]]:
    used = suite(name)
    uses = {str(item["use"]): str(item["public"]).encode() for item in given["keys"]}
    if (
        sorted(uses) != ["seal", "sign"]
        or len(given["keys"]) != 2
        or any(item["suite"] != name for item in given["keys"])
    ):
        raise KeyChangeError(f"expected one key of {name} to sign and one to seal, got others")
    if any(item["kid"] != kid_of(str(item["public"]).encode()) for item in given["keys"]):
        raise KeyChangeError("expected keys under their own numbers, got others")
    try:
        proof = base64.b64decode(str(given["proof"]), validate=True)
    except binascii.Error as error:
        raise ForgedError("expected a signature of the next key in base64, got something else") from error
    used.verify(uses["sign"], _signed(org, given), proof)
    try:
        used.seal(uses["seal"], b"\0" * used.content_key_bytes, b"")
    except (ValueError, SuiteError) as error:
        raise KeyChangeError(f"expected a key that seals by {name}, got another") from error
    return [card(name, use, public, at) for use, public in uses.items()]


def register_handler() -> None:
    """Let the inbox know. Called where a gateway is opened."""
    register(TYPE, take)
