"""A publisher that is killed (SIGKILL) again and again: nothing acknowledged is lost, no size has two roots."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from evidence.keys import ensure_keys
from evidence.log import checkpoint, ledger, proof
from kernel.clock import monotonic, now
from kernel.config import Settings
from pipeline.wiring import open_database, open_log
from tests.servers.witnesses import Witnesses, witnessing

ROOT = Path(__file__).parents[2]
ROUNDS = 6
# Appends, publishes, and says on a line of its own what was acknowledged.
PROGRAM = """
import sys
from evidence.log import entry, ledger
from kernel.config import settings
from pipeline.wiring import open_database, open_log

database, number = open_database(settings()), int(sys.argv[1])
with open_log(settings(), database) as publisher:
    while True:
        lines = [entry.package(f"{number + step:064x}", "0" * 64) for step in range(7)]
        number += len(lines)
        with database.write() as session:
            ledger.append_all(session, lines)
        for line, one in zip(lines, publisher.publish(lines)):
            print(line, one.index, one.note.hex(), flush=True)
"""


def _environment(config: Settings, witnesses: Witnesses) -> dict[str, str]:
    options = {f"WANGJIAN_{name}": value for name, value in witnesses.options().items()}
    return {"WANGJIAN_DATA_DIR": str(config.data_dir), "WANGJIAN_WITNESS_QUORUM": "2", **options}


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Every acknowledged entry keeps its place; the last process and the complete audit find the log whole."""
    seed = random.randrange(1 << 30)  # noqa: S311 - the moment of a kill, told when it fails
    moments = random.Random(seed)  # noqa: S311 - as above
    base = Settings(data_dir=tmp_path / "data")
    acknowledged: dict[str, int] = {}
    roots: dict[int, bytes] = {}
    with witnessing(tmp_path / "witnesses", [ensure_keys(base, now()).log.vkey]) as witnesses:
        environment = _environment(base, witnesses)
        for turn in range(ROUNDS):
            output = tmp_path / f"{turn}.txt"
            with output.open("wb") as stream:
                command = [sys.executable, "-c", PROGRAM, str(turn * 1_000_000)]
                child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stream)
            end = monotonic() + 60
            while not output.stat().st_size and child.poll() is None and monotonic() < end:
                time.sleep(0.01)
            time.sleep(moments.random() / 2)
            child.send_signal(signal.SIGKILL)
            child.wait(120)
            for said in output.read_text().split("\n")[:-1]:
                line, _, rest = said.rpartition(" ")[0].rpartition(" ")
                acknowledged[line] = int(rest)
                tree = checkpoint.read(bytes.fromhex(said.rpartition(" ")[2]))[1]
                assert roots.setdefault(tree.size, tree.root) == tree.root, seed
        options = {name.removeprefix("WANGJIAN_").lower(): value for name, value in environment.items()}
        config = Settings(**options)  # type: ignore[arg-type]
        database = open_database(config)
        with open_log(config, database) as publisher:
            found = publisher.publish(list(acknowledged))
            audited = publisher.audit()
        with database.read() as session:
            assert ledger.size(session) == audited.tree.size
        database.close()
    assert len(acknowledged) >= 7 * ROUNDS, seed
    for (line, index), one in zip(acknowledged.items(), found, strict=True):
        assert one.index == index, seed
        assert index < proof.check(proof.parse(one.proof), line).size <= audited.tree.size
    assert audited.checkpoints >= len(roots), seed
