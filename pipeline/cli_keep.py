"""Commands that look after the installation: search, rules, users, records, health."""

import argparse
import getpass
import json
import re
import sys
from collections.abc import Sequence

from argon2 import PasswordHasher
from sqlalchemy import delete, select

from evidence import custody
from evidence.errors import CustodyBrokenError
from kernel import audit
from kernel.clock import iso, now
from kernel.config import settings
from kernel.jobs import ask_cancel, create
from kernel.models import Evidence, Job, Listing, Shop, User, UserSession
from pipeline.errors import UsageError
from pipeline.health import examine
from pipeline.sign_in import ensure_user, ticket_url
from pipeline.stage_index import drain_all
from pipeline.wiring import open_database, open_engine
from pipeline.worker import perform
from search.engine import SearchRequest, Segment
from search.query import parse
from supervision.rules.engine import judge_text
from supervision.rules.rule_catalogue import load_catalogue

ACTOR = "system:cli"
MIN_PASSWORD = 12
USER_NAME = re.compile(r"[a-z][a-z0-9.-]{1,31}")
SNIPPET_BEFORE = 20
SNIPPET_LENGTH = 80


def search_query(options: argparse.Namespace) -> int:
    """Find listings and print a line each."""
    config = settings()
    engine = open_engine(config)
    database = open_database(config)
    try:
        drain_all(database, engine)
        result = engine.search(SearchRequest(query=parse(options.text), size=options.size, highlight=True))
        with database.read() as session:
            for hit in result.hits:
                row = session.get(Listing, hit.id)
                if row is None:
                    continue
                shop = session.get_one(Shop, row.shop_id)
                price = f"{row.currency} {row.price_fen / 100:.2f}" if row.price_fen is not None else "-"
                if options.json:
                    found = {
                        "id": row.id,
                        "title": row.title,
                        "price_fen": row.price_fen,
                        "currency": row.currency,
                        "url": row.url,
                        "shop": shop.name,
                    }
                    print(json.dumps(found, ensure_ascii=False))
                else:
                    print(f"{row.id:>8}  {price:>12}  {row.title}  [{shop.name}]  {row.url}")
                    if snippet := _snippet(hit.highlights.get("description", ())):
                        print(f"{'':>24}{snippet}")
        print(f"{result.total} 条 found", file=sys.stderr)
    finally:
        engine.close()
        database.close()
    return 0


def _snippet(segments: Sequence[Segment]) -> str:
    """Where the words stand in the description, marked; nothing when they stand elsewhere."""
    if not any(segment.is_match for segment in segments):
        return ""
    text = "".join(f"【{segment.text}】" if segment.is_match else segment.text for segment in segments)
    start = max(0, text.index("【") - SNIPPET_BEFORE)
    return "…" * (start > 0) + text[start : start + SNIPPET_LENGTH].replace("\n", " ")


def search_rebuild(options: argparse.Namespace) -> int:
    """Make the index anew as a job, here."""
    del options
    database = open_database(settings())
    with database.write() as session:
        job_id = create(
            session, kind="rebuild_index", title="重建索引 rebuild index", params={}, created_by=ACTOR, at=now()
        ).id
    perform(job_id)
    with database.read() as session:
        job = session.get_one(Job, job_id)
    database.close()
    if job.state != "done":
        raise UsageError(f"expected the rebuild to be done, it is {job.state}: [{job.error_code}] {job.error}")
    print(f"已重建 rebuilt: {job.result.get('indexed')}")
    return 0


def search_drain(options: argparse.Namespace) -> int:
    """Index what waits in the outbox."""
    del options
    config = settings()
    engine = open_engine(config)
    try:
        print(f"已索引 indexed: {drain_all(open_database(config), engine)}")
    finally:
        engine.close()
    return 0


def rules_list(options: argparse.Namespace) -> int:
    """Print the rules in force."""
    del options
    for rule in load_catalogue().in_force(now()).rules:
        law = "；".join(f"{item.act} {item.article} [{item.confidence}]" for item in rule.law)
        print(f"{rule.id:<6} {rule.version:<10} {rule.severity:<7} {rule.title.zh}  {law}")
    return 0


