"""Publishing: one signed, witnessed checkpoint over all leaves so far, and a proof for each entry asked for.

Fails closed: too few witnesses, another history, a database older than what was signed: nothing is given
out. Killed at any point it can be done again; the tree follows from the leaves alone, so a size has one root.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import audit, checkpoint, faults, history, ledger, merkle, note, proof
from evidence.log.audit import Audit
from evidence.log.checkpoint import Checkpoint
from evidence.log.errors import (
    LogChangedError,
    LogFaultError,
    LogForkedError,
    LogRewoundError,
    NoteSignatureError,
    NotIncludedError,
    WitnessDoubtError,
    WitnessError,
    WitnessQuorumError,
    WitnessRefusedError,
    WitnessSizeError,
)
from evidence.log.note import Note, Signature
from evidence.log.projection import Projection
from evidence.log.proof import Proof
from evidence.log.turn import one_publisher
from evidence.log.witness import Witness, open_witnesses
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LogCheckpoint

logger = logging.getLogger(__name__)

WAIT_SECONDS, CHECK_WAIT_SECONDS = 60.0, 10.0
_TRIES = 3
MAX_AHEAD = timedelta(minutes=1)
"""Of a witness's clock: verifiers grant five minutes between it and a timestamp service that may be behind."""


@dataclass(frozen=True, slots=True)
class Published:
    """An entry in the log.

    Attributes:
        index: from 0. note: signed, witnessed checkpoint. proof: C2SP tlog-proof over it.
    """

    index: int
    note: bytes
    proof: bytes


