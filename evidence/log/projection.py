"""The tiles kept in step with the leaves of the database, and each held against the other."""

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from evidence.log import history, ledger
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import LogChangedError, LogError, LogFaultError, LogRewoundError
from evidence.log.tiles import WIDTH, Tiles
from evidence.vkey import VerifierKey

logger = logging.getLogger(__name__)

_BATCH = 16 * WIDTH


class Projection:
    """Tiles of a log, with what is needed to judge them.

    Args:
        folder: of the tiles. own: the log's key.
    """

    def __init__(self, folder: Path, own: VerifierKey) -> None:
        self.tiles = Tiles(folder)
        self._own = own

    def catch_up(self, session: Session, size: int, *, since: int | None = None) -> bool:
        """Write the tiles of all leaves, and check that the tree continues what was signed.

        The last leaves that are on disk are read from the database again: a database that was put back
        and then went on is seen.

        Args:
            session: any. size: number of leaves that are committed.
            since: compare the leaves from this one on, not only the last ones.

        Returns:
            whether tiles were damaged and had to be written anew.

        Raises:
            LogRewoundError: the tiles or a checkpoint know more leaves. LogChangedError: other leaves.

        Effects: the folder of the tiles; damaged tiles are written anew when the database can vouch.
        """
        signed = self.signed_trees(session)
        self.tiles.refresh()
        if self.tiles.size > size:
            raise LogRewoundError(f"expected the {self.tiles.size} leaves that the tiles hold, got {size}")
        try:
            last = max(self.tiles.size - 1, 0) if since is None else min(since, self.tiles.size)
            self._extend(session, last // WIDTH * WIDTH, size)
            history.require_continued(signed, size, self.tiles.stored)
        except LogRewoundError:
            raise
        except LogError as error:
            self._mend(session, size, signed, error)
            return True
        return False

    def signed_trees(self, session: Session) -> list[Checkpoint]:
        """The newest trees that this log signed: of the database, and of the note shown to clients.

        Raises:
            LogChangedError: a stored checkpoint is not as it was signed.
        """
        rows = [history.newest(session), history.newest(session, witnessed=True)]
        trees = [history.tree_of(row, self._own) for row in rows if row is not None]
        shown = self.tiles.checkpoint()
        tree = history.signed_tree(shown, self._own) if shown else None
        return [*trees, tree] if tree else trees

    def _extend(self, session: Session, start: int, size: int) -> None:
        leaves = _pairs(session, start, size)
        while batch := list(islice(leaves, _BATCH)):
            self.tiles.extend(start, batch)
            start += len(batch)
        if start < size:
            raise LogChangedError(f"expected leaves without a gap, got none at {start} of {size}")

    def compare_all(self, session: Session, size: int) -> bool:
        """Hold every tile against the leaves; those that differ are written anew.

        Call ``catch_up`` with ``since=0`` before: it judges leaves and checkpoints.

        Returns:
            whether tiles had to be written anew.

        Effects: the folder of the tiles, where it was damaged.
        """
        leaves = _pairs(session, 0, size)
        start, whole = 0, True
        while whole and (batch := list(islice(leaves, WIDTH))):
            whole = self.tiles.holds(start, batch)
            start += len(batch)
        if whole and self.tiles.is_folded():
            return False
        logger.warning("tiles of the log are written anew: some were damaged")
        self.tiles.clear()
        self._extend(session, 0, size)
        return True

    def show_again(self, session: Session) -> bool:
        """Show clients the newest witnessed checkpoint where something else stands. What that is was judged before.

        Returns:
            whether it was damaged, gone or behind.

        Effects: file ``checkpoint``.
        """
        newest = history.newest(session, witnessed=True)
        if newest is None or not self.tiles.show(newest.note.encode()):
            return False
        logger.warning("the checkpoint shown to clients is written anew: it was damaged, gone or behind")
        return True

    def _mend(self, session: Session, size: int, signed: list[Checkpoint], error: LogError) -> None:
        """Tiles and leaves differ, or tiles are gone: what the log signed says which of them is right."""
        if isinstance(error, LogFaultError) and not signed:
            raise error
        for tree in signed:
            if tree.size > size or not history.is_beginning(session, tree):
                raise history.other_history(tree) from error
        logger.warning("tiles of the log are written anew: %s", error.message)
        self.tiles.clear()
        self._extend(session, 0, size)
        history.require_continued(signed, size, self.tiles.stored)


def _pairs(session: Session, start: int, end: int) -> Iterator[tuple[str, bytes]]:
    for leaf in ledger.leaves(session, start, end):
        if leaf.index != start:
            raise LogChangedError(f"expected leaf {start}, got {leaf.index}: a leaf is gone")
        if leaf.leaf_hash != ledger.hash_of(leaf):
            raise LogChangedError(f"expected leaf {start} with the hash of its entry, got another")
        yield leaf.entry, bytes.fromhex(leaf.leaf_hash)
        start += 1
