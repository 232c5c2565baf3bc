"""Command ``evidence renew``: archive timestamps before the old ones end."""

import argparse

from kernel.clock import now
from kernel.config import settings
from pipeline.exporting import Desk
from pipeline.renewing import renew_stored
from pipeline.stack import Stack
from pipeline.wiring import open_database, open_evidence_store

ACTOR = "system:cli"


def evidence_renew(options: argparse.Namespace) -> int:
    """Renew what is due, or the named evidence at once; one line for each new version."""
    with Stack(settings()) as stack:
        stack.start_stand_ins(("timestamps",))
        database = open_database(stack.config)
        try:
            desk = Desk(stack.config, database, open_evidence_store(stack.config))
            count = 0
            for name, key in renew_stored(desk, actor=ACTOR, at=now(), only=options.id):
                count += 1
                print(f"{name}  {key}", flush=True)
            print(f"续期 renewed {count}")
        finally:
            database.close()
    return 0
