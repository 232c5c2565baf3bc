"""Stage export: all sealed evidence of a case leaves into a folder of its job, with an index.

Each job has a folder of its own: who takes a case again, for another purpose, is written down again.
"""

import re
from pathlib import Path

from kernel.config import Settings
from kernel.crypto import sha256_hex
from pipeline.exporting import Desk, Wanted, export_case, sealed_of_case
from pipeline.job_run import JobRun
from pipeline.wiring import open_evidence_store

UNSAFE = re.compile(r"[^\w〔〕（）-]")


def folder_of(config: Settings, case: str, job_id: str) -> Path:
    """Where a job puts the packages of a case: ``data_dir/exports/CASE-DIGEST/JOB``, whatever the number holds."""
    return config.data_dir / "exports" / f"{UNSAFE.sub('_', case)}-{sha256_hex(case.encode())[:8]}" / job_id


def export_all(run: JobRun, config: Settings) -> dict[str, object]:
    """Export a case; it can be stopped between two packages and, taken up again, goes on there.

    Effects: ``folder_of``; tables ``custody_event``, ``audit``, ``job``.
    """
    case = str(run.params["case"])
    wanted = Wanted(run.created_by, str(run.params["purpose"]), role=str(run.params["role"]))
    desk = Desk(config, run.database, open_evidence_store(config))
    total = len(sealed_of_case(run.database, case))
    done = failed = 0
    run.report(stage="export", done=done, total=total)
    for line in export_case(desk, case, folder_of(config, case, run.id), wanted):
        done += 1
        failed += line.verdict == "FAILED"
        run.report(done=done, failed=failed)
    # Everybody sees results of jobs, so neither the number nor the folder named for it is in it.
    return {"done": done, "failed": failed}
