"""A writer killed at any instruction: nothing acknowledged is lost, the next one writes on at once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from search.embedded_engine import EmbeddedEngine
from search.engine import SearchRequest
from tests.contract.search.listings import listings

ROUNDS = 8
_WRITER = """
import sys
from pathlib import Path
from search.embedded_engine import EmbeddedEngine
from tests.contract.search.listings import listing

engine = EmbeddedEngine(Path(sys.argv[1]), lock_timeout_s=5)
number = engine.count() + 1
while True:
    engine.index([listing(n) for n in range(number, number + 20)])
    engine.commit()
    number += 20
    print(number - 1, flush=True)
"""


def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Eight writers one after another are killed; the index opens, the lock is free, the documents are whole."""
    root = tmp_path / "index"
    acknowledged = 0
    for round_ in range(ROUNDS):
        command = [sys.executable, "-c", _WRITER, str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path.cwd()) as writer:
            assert writer.stdout is not None
            for _ in range(1 + round_ % 3):
                line = writer.stdout.readline()
                assert line, writer.stderr.read() if writer.stderr else b""
                acknowledged = int(line)
            os.kill(writer.pid, signal.SIGKILL)
            rest = writer.stdout.read().split(b"\n")[:-1]
            acknowledged = int(rest[-1]) if rest else acknowledged
        engine = EmbeddedEngine(root, lock_timeout_s=1)
        assert acknowledged <= engine.count() <= acknowledged + 20
        assert engine.count() % 20 == 0
        engine.close()
    engine = EmbeddedEngine(root, lock_timeout_s=1)
    ids = [hit.id for hit in engine.walk(SearchRequest(sort="id_asc", size=1_000))]
    assert ids == list(range(1, engine.count() + 1))
    last = list(listings(engine.count()))[-1]
    engine.index([last])
    engine.commit()
    assert engine.count() == len(ids)
    engine.close()
