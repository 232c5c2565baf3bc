"""The log of this installation, opened for sealing."""

from collections.abc import Sequence
from dataclasses import dataclass

from evidence.keys import Keys
from evidence.log import ledger
from evidence.log.publisher import Published, Publisher, open_publisher
from kernel.config import Settings
from kernel.db import Database


@dataclass(frozen=True, slots=True)
class Ledger:
    """Takes the entries of packages into the log, then publishes it."""

    database: Database
    publisher: Publisher

    def publish(self, entries: Sequence[str]) -> tuple[Published, ...]:
        """Log entries and publish one witnessed checkpoint that holds them all.

        Raises:
            LogError: its kinds: too few witnesses, or a log that was changed.

        Effects: table ``log_leaf``, and those of ``Publisher.publish``.
        """
        with self.database.write() as session:
            ledger.append_all(session, entries)
        return self.publisher.publish(entries)

    def newest(self) -> bytes | None:
        """The newest witnessed checkpoint, for a beacon; the first one is published when there is none yet.

        Raises:
            LogError: its kinds, as of ``publish``.

        Effects: as of ``publish``, once in the life of a log.
        """
        found = self.publisher.newest()
        if found is None:
            self.publisher.publish()
            found = self.publisher.newest()
        return found


def open_ledger(config: Settings, database: Database, keys: Keys) -> Ledger:
    """The log that packages go into. To be kept, and its publisher closed: connections are reused.

    Raises:
        WitnessError: the settings name no usable witnesses.
    """
    return Ledger(database, open_publisher(config, database, keys.log.name, keys.log.private_key))