class Publisher:
    """Publishes the log of one installation; keeps its connections to the witnesses.

    Args:
        database: with the leaves. origin, private_key: name and key of the log.
        folder: of the tiles (``Settings.log_path()``).
        witnesses: asked each time, all at once. quorum: how many must cosign.
        clock: gives the time, aware UTC.
    """

    def __init__(
        self,
        database: Database,
        origin: str,
        private_key: Ed25519PrivateKey,
        *,
        folder: Path,
        witnesses: Sequence[Witness],
        quorum: int,
        clock: Callable[[], datetime] = now,
        wait_s: float = WAIT_SECONDS,
    ) -> None:
        self._database = database
        self._origin = origin
        self._private_key = private_key
        self._own = note.verifier_key(origin, note.LOG, private_key.public_key())
        self._projection = Projection(folder, self._own)
        self._lock = folder.with_name(f"{folder.name}.lock")
        self._witnesses = tuple(witnesses)
        self._quorum = quorum
        self._clock = clock
        self._wait_s = wait_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        for witness in self._witnesses:
            witness.client.close()

    def newest(self) -> bytes | None:
        """The newest witnessed checkpoint, or none; for a beacon."""
        with self._database.read() as session:
            row = history.newest(session, witnessed=True)
        return row.note.encode() if row else None

    def publish(self, entries: Sequence[str] = ()) -> tuple[Published, ...]:
        """Publish the log as it is now.

        Args:
            entries: that are in the log already and committed; without any, all leaves so far are
                published and nothing is returned.

        Returns:
            for each entry its index, the note (one for all) and its proof.

        Raises:
            NotIncludedError: an entry is not in the log. WitnessQuorumError: too few witnesses; try again.
            LogBusyError: others publish; try again. LogFaultError (its kinds): the log was changed, forked
            or rewound; recorded, and raised again until ``wangjian log audit`` finds it whole.

        Effects: tables ``log_checkpoint``, ``log_fault``; the folder of the tiles; a request to each witness.
        """
        with self._turn():
            return self._publish(entries)

    def check(self) -> int:
        """The quick audit of every start: what is new since the last one, against tiles and checkpoints.

        Returns:
            number of leaves.

        Raises:
            LogBusyError: others publish. LogFaultError (its kinds): recorded; also one that is open already.

        Effects: table ``log_fault``; the folder of the tiles.
        """
        with self._turn(), self._database.read() as session:
            faults.require_none(session)
            return audit.check_recent(session, self._projection, self._own)

    def audit(self) -> Audit:
        """The complete audit: every leaf, tile, checkpoint and custody event, and what each witness has seen.

        Finds the log whole: open faults are closed, if so many witnesses as the quorum could be asked.

        Raises:
            LogBusyError: others publish. LogFaultError (its kinds): recorded.

        Effects: table ``log_fault``; the folder of the tiles; a request to each witness.
        """
        with self._turn():
            with self._database.read() as session:
                found = audit.check_everything(session, self._projection, self._own)
            seen = tuple(witness.name for witness in self._witnesses if self._agrees(witness, found.tree))
            closed = 0
            if len(seen) >= self._quorum:
                with self._database.write() as session:
                    closed = faults.close_all(session, self._clock())
        return replace(found, witnesses=seen, closed=closed)

    def _agrees(self, witness: Witness, tree: Checkpoint) -> bool:
        """Whether a witness shows a checkpoint of ours that this tree continues, or none where there is none yet."""
        try:
            return self._require_one_history(witness, tree) or self.newest() is None
        except WitnessError as error:
            logger.warning("witness %s: %s", witness.name, error.message)
            return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One's turn; a fault that is found in it is written down."""
        try:
            with one_publisher(self._database, self._lock, self._wait_s):
                yield
        except LogFaultError as error:
            with self._database.write() as session:
                faults.record(session, error, self._clock())
            error.hint = faults.HINT
            raise

    def _publish(self, entries: Sequence[str]) -> tuple[Published, ...]:
        with self._database.read() as session:
            faults.require_none(session)
            size = ledger.size(session)
            places = tuple(_place(ledger.index_of(session, line), line) for line in entries)
            witnessed = history.newest(session, witnessed=True)
            self._projection.catch_up(session, size)
        if size == 0:
            return ()
        found = self._still_good(witnessed, max(places, default=size - 1)) or self._sign(size)
        tree = checkpoint.parse(found.text)
        data = found.render()
        self._projection.tiles.show(data)
        stored = self._projection.tiles.stored
        return tuple(
            Published(place, data, _checked(Proof(place, merkle.inclusion(place, tree.size, stored), data), line))
            for place, line in zip(places, entries, strict=True)
        )

    def _still_good(self, row: LogCheckpoint | None, last: int) -> Note | None:
        """The newest witnessed note, if it holds the leaves that are wanted and today's quorum."""
        if row is None or row.size <= last:
            return None
        found = note.parse(row.note.encode())
        try:
            statements = checkpoint.verify_witnesses(found, [one.key for one in self._witnesses])
        except NoteSignatureError:
            return None
        return found if len(statements) >= self._quorum else None

    def _sign(self, size: int) -> Note:
        tree = Checkpoint(self._origin, size, merkle.root(size, self._projection.tiles.stored))
        signed = Note(tree.text(), (note.sign(tree.text(), self._origin, self._private_key),))
        # Kept before anybody sees it: a later run must continue what may have got out.
        self._keep(tree, signed, None)
        names, signatures, refusals = self._cosign(tree, signed)
        found = Note(signed.text, (*signed.signatures, *signatures))
        self._keep(tree, found, names)
        if len(names) < self._quorum:
            raise WitnessQuorumError(
                f"expected {self._quorum} witnesses to cosign, got {len(names)}: {'; '.join(refusals) or 'none set'}",
                hint="The capture is kept and sealing is tried again. Ask the witness's operator, or name another one.",
            )
        return found

    def _keep(self, tree: Checkpoint, found: Note, names: tuple[str, ...] | None) -> None:
        """Keep what was signed; with ``names`` who cosigned it. A witnessed note gives way to another such alone."""
        with self._database.write() as session:
            row = session.get(LogCheckpoint, tree.size)
            if row is None:
                row = LogCheckpoint(
                    size=tree.size, root=tree.root.hex(), note=found.render().decode(), at=self._clock()
                )
                session.add(row)
            elif row.root != tree.root.hex():
                raise history.other_history(history.tree_of(row, self._own))
            if names is None or (row.witnessed and len(names) < self._quorum):
                return
            row.note, row.witnesses = found.render().decode(), list(names)
            row.witnessed, row.at = len(names) >= self._quorum, self._clock()

    def _cosign(self, tree: Checkpoint, signed: Note) -> tuple[tuple[str, ...], list[Signature], list[str]]:
        """Ask all witnesses at once: names and cosignatures of those that answered, words of those that did not."""
        names, signatures, refusals = [], [], []
        with ThreadPoolExecutor(max(1, len(self._witnesses))) as pool:
            asked = [pool.submit(self._cosign_by, witness, tree, signed) for witness in self._witnesses]
        for witness, future in zip(self._witnesses, asked, strict=True):
            try:
                signatures.append(future.result())
                names.append(witness.name)
            except WitnessError as error:
                refusals.append(f"{witness.name}: {error.message}")
        return tuple(names), signatures, refusals

    def _cosign_by(self, witness: Witness, tree: Checkpoint, signed: Note) -> Signature:
        old = self._last_seen_by(witness, tree)
        for _ in range(_TRIES):
            way = merkle.consistency(old, tree.size, self._projection.tiles.stored)
            try:
                return self._in_time(witness, signed, witness.add_checkpoint(old, way, signed))
            except WitnessSizeError as error:
                if error.size > tree.size:
                    self._require_one_history(witness, tree)
                    raise
                old = error.size
            except WitnessDoubtError:
                self._require_one_history(witness, tree)
                raise
        raise WitnessRefusedError(f"expected the witness {witness.name} to keep to one size, got another each time")

    def _in_time(self, witness: Witness, signed: Note, got: Signature) -> Signature:
        """A cosignature whose time is not ahead of ours: no timestamp could come after it, and packages would fail."""
        statement = note.verify(Note(signed.text, (got,)), witness.key)
        said = statement.at if statement else None
        if said is not None and said > self._clock() + MAX_AHEAD:
            raise WitnessRefusedError(
                f"expected a cosignature of {witness.name} from now, got one from {said.isoformat()}",
                hint="Compare both clocks with a time server; the witness's operator corrects the one that is wrong.",
            )
        return got

    def _last_seen_by(self, witness: Witness, tree: Checkpoint) -> int:
        with self._database.read() as session:
            row = history.newest(session, witnessed=True)
        return row.size if row and witness.name in row.witnesses and row.size <= tree.size else 0

    def _require_one_history(self, witness: Witness, tree: Checkpoint) -> bool:
        """Raise if a witness can show another history that our own key signed; whether it shows one at all."""
        shown = witness.seen(tree.origin)
        theirs = history.signed_tree(shown, self._own) if shown else None
        if shown is None or theirs is None:
            return False
        proven = {"witness": witness.name, "note": shown.decode()}
        if theirs.size > tree.size:
            raise LogRewoundError(
                f"expected the {theirs.size} leaves that {witness.name} has seen signed, got {tree.size}",
                context=proven,
            )
        if merkle.root(theirs.size, self._projection.tiles.stored) != theirs.root:
            raise LogForkedError(
                f"expected the first {theirs.size} leaves as {witness.name} has seen them signed, got others",
                context=proven,
            )
        return True


