"""Commands that watch: ``run``, ``watch``, ``web``, ``worker``."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel.clock import monotonic, now
from kernel.config import Settings, settings
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.jobs import FINAL_STATES, Queue
from kernel.models import Evidence, Job, OutboxEntry
from pipeline.crew import work_apart
from pipeline.errors import NothingTakenError, ProcessError, ShopListError
from pipeline.keeper import Keeper
from pipeline.linking import catch_up, links
from pipeline.patience import Patience
from pipeline.room import require_room
from pipeline.sample_task import ensure_sample_task
from pipeline.schedule import is_open, plan_watch
from pipeline.shop_list import ShopRow, add_shops, check_row, parse_csv
from pipeline.sign_in import ticket_url
from pipeline.stack import Stack
from pipeline.stand_ins import MARKET, STANDING, next_day
from pipeline.wiring import open_database, open_evidence_store

ACTOR = "system:cli"
TICK_SECONDS = 0.5
EXIT_FAILED = 1
EXIT_WAITING = 3
OTHER_HINT = "网址在浏览器中能打开吗 Does the address open in a browser? The next visit tries again."
OUTCOME_HINTS = {
    "egress": "只访问公网地址 Only public addresses are visited; a test host is opened with WANGJIAN_EGRESS_ALLOW.",
    "dns": "检查域名拼写 Check the name; the next visit tries again.",
    "unreachable": "对方未开机或拒绝连接 Nothing listens there; the next visit tries again.",
    "timeout": "对方太慢 The site is too slow; the next visit tries again (WANGJIAN_PAGE_TIMEOUT_S).",
    "tls": "证书无效，仅可由执法人员下令固证 The certificate is not valid: only an officer's order captures it: "
    "wangjian capture URL --purpose …",
    "robots": "对方 robots.txt 不许 robots.txt forbids it; an officer may order a capture: wangjian capture URL.",
}
"""What a person can do about a shop that was not visited, by outcome."""


def keep(options: argparse.Namespace) -> int:
    """Only the standing duties, for an installation whose workers and web run elsewhere."""
    del options
    database = open_database(settings())
    keeper = Keeper(settings(), database, visits=True)
    try:
        keeper.run(lambda: True)
    finally:
        keeper.close()
    return 0


def run(options: argparse.Namespace) -> int:
    """The main job: watch, judge, capture, seal, index; then the web interface."""
    started = monotonic()
    require_room(settings().data_dir)
    with Stack(settings()) as stack:
        database = _records(stack.config)
        if options.shops:
            rows = _read_list(options.shops)
        else:
            print("样本市场启动中 starting the sample market …", flush=True)
            told = stack.start_stand_ins((MARKET, *STANDING))
            rows = _rows_or_raise(told[MARKET]["shops"].encode(), "sample market")
            with database.write() as session:
                ensure_sample_task(session, at=now())
        status = _do(stack, database, rows, options.workers, started)
        if not options.shops:
            next_day(stack.config)
        if options.no_web:
            print("打开界面 to open the interface: ./wangjian web")
            return status
        return _serve_web(stack, database)


def watch(options: argparse.Namespace) -> int:
    """Watch the shops at some addresses."""
    started = monotonic()
    rows = [check_row(ShopRow(url=url, platform=options.platform, reason=options.reason)) for url in options.urls]
    require_room(settings().data_dir)
    with Stack(settings()) as stack:
        database = _records(stack.config)
        status = _do(stack, database, rows, options.workers, started)
        return _serve_web(stack, database) if options.web else status


def web(options: argparse.Namespace) -> int:
    """Only the web interface, with workers behind it."""
    with Stack(settings()) as stack:
        database = _records(stack.config)
        stack.start_stand_ins()
        open_evidence_store(stack.config)
        stack.start_workers(options.workers)
        return _serve_web(stack, database)


def _records(config: Settings) -> Database:
    """The database; a new one is made by a process of its own, so that what makes tables does not stay in memory."""

    def make() -> None:
        with suppress(WangjianError):  # said below
            open_database(config).close()

    work_apart(make)
    return open_database(config)


def _read_list(path: Path) -> Sequence[ShopRow]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ShopListError(f"expected a readable CSV file, got: {error}", hint="Check the path.") from error
    return _rows_or_raise(data, path.name)


def _rows_or_raise(data: bytes, name: str) -> Sequence[ShopRow]:
    shops = parse_csv(data)
    for error in shops.errors:
        print(f"{name}:{error.line}: [{error.code}] {error.message} → {error.hint}", file=sys.stderr)
    if not shops.rows:
        raise ShopListError(f"expected at least one shop in {name}, got none", hint="See the lines above.")
    return shops.rows


def _do(stack: Stack, database: Database, rows: Sequence[ShopRow], workers: int, started: float) -> int:
    stack.start_stand_ins()
    open_evidence_store(stack.config)
    with database.write() as session:
        ids = add_shops(session, rows, actor=ACTOR, at=now())
        job_id = plan_watch(session, shop_ids=ids, created_by=ACTOR, at=now())
        patience = Patience(session)
    Queue(stack.config).enqueue(job_id)
    stack.start_workers(workers)
    job = _follow(stack, database, job_id, patience)
    if job.state != "done":
        raise ProcessError(
            f"expected the job to be done, it is {job.state}: [{job.error_code}] {job.error}",
            hint="The same command goes on where it stopped.",
        )
    catch_up(stack.config, database)
    waits = _print_summary(stack, database, job, monotonic() - started)
    if not job.result.get("pages"):
        print(f"错误 error [{NothingTakenError.code}] 没有取到任何网页 no page could be taken", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_WAITING if waits else 0


def _follow(stack: Stack, database: Database, job_id: str, patience: Patience) -> Job:
    """Show progress until the job and its captures are over."""
    keeper = Keeper(stack.config, database, visits=False)
    line = ""
    try:
        while True:
            with database.read() as session:
                job = session.get_one(Job, job_id)
                states = _evidence_states(session)
                hoped_for = patience.worth_waiting(session, at=now())
            line = _show(job, states, line)
            if job.state in FINAL_STATES and (job.state != "done" or not hoped_for):
                print()
                keeper.turn()
                return job
            require_room(stack.config.data_dir)
            if dead := stack.dead():
                raise ProcessError(f"{dead[0].module} ended by itself: {dead[0].tail()}", hint=f"Read {dead[0].log}.")
            keeper.turn()
            time.sleep(TICK_SECONDS)
    finally:
        keeper.close()


def _evidence_states(session: Session) -> dict[str, int]:
    query = select(Evidence.state, func.count()).group_by(Evidence.state)
    return {state: number for state, number in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def _show(job: Job, states: dict[str, int], last: str) -> str:
    progress = job.progress
    crawl = progress.get("crawl")
    counters = crawl if isinstance(crawl, dict) else progress
    line = (
        f"网页 pages {counters.get('pages', 0)} · 待抓 queued {counters.get('queued', 0)} · "
        f"已判 judged {progress.get('judged', 0)} · 线索 leads {progress.get('hits', 0)} · "
        f"证据 sealed {states.get('sealed', 0)}/{sum(states.values())}"
    )
    if states.get("failed"):
        line += f" · 失败 failed {states['failed']}"
    if line != last:
        end = "\r" if sys.stdout.isatty() else "\n"
        print(line, end=end, flush=True)
    return line


def _print_summary(stack: Stack, database: Database, job: Job, seconds: float) -> bool:
    """Print what was done; True when something waits for another try."""
    result = job.result
    hits = result.get("hits")
    by_rule = hits if isinstance(hits, dict) else {}
    with database.read() as session:
        states = _evidence_states(session)
        late = session.execute(select(Evidence.last_error_code).where(is_open())).scalars().all()
        behind = session.execute(select(func.count()).select_from(OutboxEntry)).scalar_one()
        reasons = _reasons(session)
    config = stack.config
    changes = " ".join(
        f"{word} {result.get(name)}"
        for word, name in (
            ("新 new", "new_listings"),
            ("变 changed", "changed_listings"),
            ("下架 gone", "gone_listings"),
        )
    )
    rows = (
        ("店铺 shops", result.get("shops")),
        ("网页 pages", f"{result.get('pages')}（未变 unchanged {result.get('unchanged')}）"),
        ("未取 not taken", _tally(result.get("not_taken"))),
        ("商品 listings", f"{result.get('listings')}（{changes}）"),
        ("线索 leads", f"{sum(by_rule.values())}（新 new {result.get('new_hits')}） {_tally(by_rule)}"),
        ("关联 linked", links(database).line()),
        ("证据 sealed", states.get("sealed", 0)),
        ("失败 failed", states.get("failed", 0)),
        ("待重试 waiting", f"{len(late)} {sorted(set(late))}" if late else 0),
        ("索引待补 to index", behind),
        ("数据 records", config.sqlalchemy_url()),
        ("证据库 store", config.evidence_store_url or config.data_dir / "evidence"),
        ("日志 logs", stack.log_folder),
    )
    print(f"\n完成 done in {seconds:.0f} s")
    for label, value in rows:
        print(f"  {label:<16} {value}")
    for shop in _not_visited(job):
        outcome = str(shop.get("outcome"))
        print(f"  未能巡查 not visited [{outcome}] {shop.get('url')} {shop.get('detail')}")
        print(f"     → {OUTCOME_HINTS.get(outcome, OTHER_HINT)}")
    for code, error in reasons.items():
        print(f"  证据 evidence [{code}] {error}")
    if behind:
        print("  检索引擎未响应，恢复后自动补上 the search engine is behind; it catches up: wangjian search drain")
    print("线索不是认定，由执法人员判断 a lead is not a finding: an officer decides.", flush=True)
    return bool(late or behind)


def _not_visited(job: Job) -> Sequence[dict[str, object]]:
    found = job.result.get("not_visited")
    return [shop for shop in found if isinstance(shop, dict)] if isinstance(found, list) else []


def _reasons(session: Session) -> dict[str, str]:
    """Why evidence waits or failed: each code once, with its newest sentence."""
    query = (
        select(Evidence.last_error_code, Evidence.last_error)
        .where(Evidence.state != "sealed", Evidence.last_error_code != "")
        .order_by(Evidence.ordered_at)
    )
    return {code: error for code, error in session.execute(query)}  # noqa: C416 - dict() would take the rows for a mapping


def _tally(counts: object) -> str:
    """``AD01 16 · AD02 8``, or that there is none."""
    found = counts if isinstance(counts, dict) else {}
    return " · ".join(f"{name} {number}" for name, number in sorted(found.items())) or "无 none"


def _serve_web(stack: Stack, database: Database) -> int:
    child = stack.start_web()
    stack.wait_until_served(child)
    base = f"http://{stack.config.web_host}:{stack.config.web_port}"
    print(f"\n界面 web interface  {base}\n一次性登录 sign in once  {ticket_url(database, base, at=now())}", flush=True)
    print("按 Ctrl-C 结束 press Ctrl-C to end", flush=True)
    keeper = Keeper(stack.config, database, visits=True)
    try:
        # Workers that ended are started again meanwhile.
        keeper.run(lambda: child not in stack.dead())
    finally:
        keeper.close()
    raise ProcessError(f"the web interface ended: {child.tail()}", hint=f"Read {child.log}.")
