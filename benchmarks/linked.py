"""How long a change of a linked system takes to us, and what we write back to it, with every fault on.

``python -m benchmarks.linked [SECONDS] [RATE]`` starts the four stand-ins with all faults at the rate (0.25), lets them
change while the standing duty works, and prints the lags of all four, and what was lost or doubled.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from exchange.connectors import post, pulling, state
from exchange.connectors.roster import connectors
from exchange.connectors.source import open_client
from kernel.clock import monotonic, now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LinkedFault, LinkedPost, LinkedRecord
from kernel.schema import upgrade
from pipeline.linked_duty import LinkedDuty
from simulators.linked.faults import Faults
from simulators.linked.server import TOKEN, LinkedServer
from simulators.linked.world import SYSTEMS, books
from simulators.market.model import Ports

EXTRA = 500
CHANGES_A_SECOND = 4


def main(seconds: float, rate: float) -> int:
    """Run and print; 0 when both sides agree and the goals are met."""
    server = LinkedServer(books(Ports(), at=now(), extra=EXTRA), faults=Faults.all_on(rate))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        urls = {f"linked_{system}_url": server.url(system) for system in SYSTEMS}
        tokens = {f"linked_{system}_token": TOKEN for system in SYSTEMS}
        values = {"data_dir": Path(folder), "linked_pull_s": 5, **urls, **tokens}
        config = Settings.model_validate(values)
        database = Database(config.sqlalchemy_url())
        upgrade(database)
        duty = LinkedDuty(config, database)
        _work(server, database, duty, seconds)
        duty.close()
        server.set_faults(Faults(skew_s=server.mischief["credit"].faults.skew_s))
        _catch_up(config, database)
        print("system           records  pull p50     p95     max  post p50     p95     max  in seconds")
        good = [_print(server, database, system) for system in SYSTEMS]
        database.close()
    server.close()
    return 0 if all(good) else 1


def _work(server: LinkedServer, database: Database, duty: LinkedDuty, seconds: float) -> None:
    dice = random.Random(3)
    begun, made = monotonic(), 0
    while (passed := monotonic() - begun) < seconds:
        duty.turn(wait_s=0.1)
        for _ in range(int(passed * CHANGES_A_SECOND) - made):
            made += 1
            system = SYSTEMS[made % len(SYSTEMS)]
            entry = dice.choice(server.books[system].entries())
            server.books[system].put(entry.key, dict(entry.fields), now())
            if made % 4 == 0:
                with database.write() as session:
                    for name in SYSTEMS:
                        post.mint(session, name, post.Sending("risk-hint", f"n:{made}", {}), actor="bench", at=now())
        time.sleep(0.9)


def _catch_up(config: Settings, database: Database) -> None:
    """What a quiet hour does: send what waits, compare the key sets until they agree."""
    with open_client(5.0) as client:
        for system, connector in connectors(config, client).items():
            for _ in range(10):
                post.deliver(database, system, connector.online(), clock=now)
                pulling.pull(database, connector, clock=now)
                pulling.compare_keys(database, connector, clock=now, due=True)


def _print(server: LinkedServer, database: Database, system: str) -> bool:
    with database.read() as session:
        pulled = list(state.read(session, system).lags)
        sent = list(session.execute(select(LinkedPost.lag_ms).where(LinkedPost.system == system)).scalars())
        query = select(LinkedRecord.key, LinkedRecord.version).where(LinkedRecord.system == system)
        ours = Counter({str(key): int(version) for key, version in session.execute(query)})
        held = session.execute(select(LinkedFault.id).where(LinkedFault.system == system)).all()
        states = Counter(session.execute(select(LinkedPost.state).where(LinkedPost.system == system)).scalars())
    theirs = {entry.key: entry.version for entry in server.books[system].entries()}
    figures = [state.percentile(values, share) or 0 for values in (pulled, sent) for share in (0.5, 0.95, 1.0)]
    told = "".join(f"{value / 1000:>{width}.1f}" for value, width in zip(figures, (10, 8, 8, 10, 8, 8), strict=True))
    lost = sum(ours[key] != version for key, version in theirs.items())
    doubled = len(server.books[system].posts) - states["sent"]
    print(f"{system:<16}{len(ours):>8}{told}   behind {lost}, posts doubled {doubled}, quarantined so far {len(held)}")
    return figures[2] < 300_000 and figures[4] <= 5_000


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(main(float(words[0]) if words else 60.0, float(words[1]) if len(words) > 1 else 0.25))
