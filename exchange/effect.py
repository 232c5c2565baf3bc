"""What happens with a message: its handler is called once for each version of each business object."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from exchange.envelope import Envelope
from exchange.errors import HandlerError, RecipientError, SchemaError, VersionConflictError
from exchange.opening import Opened
from exchange.receipt import PROCESSED, REJECTED, Line
from exchange.schema_registry import RowError
from kernel.batch import batched
from kernel.crypto import canonical_json_of_read, sha256_hex
from kernel.errors import WangjianError
from kernel.models import BusinessVersion
from kernel.prepared import Prepared
from kernel.rows import insert_rows, table_of, update_rows

CHUNK = 400
FAILED = "FAILED"
"""Kind of a line that never leaves: a fault of ours, tried again."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a handler did: ``applied`` or ``kept``; with ``rows`` the message is rejected and nothing happened."""

    outcome: str = "applied"
    rows: tuple[RowError, ...] = ()


Handler = Callable[[Session, Envelope, Mapping[str, object], datetime], Effect]
_HANDLERS: dict[str, Handler] = {}


def register(type: str, handler: Handler) -> None:  # noqa: A002 - the contract names it so
    """Say what happens with messages of a type: once for each business key and version, in the inbox's transaction.

    A handler that raises an error of the house rejects the message with that code. Any other error is a fault of
    ours: the stream waits before that message, and it is tried again.
    """
    _HANDLERS[type] = handler


_Key = tuple[str, str, str]
_TABLE = table_of(BusinessVersion)
_COLUMNS = tuple(_TABLE.c[name] for name in ("sender", "type", "biz_key", "id", "biz_version", "content"))
_NEWEST = Prepared(
    select(*_COLUMNS).where(
        _TABLE.c.sender == bindparam("sender_"),
        _TABLE.c.type == bindparam("type_"),
        _TABLE.c.biz_key.in_(bindparam("keys", expanding=True)),
    )
)


def key_of(envelope: Envelope) -> _Key:
    """Which business object a message is about."""
    return envelope.sender, envelope.type, envelope.biz_key


@dataclass(frozen=True, slots=True)
class _Version:
    """The newest version of a business object; ``row`` is none until it is written."""

    row: int | None
    biz_version: int
    content: str


class HandlerFailedError(Exception):
    """A handler raised, or rejected rows. Never leaves the package: the batch is done again, with savepoints."""


class Effects:
    """Judges messages that are next in their streams.

    Args:
        session: a write session. careful: call each handler in a savepoint of its own, so that one that fails takes
            nothing with it.
    """

    def __init__(self, session: Session, *, at: datetime, careful: bool) -> None:
        self._session, self._at, self._careful = session, at, careful
        self._versions: dict[_Key, _Version] = {}
        self._new: dict[_Key, dict[str, Any]] = {}
        self._changed: dict[_Key, dict[str, Any]] = {}

    def load(self, keys: Iterable[_Key]) -> None:
        """Read the newest versions of some business objects (sender, type, key), in few queries, each by its index."""
        for (sender, kind), group in groupby(sorted(set(keys)), key=itemgetter(0, 1)):
            for part in batched([key for _, _, key in group], CHUNK):
                for row in _NEWEST.rows(self._session, sender_=sender, type_=kind, keys=part):
                    # What this batch brought is newer than what is written.
                    self._versions.setdefault((row.sender, row.type, row.biz_key), _Version(*row[3:]))

    def judge(self, opened: Opened) -> Line:
        """What became of a message; its versions were loaded before.

        Raises:
            HandlerFailedError: without ``careful``.

        Effects: table ``business_version``, and what the handler writes.
        """
        envelope, digest = opened.envelope, opened.digest
        if opened.fault is not None or opened.plain is None:
            return _rejected(opened, opened.fault or RecipientError("expected a message for us, got another's"))
        content = sha256_hex(canonical_json_of_read([envelope.op, opened.plain]))
        key = key_of(envelope)
        before = self._versions.get(key)
        if before is not None and envelope.biz_version <= before.biz_version:
            return _known(opened, before, content)
        if envelope.replay_of:
            return Line(envelope.message_id, digest, PROCESSED, "dry-run")
        line = self._apply(opened)
        if line.kind == PROCESSED:
            self._remember(key, before, envelope, content)
        return line

    def _apply(self, opened: Opened) -> Line:
        envelope = opened.envelope
        handler = _HANDLERS.get(envelope.type)
        if handler is None:
            return Line(envelope.message_id, opened.digest, PROCESSED, "kept")
        try:
            if self._careful:
                with self._session.begin_nested():
                    effect = _called(handler, self._session, opened, self._at)
            else:
                effect = _called(handler, self._session, opened, self._at)
        except WangjianError as error:
            if not self._careful:
                raise HandlerFailedError(envelope.message_id) from error
            return _rejected(opened, error)
        except Exception as error:
            if not self._careful:
                raise HandlerFailedError(envelope.message_id) from error
            text = f"expected the effect of {envelope.type} to succeed, got {type(error).__name__}: {error}"
            return Line(envelope.message_id, opened.digest, FAILED, "", HandlerError.code, text[:500])
        return Line(envelope.message_id, opened.digest, PROCESSED, effect.outcome)

    def _remember(self, key: _Key, before: _Version | None, envelope: Envelope, content: str) -> None:
        values = {
            "biz_version": envelope.biz_version,
            "content": content,
            "op": envelope.op,
            "message_id": envelope.message_id,
            "at": self._at,
        }
        row = before.row if before else None
        self._versions[key] = _Version(row, envelope.biz_version, content)
        if row is None:
            self._new[key] = {"sender": key[0], "type": key[1], "biz_key": key[2], **values}
        else:
            self._changed[key] = {"id": row, **values}

    def write(self) -> None:
        """Write the versions that had their effect. Effects: table ``business_version``."""
        insert_rows(self._session, BusinessVersion, list(self._new.values()))
        update_rows(self._session, BusinessVersion, list(self._changed.values()))


def _called(handler: Handler, session: Session, opened: Opened, at: datetime) -> Effect:
    effect = handler(session, opened.envelope, opened.plain or {}, at)
    if effect.rows:
        rows = [row.as_json() for row in effect.rows]
        raise SchemaError(f"expected rows that can be used, got {len(rows)} that cannot", context={"rows": rows})
    return effect


def _known(opened: Opened, before: _Version, content: str) -> Line:
    envelope = opened.envelope
    if envelope.biz_version < before.biz_version:
        return Line(envelope.message_id, opened.digest, PROCESSED, "stale")
    if content != before.content:
        text = f"expected version {envelope.biz_version} of {envelope.biz_key} as it came before, got another content"
        return _rejected(opened, VersionConflictError(text))
    return Line(envelope.message_id, opened.digest, PROCESSED, "same")


def _rejected(opened: Opened, error: WangjianError) -> Line:
    rows = error.context.get("rows")
    listed = tuple(rows) if isinstance(rows, list | tuple) else ()
    return Line(opened.envelope.message_id, opened.digest, REJECTED, "", error.code, error.message[:500], listed)
