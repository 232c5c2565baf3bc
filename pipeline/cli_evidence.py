"""Commands about evidence: ``verify``, ``capture``, ``evidence list``."""

import argparse
import sys

from sqlalchemy import select

from crawlers.address import canonical_url
from evidence.keys import ensure_keys
from evidence.trust import load as load_trust
from evidence.verdict import exit_code
from evidence.verify import verify as verify_package
from evidence.verify import verify_steps
from kernel.clock import iso, now
from kernel.config import settings
from kernel.db import Database
from kernel.models import Evidence
from pipeline.capture_client import CaptureClient
from pipeline.errors import UsageError
from pipeline.interruption import recover_by_hand
from pipeline.orders import order_capture
from pipeline.patience import Patience
from pipeline.room import require_room
from pipeline.schedule import plan_captures
from pipeline.stack import Stack
from pipeline.stage_capture import MARGIN_SECONDS, worker_environment
from pipeline.stand_ins import TRUST
from pipeline.wiring import open_database, open_evidence_store
from pipeline.worker import perform

ACTOR = "system:cli"
EXIT_WAITING = 3


def verify_file(options: argparse.Namespace) -> int:
    """Check a package step by step.

    Returns:
        0 all passed; 1 a step failed; 2 unreadable or wrong usage; 3 passed with reservations.
    """
    if not options.file.exists():
        raise UsageError(f"expected a file, {options.file} is not there", hint="核对路径 check the path.")
    trust = load_trust(options.trust or settings().trust_path())
    if options.json:
        report = verify_package(options.file, trust=trust, at=now())
        sys.stdout.buffer.write(report.as_json())
        return report.exit_code
    steps = []
    said: set[str] = set()
    for step in verify_steps(options.file, trust=trust, at=now()):
        steps.append(step)
        print(step.line(), flush=True)
        words = step.words()
        if step.code != "OK" and (words.next_zh or step.detail):
            detail = f" [{step.detail}]" if step.detail else ""
            # The same advice is given once, not at each step that could not be taken for the same reason.
            told = not words.next_zh or words.next_zh in said
            said.add(words.next_zh)
            if detail or not told:
                print(f"      {detail}" if told else f"     → {words.next_zh} / {words.next_en}{detail}")
    code = exit_code(steps)
    words_of = {
        0: "通过 PASSED",
        1: "不通过 FAILED",
        2: "无法读取 UNREADABLE",
        3: "通过但有保留 PASSED WITH RESERVATIONS",
    }
    print(words_of[code])
    return code


def capture_page(options: argparse.Namespace) -> int:
    """Order, capture and seal one page in the foreground; or ``recover ID``: seal what an interrupted one left."""
    if len(options.target) == 2 and options.target[0] == "recover":
        return capture_recover(options.target[1], options.purpose)
    if len(options.target) != 1:
        raise UsageError(f"expected URL or: recover ID, got {' '.join(options.target)}", hint="wangjian capture --help")
    url = options.target[0]
    canonical_url(url)  # what is no address need start nothing
    require_room(settings().data_dir)
    with Stack(settings()) as stack:
        database = open_database(stack.config)
        stack.start_stand_ins(TRUST)
        open_evidence_store(stack.config)
        with database.write() as session:
            evidence_id = order_capture(
                session,
                url=url,
                shop_id=None,
                listing_id=None,
                purpose=options.purpose,
                actor=ACTOR,
                at=now(),
                case=options.case,
            ).id
            Patience(session)  # what waited for another try is due now
            jobs = plan_captures(session, created_by=ACTOR, at=now())
            held_by = session.get_one(Evidence, evidence_id).job_id
        for job in dict.fromkeys([*jobs, held_by]):
            perform(job)
        return _tell_state(database, evidence_id)


def _tell_state(database: Database, evidence_id: str) -> int:
    with database.read() as session:
        row = session.get_one(Evidence, evidence_id)
    print(f"{row.id}  {row.state}  {row.completeness}  {row.root_sha256}  {row.store_key}")
    if row.last_error:
        print(f"[{row.last_error_code}] {row.last_error}", file=sys.stderr)
    if row.case_number and row.state == "captured":
        print(f"等待两名执法人员审批 waits for two officers: wangjian evidence approve {row.id} --account NAME")
        return EXIT_WAITING
    return 0 if row.state == "sealed" else 1


def capture_recover(evidence_id: str, purpose: str) -> int:
    """Make a PARTIAL capture of what an interrupted one left, and seal it."""
    with Stack(settings()) as stack:
        database = open_database(stack.config)
        stack.start_stand_ins(("timestamps",))
        open_evidence_store(stack.config)
        ensure_keys(stack.config, now())
        log = stack.config.data_dir / "log" / "capture.log"
        with CaptureClient(log, MARGIN_SECONDS) as client:
            client.extra.update(worker_environment(stack.config))
            recover_by_hand(database, stack.config, client, evidence_id, actor=ACTOR, purpose=purpose)
        with database.write() as session:
            jobs = plan_captures(session, created_by=ACTOR, at=now())
            held_by = session.get_one(Evidence, evidence_id).job_id
        for job in dict.fromkeys([*jobs, held_by]):
            perform(job)
        return _tell_state(database, evidence_id)


def evidence_list(options: argparse.Namespace) -> int:
    """Print the newest evidence."""
    del options
    database = open_database(settings())
    with database.read() as session:
        rows = list(session.execute(select(Evidence).order_by(Evidence.ordered_at.desc()).limit(200)).scalars())
        if not rows:
            print("还没有证据 no evidence yet: wangjian capture URL --purpose …")
        for row in rows:
            when = iso(row.ordered_at)
            print(f"{row.id}  {row.state:<9} {row.completeness:<9} {when}  {row.url}  {row.last_error_code}")
    database.close()
    return 0
