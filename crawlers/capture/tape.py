"""The archive of a capture on disk from its first record on, with a running digest that is told while it grows.

``<out>.tape/`` lives beside the folder to be: ``data.warc.gz``, ``running.jsonl`` (a line a snapshot), ``order.json``
(what a recovery must know) and ``files/`` (what the folder will hold as it is: beacon, pictures). A capture that is
killed leaves it; see ``recovery``.

Spec: evidence format 2, ``meta/running.jsonl``.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawlers.capture.bundle import Seen, dns_lines
from crawlers.capture.certificates import Chain
from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.records import write_chain, write_dns, write_exchange, write_info
from crawlers.capture.wacz import WARC_NAME
from crawlers.capture.warc import WarcWriter
from kernel.clock import iso, monotonic, now
from kernel.crypto import canonical_json

SNAPSHOT_RECORDS = 64
SNAPSHOT_S = 2.0
RUNNING, ORDER, FILES = "running.jsonl", "order.json", "files"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """SHA-256 (hex) of the first ``size`` bytes of the archive, taken at ``at``."""

    at: datetime
    size: int
    sha256: str

    def line(self) -> dict[str, object]:
        """As it stands in ``meta/running.jsonl``."""
        return {"at": iso(self.at), "bytes": self.size, "sha256": self.sha256}


def tape_of(out: Path) -> Path:
    """Where a capture's tape is while it runs."""
    return out.with_name(out.name + ".tape")


def torn_of(out: Path) -> Path:
    """Where the richest tape of earlier tries is that did not come to their end."""
    return out.with_name(out.name + ".torn")


class Tape:
    """One capture's tape.

    Args:
        out: the folder to be. started: of the capture. order: what a recovery must know. veil: hides secrets.

    Attributes:
        folder: where it lies. started: of the capture.

    Effects: ``<out>.tape``; a tape that lies there from an earlier try becomes ``<out>.torn`` if it holds more.
    """

    def __init__(self, out: Path, started: datetime, order: Mapping[str, object], veil: Veil) -> None:
        self.folder = tape_of(out)
        self.started = started
        self._out = out
        self._veil = veil
        self._hosts: set[str] = set()
        self._told_at = monotonic()
        self._told_size = self._told_count = 0
        put_aside(out)
        (self.folder / FILES).mkdir(parents=True)
        (self.folder / ORDER).write_bytes(canonical_json({**order, "started_at": iso(started)}))
        self._running = (self.folder / RUNNING).open("ab")
        self._file = (self.folder / WARC_NAME).open("wb")
        self._writer = WarcWriter(WARC_NAME, self._file)

    @property
    def writer(self) -> WarcWriter:
        """Knows index and chain."""
        return self._writer

    @property
    def warc(self) -> Path:
        """The archive."""
        return self.folder / WARC_NAME

    @property
    def answers(self) -> int:
        """Answers on tape."""
        return len(self._writer.index)

    def begin(self, fields: Iterable[tuple[str, str]]) -> None:
        """Write the first record, before anything is asked for."""
        write_info(self._writer, self.started, tuple(fields))
        self._file.flush()

    def keep(self, name: str, data: bytes) -> None:
        """Put a file of the folder to be on disk at once, so that it is there after a kill."""
        path = self.folder / FILES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.folder / "aside"
        aside.write_bytes(data)
        aside.replace(path)  # whole or not at all

    def note(self, name: str, value: object) -> None:
        """Put a fact on disk that only a recovery reads."""
        (self.folder / name).write_bytes(canonical_json(value))

    def write(self, exchanges: Iterable[Exchange], seen: Seen) -> list[Snapshot]:
        """Append what has come to its end.

        Args:
            exchanges: not on tape yet. seen: what is known so far of names and addresses.

        Returns:
            snapshots that were due.
        """
        found = []
        self._write_names(seen)
        for item in exchanges:
            item.taped = True
            write_exchange(self._writer, item, seen.address(item.url), self._veil)
            if self._writer.count - self._told_count >= SNAPSHOT_RECORDS:
                found.append(self.snapshot())
        self._file.flush()
        if self._writer.size > self._told_size and monotonic() - self._told_at >= SNAPSHOT_S:
            found.append(self.snapshot())
        return found

    def finish(self, seen: Seen, chains: Iterable[Chain]) -> list[Snapshot]:
        """Append what is left, certificates last; the last snapshot is of the whole archive."""
        found = self.write([item for item in seen.exchanges if not item.taped], seen)
        for chain in chains:
            write_chain(self._writer, chain, self.started)
        if self._writer.size > self._told_size:
            found.append(self.snapshot())
        self._file.close()
        self._running.close()
        return found

    def snapshot(self) -> Snapshot:
        """The digest of what is written so far, on disk before it is told."""
        self._file.flush()
        os.fdatasync(self._file.fileno())
        found = Snapshot(now(), self._writer.size, self._writer.digest())
        self._running.write(canonical_json(found.line()) + b"\n")
        self._running.flush()
        os.fdatasync(self._running.fileno())
        self._told_at, self._told_size, self._told_count = monotonic(), found.size, self._writer.count
        return found

    def drop(self, *, keep: bool = False) -> None:
        """End without a folder. ``keep`` leaves what is on tape for a recovery, where it holds an answer."""
        for stream in (self._file, self._running):
            with contextlib.suppress(OSError):  # a full disk: what is there is there
                stream.close()
        if not keep or not self.answers:
            shutil.rmtree(self.folder, ignore_errors=True)

    def done(self) -> None:
        """The folder is there: neither tape is needed any more."""
        for folder in (self.folder, torn_of(self._out)):
            shutil.rmtree(folder, ignore_errors=True)

    def _write_names(self, seen: Seen) -> None:
        for entry in dns_lines(seen):
            if entry["host"] not in self._hosts:
                self._hosts.add(str(entry["host"]))
                write_dns(self._writer, entry)


def put_aside(out: Path) -> None:
    """Make room for a new tape: of two torn ones the longer is kept."""
    tape, torn = tape_of(out), torn_of(out)
    if not tape.exists():
        return
    if length(tape) > length(torn):
        shutil.rmtree(torn, ignore_errors=True)
        tape.rename(torn)
    else:
        shutil.rmtree(tape)


def length(folder: Path) -> int:
    """Bytes of the archive in a tape's folder, -1 where there is none."""
    try:
        return (folder / WARC_NAME).stat().st_size
    except OSError:
        return -1


def running_file(place: tuple[int, int], lines: Iterable[Mapping[str, object]]) -> bytes:
    """Content of ``meta/running.jsonl``.

    Args:
        place: offset and size of the archive in the WACZ. lines: snapshots, oldest first.
    """
    offset, size = place
    first = {"file": "data/capture.wacz", "member": f"archive/{WARC_NAME}", "offset": offset, "size": size}
    return b"".join(canonical_json(line) + b"\n" for line in (first, *lines))


def running_lines(folder: Path) -> list[dict[str, object]]:
    """Snapshots on a tape; a line that was cut by a kill is left out."""
    found = []
    for line in (folder / RUNNING).read_bytes().split(b"\n")[:-1]:
        try:
            value = json.loads(line)
        except ValueError:
            break
        found.append(value)
    return found
