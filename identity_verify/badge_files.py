"""Files that everybody may fetch: status lists, and once a day all badges in one file.

They are written by the keeper, which holds the key, and served by the interface, which does not. They lie in
``data_dir/badges`` and are replaced whole.
"""

import gzip
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from identity_verify import signed_text, status_list
from identity_verify.badge_issuer import LIST_SIZE
from identity_verify.badge_keys import BadgeKeys, SigningKey
from kernel.clock import CHINA, iso
from kernel.crypto import sha256_hex
from kernel.durable import synchronise
from kernel.models import Badge, BadgeKey, BadgeToken

DUMP_TYPE = "badge-dump+jwt"
DUMP_SIGNED = "dump.jwt"
_NAME = re.compile(r"status-\d{1,6}\.jwt|dump\.jwt|dump-\d{4}-\d{2}-\d{2}\.jsonl\.gz")


def revision_of(session: Session) -> int:
    """Number of the newest change of any badge or key; 0 before the first."""
    newest = [session.execute(select(func.max(model.revision))).scalar() or 0 for model in (Badge, BadgeKey)]
    return max(newest)


def write_lists(session: Session, keys: BadgeKeys, folder: Path, *, at: datetime) -> int:
    """Every status list, signed anew.

    Args:
        session: a write session (keys may be made). folder: ``data_dir/badges``.

    Returns:
        lists written; at least one, also before the first badge.

    Effects: files ``status-<n>.jwt``.
    """
    signing = keys.signing(session, at=at)
    newest = session.execute(select(func.max(BadgeToken.idx))).scalar() or 0
    for number in range(newest // LIST_SIZE + 1):
        array = status_list.pack(LIST_SIZE, dict(_statuses(session, number)))
        uri = keys.issuer.status_uri(number)
        text = status_list.sign(array, uri=uri, at=at, kid=signing.kid, key=signing.key)
        _replace(folder / f"status-{number}.jwt", text.encode())
    return newest // LIST_SIZE + 1


def _statuses(session: Session, number: int) -> Iterator[tuple[int, int]]:
    """Places of one list that do not count, each with why."""
    first = number * LIST_SIZE
    query = (
        select(BadgeToken.idx, BadgeToken.ended_at, Badge.state)
        .join(Badge, Badge.id == BadgeToken.badge_id)
        .where(
            and_(BadgeToken.idx >= first, BadgeToken.idx < first + LIST_SIZE),
            or_(BadgeToken.ended_at.is_not(None), Badge.state != "active"),
        )
    )
    for idx, ended_at, state in session.execute(query):
        suspended = ended_at is None and state == "suspended"
        yield idx - first, status_list.SUSPENDED if suspended else status_list.INVALID


def dump_name(at: datetime) -> str:
    """Name of the dump of a day (China's)."""
    return f"dump-{at.astimezone(CHINA):%Y-%m-%d}.jsonl.gz"


def write_dump(session: Session, keys: BadgeKeys, folder: Path, *, at: datetime) -> int:
    """All badges of the day in one compressed file of JSON lines, and a signed note with its digest.

    Returns:
        badges written.

    Effects: files ``dump-<day>.jsonl.gz`` and ``dump.jwt``; files of earlier days are erased.
    """
    signing = keys.signing(session, at=at)
    name = dump_name(at)
    count = 0
    lines = []
    for badge in session.execute(select(Badge).order_by(Badge.id)).scalars():
        lines.append(json.dumps(public_row(badge), ensure_ascii=False))
        count += 1
    data = gzip.compress("".join(f"{line}\n" for line in lines).encode(), 6, mtime=int(at.timestamp()))
    _replace(folder / name, data)
    _replace(folder / DUMP_SIGNED, _note(signing, name, data, count, at).encode())
    for old in folder.glob("dump-*.jsonl.gz"):
        if old.name != name:
            old.unlink(missing_ok=True)
    return count


def _note(signing: SigningKey, name: str, data: bytes, count: int, at: datetime) -> str:
    payload: dict[str, object] = {"file": name, "sha256": sha256_hex(data), "badges": count, "iat": int(at.timestamp())}
    return signed_text.sign(payload, kind=DUMP_TYPE, kid=signing.kid, key=signing.key)


def public_row(badge: Badge) -> dict[str, object]:
    """What everybody may know of a badge: not why it was suspended, and by whom."""
    return {
        "badge": badge.id,
        "subject": {"code": badge.code, "name": badge.name},
        "sites": badge.sites,
        "state": badge.state,
        "issued_at": iso(badge.issued_at),
        "expires_at": iso(badge.expires_at),
        "token": badge.token,
    }


def read_public(folder: Path, name: str) -> bytes | None:
    """A public file by its name; None when there is none, or when the name is another's.

    Args:
        name: ``status-<n>.jwt``, ``dump.jwt`` or ``dump-<day>.jsonl.gz``.
    """
    if not _NAME.fullmatch(name):
        return None
    try:
        return (folder / name).read_bytes()
    except OSError:
        return None


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
    synchronise(path.parent)
