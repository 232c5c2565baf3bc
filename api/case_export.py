"""A whole case leaves: the order for it, and the index of what was written."""

from dataclasses import dataclass

from sqlalchemy import func, select

from api.auth import SignedIn
from api.context import Context
from api.errors import NotFoundError
from api.orders import Started, check_purpose
from api.queries.jobs import find_job
from api.queries.scope import evidence_visible
from kernel import audit, jobs
from kernel.models import Evidence
from pipeline.stage_export import folder_of

KIND = "export_case"


@dataclass(frozen=True, slots=True)
class Index:
    """The index of a case that was exported: the bytes of the CSV and a file name in ASCII."""

    data: bytes
    name: str


def start_case_export(context: Context, who: SignedIn, case: str, purpose: str) -> Started:
    """Hand the export of all sealed evidence of a case to the workers.

    Raises:
        InputError: no purpose. NotFoundError: no sealed evidence of that case, or some that this person may not see.

    Effects: tables ``job``, ``audit``; the queue.
    """
    purpose = check_purpose(purpose)
    with context.database.write() as session:
        of_case = (Evidence.case_number == case) & (Evidence.case_number != "") & (Evidence.state == "sealed")
        count = select(func.count(Evidence.id)).where(of_case)
        total = session.execute(count).scalar_one()
        if not total or session.execute(count.where(evidence_visible(who.scope))).scalar_one() != total:
            raise NotFoundError("expected a case with sealed evidence, got none", hint="从证据页选择案件。")
        at = context.now()
        # Everybody sees titles of jobs, so the number of the case is not in it.
        job = jobs.create(
            session,
            kind=KIND,
            title=f"整案导出 export of a case × {total}",
            params={"case": case, "purpose": purpose, "role": who.roles[0] if who.roles else ""},
            created_by=who.scope.name,
            at=at,
        )
        audit.append(
            session, actor=who.scope.name, action="evidence.export_case", object_type="job", object_id=job.id,
            detail={"case": case, "purpose": purpose, "packages": total}, at=at,
        )  # fmt: skip
        job_id = job.id
    return Started(job_id, context.enqueue(job_id))


def case_index(context: Context, who: SignedIn, job_id: str) -> Index:
    """The index of an export as far as it has come.

    Raises:
        NotFoundError: no such job for this person, or nothing written on this machine.
    """
    with context.database.read() as session:
        job = find_job(session, who.scope, job_id)
        kind, case = job.kind, str(job.params.get("case", ""))
    path = folder_of(context.settings, case, job_id) / "index.csv"
    if kind != KIND or not path.is_file():
        raise NotFoundError("expected the index of an exported case, got none", hint="等待任务写出第一个证据包。")
    return Index(path.read_bytes(), f"{job_id}.index.csv")
