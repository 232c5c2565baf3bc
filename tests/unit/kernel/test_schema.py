"""Migrations and models say the same."""

from alembic import command
from sqlalchemy import select, text

from evidence.log import entry
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LogLeaf
from kernel.schema import alembic_config, differences, upgrade


def test_migrations_give_what_models_say(database: Database) -> None:
    """After the upgrade nothing is missing and nothing is left over."""
    assert differences(database) == []


def test_upgrade_twice_is_harmless(database: Database) -> None:
    """A second upgrade changes nothing."""
    upgrade(database)
    assert differences(database) == []


def test_older_custody_goes_into_the_log(config: Settings) -> None:
    """Events from before there was a log are its first leaves, in the order in which they were written."""
    database = Database(config.sqlalchemy_url())
    with database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
    hashes = [f"{number:064x}" for number in (5, 3, 9)]
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO evidence (id, key, url, reason, purpose, ordered_by, ordered_at, state, job_id, attempts,"
                " last_error_code, last_error, root_sha256, store_key, size, completeness, trust, summary)"
                " VALUES ('ev-1', 'k', 'u', 'order', '', 'a', '2026-11-25 08:00:00', 'ordered', '', 0,"
                " '', '', '', '', 0, '', '', '{}')"
            )
        )
        for number, value in enumerate(hashes, start=1):
            connection.execute(
                text(
                    "INSERT INTO custody_event (evidence_id, seq, at, actor, role, action, purpose, object_sha256,"
                    " detail, prev_hash, hash)"
                    " VALUES ('ev-1', :seq, '2026-11-25 08:00:00', 'a', '', 'read', '', '', '{}', '', :hash)"
                ),
                {"seq": number, "hash": value},
            )
    upgrade(database)
    with database.read() as session:
        found = [
            (row.entry, row.leaf_hash) for row in session.execute(select(LogLeaf).order_by(LogLeaf.index)).scalars()
        ]
    assert found == [(entry.custody(value), entry.leaf(entry.custody(value)).hex()) for value in hashes]
    database.close()