def _place(index: int | None, line: str) -> int:
    if index is None:
        raise NotIncludedError(f"expected {line} in the log, got no such entry", hint="Append it and commit first.")
    return index


def _checked(made: Proof, line: str) -> bytes:
    """A proof that holds, rendered; one that does not is not given out."""
    try:
        proof.check(made, line)
    except NotIncludedError as error:
        raise LogChangedError(f"expected {line} at {made.index} as it was logged, got another there") from error
    return made.render()


def open_publisher(
    settings: Settings,
    database: Database,
    origin: str,
    private_key: Ed25519PrivateKey,
    *,
    asks_witnesses: bool = True,
) -> Publisher:
    """The publisher of this installation. To be kept: its connections are reused.

    Args:
        origin, private_key: of the log (``Keys.log.name``, ``Keys.log.private_key``).
        asks_witnesses: without, it is good for ``check`` alone, and waits for its turn for a short time only.

    Raises:
        WitnessError: the settings name no usable witnesses.
    """
    return Publisher(
        database,
        origin,
        private_key,
        folder=settings.log_path(),
        witnesses=open_witnesses(settings) if asks_witnesses else (),
        quorum=settings.witness_quorum,
        wait_s=WAIT_SECONDS if asks_witnesses else CHECK_WAIT_SECONDS,
    )
