"""The standing duty about badges: keys rotated, badges renewed in time, lists and dump written for everybody.

Every few seconds; each step is a transaction of its own and does nothing when nothing is due.
"""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from identity_verify import badges
from identity_verify.badge_files import DUMP_SIGNED, dump_name, revision_of, write_dump, write_lists
from identity_verify.badge_keys import ACTOR, PUBLISHED_FIRST, BadgeKeys, open_keys
from identity_verify.errors import BadgeError, BadgeStateError
from identity_verify.merchants import sites_of
from identity_verify.proven_site import ProvenSite, read_site
from kernel.clock import iso, parse_iso
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Badge, BadgeKey

logger = logging.getLogger(__name__)

SIGN_AGAIN = timedelta(seconds=60)
"""Lists are signed anew this often although nothing changed, because readers refuse old ones."""
AT_ONCE = 100
VOUCHED = "officer"
STATE_FILE = "lists.json"


def turn(config: Settings, database: Database, at: datetime) -> None:
    """One round.

    Effects: tables ``badge``, ``badge_token``, ``badge_key``, ``audit``; the folder of keys; ``data_dir/badges``.
    """
    with database.read() as session:
        idle = session.execute(select(Badge.id).limit(1)).scalar() is None
    if idle:
        return  # nothing to sign: no keys are made in installations that issue no badges
    keys, folder = open_keys(config), config.badges_path()
    _rotate(config, database, keys, at)
    _renew(database, keys, at)
    _write(database, keys, folder, at)


def _rotate(config: Settings, database: Database, keys: BadgeKeys, at: datetime) -> None:
    with database.read() as session:
        rows = {row.state: row for row in session.execute(select(BadgeKey)).scalars()}
    due = at - timedelta(days=config.badge_key_days)
    if "signing" in rows and rows["signing"].state_at <= due and at - rows["next"].created_at >= PUBLISHED_FIRST:
        with database.write() as session:
            keys.rotate(session, actor=ACTOR, at=at)
    with database.write() as session:
        keys.sweep(session, at=at)


def _renew(database: Database, keys: BadgeKeys, at: datetime) -> None:
    """Badges in the last third of their term, each in a transaction of its own."""
    near = at + keys.life / 3
    with database.read() as session:
        query = select(Badge).where(Badge.state == "active", Badge.expires_at > at, Badge.expires_at <= near)
        found = session.execute(query.order_by(Badge.expires_at, Badge.id).limit(AT_ONCE)).scalars().all()
    for badge in found:
        with database.read() as session:
            sites = sites_of(session, badge.subject_id, at=at) or tuple(_vouched(badge, at))
        longer = min((site.expires_at for site in sites), default=at)
        if longer <= badge.expires_at:
            continue  # its proofs end first: the merchant has to prove the sites again
        try:
            with database.write() as session:
                badges.renew(session, keys, badge.id, sites, actor=ACTOR, at=at)
        except (BadgeError, BadgeStateError) as error:
            logger.warning("badge %s was not renewed: %s", badge.id, error.message)


def _vouched(badge: Badge, at: datetime) -> Iterator[ProvenSite]:
    """Sites for which the bureau vouched itself, for as long as it said: nobody proves them again."""
    for proof in badge.proofs:
        ends = parse_iso(proof["expires_at"])
        if ends > at and proof["method"] == VOUCHED:
            yield read_site(
                proof["site"], proven_at=parse_iso(proof["proven_at"]), expires_at=ends, method=proof["method"]
            )


def _write(database: Database, keys: BadgeKeys, folder: Path, at: datetime) -> None:
    with database.read() as session:
        revision = revision_of(session)
    written_revision, written_at = _written(folder)
    if revision != written_revision or written_at is None or not timedelta() <= at - written_at < SIGN_AGAIN:
        with database.write() as session:
            write_lists(session, keys, folder, at=at)
        (folder / STATE_FILE).write_text(json.dumps({"revision": revision, "at": iso(at)}), "utf-8")
    if not (folder / dump_name(at)).exists() or not (folder / DUMP_SIGNED).exists():
        with database.write() as session:
            write_dump(session, keys, folder, at=at)


def _written(folder: Path) -> tuple[int, datetime | None]:
    """Revision and time of the lists that lie there; nothing where they do not, or cannot be read."""
    try:
        known = json.loads((folder / STATE_FILE).read_text("utf-8"))
        return int(known["revision"]), parse_iso(known["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1, None
