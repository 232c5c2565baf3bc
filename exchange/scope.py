"""What a peer may get: types of messages, and of each type the fields. What is outside never leaves.

``scopes`` of a peer is ``{"in": [types], "out": [types], "fields": {type: [fields]}}``; a list that is empty or not
there means all. What is left out of a payload is left out when it is sealed, before it is signed; what was sealed while
the scope was wider is held back when it is sent.

Spec: 个人信息保护法 6 (no more than the purpose needs); 网络交易监督管理办法 36 (confidentiality).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.envelope import MAX_BYTES, read_json
from exchange.errors import PeerError, ScopeError
from exchange.message_type import TYPES
from exchange.peers import Book, KnownPeer
from exchange.schema_registry import schema, schemas
from kernel.models import Delivery, Message
from kernel.rows import update_rows

WAYS = ("in", "out")
PART = 500
ALWAYS: Mapping[str, frozenset[str]] = {
    "TRANSFER": frozenset({"matter", "step"}),
    "ASSIST": frozenset({"matter", "step"}),
}
"""Fields without which a message of a type says nothing: they cannot be left out of a scope."""


def read_scopes(value: object) -> dict[str, Any]:
    """Scopes from JSON values, as a person wrote them.

    Raises:
        PeerError: another form, a type that does not exist, a field that no version of its type has.
    """
    if not isinstance(value, dict) or not value.keys() <= {*WAYS, "fields"}:
        raise PeerError('expected {"in": [...], "out": [...], "fields": {"LEAD": [...]}}, got something else')
    found: dict[str, Any] = {}
    for way in WAYS:
        found[way] = sorted(_words(value.get(way, []), TYPES))
    fields = value.get("fields", {})
    if not isinstance(fields, dict):
        raise PeerError("expected fields by type, got something else")
    found["fields"] = {kind: sorted(_words(names, fields_of(kind))) for kind, names in sorted(fields.items())}
    return found


def _words(value: object, known: Mapping[str, object] | frozenset[str]) -> set[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item in known for item in value):
        raise PeerError(f"expected a list of {', '.join(sorted(known))[:300]}, got {str(value)[:100]}")
    return set(value)


def fields_of(kind: str) -> frozenset[str]:
    """All fields that any version of a type has."""
    if kind not in TYPES:
        raise PeerError(f"expected one of {', '.join(TYPES)}, got {str(kind)[:20]!r}")
    found: set[str] = set()
    for (name, _), one in schemas().items():
        if name == kind:
            found |= set(one.document.get("properties", {}))
    return frozenset(found)


def require_type(peers: Sequence[KnownPeer], kind: str) -> None:
    """Refuse a type that one of those on its way may not get.

    Raises:
        ScopeError: naming it.
    """
    for peer in peers:
        if not peer.may("out", kind):
            raise ScopeError(
                f"expected a type that {peer.code} may get, got {kind}",
                hint="在对方的范围（scopes.out）中加上该类报文，或另选收件单位 Widen its scope, or send it to another.",
            )


def narrowed(
    peers: Sequence[KnownPeer], kind: str, version: str, payload: Mapping[str, Any]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """A payload without the fields that one of those on its way may not get.

    Returns:
        what may go, and the names of what was left out.

    Raises:
        ScopeError: what is left is not what the type asks for.
    """
    out = outside(peers, kind, payload)
    if not out:
        return payload, ()
    kept = {name: value for name, value in payload.items() if name not in out}
    if schema(kind, version).errors(kept):
        raise ScopeError(
            f"expected a scope that leaves a whole {kind}, got one without {', '.join(out)}",
            hint="在对方的范围（scopes.fields）中加上必填字段 Add the fields that the type cannot be without.",
        )
    return kept, out


def outside(peers: Sequence[KnownPeer], kind: str, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the fields of a payload that one of those on its way may not get."""
    found: set[str] = set()
    for peer in peers:
        listed = peer.scopes.get("fields", {}).get(kind)
        if listed:
            found |= payload.keys() - set(listed) - ALWAYS.get(kind, frozenset())
    return tuple(sorted(found))


def on_the_way(book: Book, *codes: str) -> tuple[KnownPeer, ...]:
    """Those peers of the codes that have a scope at all."""
    return tuple(book[code] for code in dict.fromkeys(codes) if code in book and book[code].scopes)


def require_whole(peers: Sequence[KnownPeer], kind: str, payload: Mapping[str, Any]) -> None:
    """Refuse to hand on what one of those on its way may not get: what is signed cannot be narrowed any more.

    Raises:
        ScopeError: naming the type or the fields.
    """
    require_type(peers, kind)
    out = outside(peers, kind, payload)
    if out:
        raise ScopeError(f"expected fields that the next on the way may get, got {', '.join(out)}")


def hold_back(session: Session, peer: KnownPeer) -> int:
    """Stop what waits for a peer and is outside its scope by now; a person decides what becomes of it.

    Returns:
        how many messages were stopped.

    Effects: table ``delivery``.
    """
    if not peer.scopes.get("out") and not peer.scopes.get("fields"):
        return 0
    stopped, after = 0, 0
    columns = (Delivery.id, Message.type, Message.envelope)
    while True:
        query = select(*columns).join(Message, Message.id == Delivery.message_row)
        query = query.where(Delivery.peer == peer.code, Delivery.state == "waiting", Delivery.id > after)
        rows = session.execute(query.order_by(Delivery.id).limit(PART)).all()
        if not rows:
            return stopped
        after = rows[-1].id
        dead = []
        for row in rows:
            why = _why_not(peer, row.type, row.envelope)
            if why:
                dead.append({"id": row.id, "state": "dead", "code": ScopeError.code, "error": why})
        update_rows(session, Delivery, dead)
        stopped += len(dead)


def may_go(peer: KnownPeer, kind: str, envelope: str) -> bool:
    """True when a sealed message is within the scope of a peer."""
    return not _why_not(peer, kind, envelope)


def _why_not(peer: KnownPeer, kind: str, envelope: str) -> str:
    if not peer.may("out", kind):
        return f"expected a type that {peer.code} may get, got {kind}"
    if not peer.scopes.get("fields", {}).get(kind):
        return ""
    out = outside((peer,), kind, read_json(envelope, 4 * MAX_BYTES)["payload"])
    return f"expected fields that {peer.code} may get, got {', '.join(out)}" if out else ""
