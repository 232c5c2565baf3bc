"""Reconciling a million rows: every planted difference found, and how long it takes.

Both sides lie in SQLite files, as in an installation; the sides talk in the steps of a real reconciliation.

    python -m benchmarks.reconcile --rows 1000000 --planted 3000
"""

import argparse
import random
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from exchange.reconcile.tally import Row, Tally, by_key, compare, differing, explains, rows_in
from kernel.clock import monotonic

LIMIT_S = 30.0


def _content(number: int, version: int) -> str:
    return sha256(f"{number}/{version}".encode()).hexdigest()


def _fill(path: Path, rows: int, planted: dict[int, str], *, theirs: bool) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE record (key TEXT PRIMARY KEY, content TEXT, seq INTEGER) WITHOUT ROWID")

    def each() -> Iterator[tuple[str, str, int]]:
        for number in range(rows):
            kind = planted.get(number, "")
            absent = "missing" if theirs else "extra"
            if kind != absent:
                version = 2 if theirs and kind == "altered" else 1
                yield f"LEAD/310115-2026-{number:09d}", _content(number, version), number + 1

    connection.executemany("INSERT INTO record VALUES (?, ?, ?)", each())
    connection.commit()
    connection.close()


def _rows(path: Path) -> Iterator[Row]:
    connection = sqlite3.connect(path)
    try:
        yield from connection.execute("SELECT key, content, seq FROM record")
    finally:
        connection.close()


def main() -> int:
    """Plant, reconcile, judge. Returns: 0 when all was found, nothing invented, in time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--planted", type=int, default=3_000)
    options = parser.parse_args()
    chance = random.Random(7)
    kinds = ("missing", "extra", "altered")
    planted = {number: chance.choice(kinds) for number in chance.sample(range(options.rows), options.planted)}
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.db", Path(folder) / "theirs.db"
        _fill(ours, options.rows, planted, theirs=False)
        _fill(theirs, options.rows, planted, theirs=True)
        begun = monotonic()
        left, right = Tally("LEAD", _rows(ours)), Tally("LEAD", _rows(theirs))
        uppers = differing(left.upper(), right.upper())
        lowers = differing(left.lower(uppers), right.lower(uppers))
        pair = [by_key(rows_in(_rows(path), lowers)) for path in (ours, theirs)]
        found = compare(pair[0], pair[1])
        whole = explains(left.manifest, right.manifest, found)
        seconds = monotonic() - begun
    right_ones = {(one.key.rsplit("-", 1)[1], one.kind) for one in found}
    wanted = {(f"{number:09d}", kind) for number, kind in planted.items()}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"rows {options.rows} planted {len(wanted)} found {len(right_ones & wanted)}", end=" ")
    print(f"invented {len(right_ones - wanted)} whole {whole}", end=" ")
    print(f"buckets {len(lowers)} seconds {seconds:.1f} memory {memory} MiB")
    return 0 if right_ones == wanted and whole and seconds <= LIMIT_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
