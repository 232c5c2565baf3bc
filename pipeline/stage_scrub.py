"""Stage scrub: every stored package hashed now, with progress; a stop leaves the rest to the keeper."""

from evidence import scrub, stored_object, unknown_object
from evidence.store_pair import open_pair
from kernel.clock import now
from kernel.config import Settings
from pipeline.job_run import JobRun

WORK_FOLDER = "storing"


def scrub_all(run: JobRun, config: Settings) -> dict[str, object]:
    """Hash every package in both stores, then look for objects that no row knows.

    Returns:
        counts: looked at, wrong (places with other bytes or none), unknown, set aside.

    Raises:
        StoreError: a store cannot be used. CancelledError: a person stopped it.

    Effects: tables ``stored_object``, ``scrub_finding``, ``custody_event``, ``audit``; quarantine of the stores.
    """
    pair = open_pair(config)
    with run.database.write() as session:
        stored_object.register(session, config.retention_years)
    with run.database.read() as session:
        keys = scrub.all_keys(session)
    wrong = 0
    for number, key in enumerate(keys):
        run.report(stage="scrub", done=number, total=len(keys), current=key[:12], wrong=wrong)
        wrong += scrub.check_object(run.database, pair, key, at=now())
    run.report(stage="unknown", done=len(keys), total=len(keys), current="", wrong=wrong)
    found = unknown_object.walk(run.database, pair, config.data_dir / WORK_FOLDER, at=now())
    return {"looked_at": len(keys), "wrong": wrong, "unknown": found.left, "set_aside": found.set_aside}
