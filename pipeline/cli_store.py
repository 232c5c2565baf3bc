"""Commands about the evidence store's long life: scrub, restore, holds, deletion and its certificate."""

import argparse
import sys

from evidence import custody, deletion, deletion_certificate, retention, scrub, stored_object
from evidence.errors import DeletionError
from evidence.log import entry
from evidence.restore import restore
from evidence.store_pair import open_pair
from evidence.trust import load as load_trust
from kernel.clock import iso, now
from kernel.config import settings
from kernel.jobs import create
from kernel.models import Evidence, Job
from pipeline.cli_officer import ask_password, opened, require_password
from pipeline.errors import UsageError
from pipeline.stage_scrub import WORK_FOLDER
from pipeline.store_duty import finish_deletion
from pipeline.wiring import open_evidence_store, open_log
from pipeline.worker import perform

ACTOR = "system:cli"
EXIT_FAILED, EXIT_WAITING = 1, 3


def evidence_scrub(options: argparse.Namespace) -> int:
    """Hash every stored package now, as a job that can be stopped; exit status 1 when something is wrong."""
    del options
    with opened() as database:
        with database.write() as session:
            job_id = create(session, kind="scrub", title="复核证据库 scrub", params={}, created_by=ACTOR, at=now()).id
        print(f"{job_id}  停止 stop: wangjian jobs cancel {job_id}", flush=True)
        perform(job_id)
        with database.read() as session:
            job = session.get_one(Job, job_id)
            found = scrub.open_findings(session)
        if job.state != "done":
            raise UsageError(f"expected the scrub to be done, it is {job.state}: [{job.error_code}] {job.error}")
        result = job.result
        print(
            f"已复核 looked at {result.get('looked_at')}；异常 wrong {result.get('wrong')}；"
            f"无记录 unknown {result.get('unknown')}；隔离 set aside {result.get('set_aside')}"
        )
        for one in found:
            source = f"  恢复自 restore from {one.restore_from}" if one.restore_from else ""
            print(f"{one.kind:<8} {one.place:<6} {one.evidence_id or '-'}  {one.key}{source}")
    return EXIT_FAILED if found else 0


def evidence_restore(options: argparse.Namespace) -> int:
    """Put back a damaged or missing package from the other store."""
    config = settings()
    open_evidence_store(config)
    with opened() as database:
        with database.write() as session:
            stored_object.register(session, config.retention_years)
        kept = restore(database, open_pair(config), options.id, config.data_dir / WORK_FOLDER, actor=ACTOR, at=now())
    for place, quarantine in kept.items():
        print(f"{options.id}  {place}  已恢复 restored  {quarantine}")
    if not kept:
        print(f"{options.id}  字节均正确，异常已销 bytes are right everywhere, finding closed")
    return 0


def evidence_hold(options: argparse.Namespace) -> int:
    """An officer holds evidence: it may not be deleted until the hold is released."""
    with opened() as database:
        require_password(database, options.account, ask_password())
        with database.write() as session:
            row = retention.hold(
                session, options.id, account=options.account, reason=options.reason, case=options.case, at=now()
            )
            print(f"{options.id}  已保全 held  {row.case_number}  {row.reason}")
    return 0


def evidence_release(options: argparse.Namespace) -> int:
    """An officer releases every hold on evidence."""
    with opened() as database:
        require_password(database, options.account, ask_password())
        with database.write() as session:
            found = retention.release(session, options.id, account=options.account, reason=options.reason, at=now())
            print(f"{options.id}  已解除保全 released: {len(found)}")
    return 0


def evidence_delete(options: argparse.Namespace) -> int:
    """Ask for a deletion, or, as another officer, agree: then the bytes go and a certificate stays.

    Returns:
        0 deleted; 3 it waits for the other officer, or for a store that does not let go.
    """
    config = settings()
    with opened() as database:
        require_password(database, options.account, ask_password())
        with database.write() as session:
            row = deletion.of_evidence(session, options.id)
            if row is None:
                deletion.ask(
                    session, options.id, account=options.account, reason=options.reason, basis=options.basis,
                    at=now(), years=config.retention_years,
                )  # fmt: skip
                print(f"{options.id}  已申请，等待另一名执法人员同意 asked; another officer has to agree")
                return EXIT_WAITING
            if row.state == deletion.ASKED:
                deletion.agree(session, options.id, account=options.account, at=now(), years=config.retention_years)
        if finish_deletion(config, database, open_pair(config), options.id):
            print(f"{options.id}  已销毁 deleted: wangjian evidence deletion-certificate {options.id} --out FOLDER")
            return 0
        with database.read() as session:
            waiting = deletion.of_evidence(session, options.id)
        print(f"{options.id}  {waiting.error if waiting else ''}", file=sys.stderr)
    return EXIT_WAITING


def evidence_certificate(options: argparse.Namespace) -> int:
    """Write the deletion certificate with custody and log proof into a new folder, and check it."""
    config = settings()
    with opened() as database:
        with database.read() as session:
            row = deletion.of_evidence(session, options.id)
            evidence = session.get(Evidence, options.id)
            if row is None or evidence is None or row.state != deletion.DONE:
                raise DeletionError(f"expected deleted evidence, got {options.id}", hint="wangjian evidence list")
            events = custody.events(session, options.id)
        last = next(index for index, event in enumerate(events) if event.action == "deleted")
        with open_log(config, database) as publisher:
            (published,) = publisher.publish([entry.custody(events[last].hash)])
        chain = custody.render(events[: last + 1])
        deletion_certificate.write(options.out, row.certificate.encode(), row.signature, chain, published.proof)
    return _tell(options.out, deletion_certificate.verify(options.out, load_trust(config.trust_path())))


def deletion_verify(options: argparse.Namespace) -> int:
    """Check a deletion certificate's folder."""
    anchors = load_trust(options.trust or settings().trust_path())
    return _tell(options.folder, deletion_certificate.verify(options.folder, anchors))


def _tell(folder: object, checked: deletion_certificate.Checked) -> int:
    value = checked.value
    print(f"{folder}  {value['evidence_id']}  {value['deleted_at']}  root {value['root_sha256']}")
    logged = f"已载入日志，见证 logged, witnesses {checked.witnesses}" if checked.logged else "无日志证明 no log proof"
    print(f"签名与保管链成立 signature and custody hold；{logged}")
    return 0


def evidence_retention(options: argparse.Namespace) -> int:
    """Print the storage term of evidence, its holds, copies and findings."""
    config = settings()
    with opened() as database, database.read() as session:
        row = session.get(Evidence, options.id)
        if row is None:
            raise UsageError(f"expected known evidence, got {options.id}", hint="wangjian evidence list")
        end = retention.until(row, config.retention_years)
        code = retention.why_kept(session, row, now(), config.retention_years)
        verdict = code or "可申请销毁 may be deleted"
        print(f"{row.id}  {row.state}  保存至 kept until {iso(end) if end else '-'}  {verdict}")
        for one in retention.holds(session, row.id):
            ended = f"解除 released {iso(one.released_at)} {one.released_by}" if one.released_at else "有效 in force"
            print(f"     保全 hold  {iso(one.at)}  {one.by}  {one.case_number}  {one.reason}  {ended}")
        stored = stored_object.of_evidence(session, row.id)
        if stored is not None:
            checked = iso(stored.checked_at) if stored.checked_at else "-"
            print(f"     复核 hashed {checked}  副本 copy {stored.copied_to or '-'}  {stored.error_code}")
        for finding in scrub.open_findings(session, row.id):
            print(f"     异常 {finding.kind} {finding.place}  {finding.restore_from}")
    return 0
