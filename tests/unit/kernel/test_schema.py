"""Migrations and models say the same."""

from kernel.db import Database
from kernel.schema import differences, upgrade


def test_migrations_give_what_models_say(database: Database) -> None:
    """After the upgrade nothing is missing and nothing is left over."""
    assert differences(database) == []


def test_upgrade_twice_is_harmless(database: Database) -> None:
    """A second upgrade changes nothing."""
    upgrade(database)
    assert differences(database) == []