def rules_try(options: argparse.Namespace) -> int:
    """Judge a text; exit status 1 when a rule hits."""
    hits = judge_text(options.text, load_catalogue(), now(), category=options.category)
    for hit in hits:
        print(f"{hit.rule.id} 「{hit.signal.quote}」 {hit.reason()['zh']}")
        for law in hit.law:
            print(f"     {law.act} {law.article} [{law.confidence}]")
    print("线索不是认定 a lead is not a finding" if hits else "无命中 no hit", file=sys.stderr)
    return 1 if hits else 0


def user_add(options: argparse.Namespace) -> int:
    """Add a user with a password."""
    password = getpass.getpass("密码 password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < MIN_PASSWORD:
        raise UsageError(f"expected a password of {MIN_PASSWORD} characters or more", hint="Use a phrase.")
    if not USER_NAME.fullmatch(options.name):
        raise UsageError(
            f"expected a name of 2 to 32 small letters, digits, dots and dashes, got {options.name!r}",
            hint="For example zhang.wei; names with a colon are the system's own.",
        )
    database = open_database(settings())
    user_id = ensure_user(database, options.name, sorted(set(options.role)), at=now())
    with database.write() as session:
        user = session.get_one(User, user_id)
        session.execute(delete(UserSession).where(UserSession.user_id == user_id))
        user.password_hash, user.roles = PasswordHasher().hash(password), sorted(set(options.role))
        audit.append(session, actor=ACTOR, action="user.password", object_type="user", object_id=user_id, at=now())
    database.close()
    print(f"用户 user {options.name}: {', '.join(sorted(set(options.role)))}")
    return 0


def user_ticket(options: argparse.Namespace) -> int:
    """Print a one-time sign-in for a user who exists."""
    config = settings()
    database = open_database(config)
    with database.read() as session:
        if session.execute(select(User.id).where(User.name == options.name)).first() is None:
            raise UsageError(f"expected a known user, got {options.name!r}", hint="wangjian user add NAME --role …")
    base = config.public_url or f"http://{config.web_host}:{config.web_port}"
    print(ticket_url(database, base, at=now(), name=options.name))
    database.close()
    return 0


def jobs_list(options: argparse.Namespace) -> int:
    """Print the newest jobs."""
    del options
    database = open_database(settings())
    with database.read() as session:
        for job in session.execute(select(Job).order_by(Job.created_at.desc()).limit(50)).scalars():
            print(f"{job.id}  {job.state:<10} {job.kind:<14} {iso(job.created_at)}  {job.title}  {job.error_code}")
    database.close()
    return 0


def jobs_cancel(options: argparse.Namespace) -> int:
    """Ask a job to stop."""
    database = open_database(settings())
    with database.write() as session:
        asked = ask_cancel(session, options.id, now())
        if asked:
            audit.append(session, actor=ACTOR, action="job.cancel", object_type="job", object_id=options.id, at=now())
    database.close()
    if not asked:
        raise UsageError(f"expected a job that is not over, got {options.id!r}", hint="wangjian jobs list")
    print("已请求停止 stop asked")
    return 0


def audit_check(options: argparse.Namespace) -> int:
    """Check the audit chain and every chain of custody; exit status 1 when one is broken."""
    del options
    database = open_database(settings())
    broken: list[str] = []
    with database.read() as session:
        check = audit.verify(session)
        orders = session.execute(select(Evidence.id).order_by(Evidence.id)).scalars().all()
        for evidence_id in orders:
            try:
                custody.verify_chain(session, evidence_id)
            except CustodyBrokenError as error:
                broken.append(f"{evidence_id}: {error.message}")
    database.close()
    state = "完整 whole" if check.ok else f"在第 {check.first_bad_seq} 条断开 broken"
    print(f"审计 audit: {check.entries} 条 entries, {state}")
    print(f"保管链 custody: {len(orders)} 条 chains, {'断开 broken' if broken else '完整 whole'}")
    for line in broken:
        print(f"     {line}")
    return 0 if check.ok and not broken else 1


def doctor(options: argparse.Namespace) -> int:
    """Check each part and say what to do; exit status 1 when one is missing."""
    del options
    findings = examine(settings())
    for finding in findings:
        print(f"{'正常 ok ' if finding.ok else '异常 BAD'}  {finding.part:<20} {finding.line}")
    return 0 if all(finding.ok for finding in findings) else 1
