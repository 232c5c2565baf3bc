"""Health: each part of the installation, whether it works, and what to do when not."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence import copies, scrub
from evidence.log import faults, history, ledger
from kernel import audit
from kernel.clock import iso, now
from kernel.config import Settings
from kernel.errors import WangjianError
from kernel.jobs import Queue, connect
from pipeline.errors import PartMissingError
from pipeline.wiring import open_database, open_engine

LOW_DISK_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: its name, whether it works, and one line on it."""

    part: str
    ok: bool
    line: str


def examine(config: Settings) -> list[Finding]:
    """Look at every part; never raises for a part that is missing."""
    findings = []
    for part, check in CHECKS:
        try:
            findings.append(Finding(part, ok=True, line=check(config)))
        except WangjianError as error:
            findings.append(Finding(part, ok=False, line=f"{error.message} → {error.hint}"))
        except OSError as error:
            findings.append(Finding(part, ok=False, line=str(error)))
    return findings


def _program(name: str, *, hint: str, ask: str = "--version") -> str:
    path = shutil.which(name)
    if path is None:
        raise PartMissingError(f"expected the program {name}, found none", hint=hint)
    done = subprocess.run([path, ask], capture_output=True, text=True, check=False, timeout=20)
    first = (done.stdout or done.stderr).strip().splitlines()
    return f"{path} {first[0] if first else ''}"


def _browser(config: Settings) -> str:
    return _program(config.chromium_path or "chromium", hint="sudo apt-get install chromium")


def _disk(config: Settings) -> str:
    folder = next(path for path in (config.data_dir, *config.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < LOW_DISK_BYTES:
        raise PartMissingError(f"expected 2 GB free below {folder}, got {free // 1_000_000} MB", hint="Make room.")
    return f"{free // 1_000_000_000} GB free"


def _records(config: Settings) -> str:
    database = open_database(config)
    with database.read() as session:
        check = audit.verify(session)
    database.close()
    if not check.ok:
        raise PartMissingError(f"the audit chain is broken at entry {check.first_bad_seq}", hint="wangjian audit")
    return f"{config.sqlalchemy_url()}, {check.entries} audit entries"


def _log(config: Settings) -> str:
    database = open_database(config)
    try:
        with database.read() as session:
            faults.require_none(session)
            size, newest = ledger.size(session), history.newest(session, witnessed=True)
    finally:
        database.close()
    if newest is None:
        return f"{size} 条 entries, 尚无见证 not witnessed yet"
    names = ", ".join(newest.witnesses) or "无 none"
    return f"{size} 条 entries, 已见证 witnessed {newest.size} ({iso(newest.at)}: {names})"


def _store(config: Settings) -> str:
    """What the scrub found, and what waits for its copy; the store itself is not opened."""
    database = open_database(config)
    try:
        with database.read() as session:
            found, late = scrub.open_findings(session), scrub.overdue(session, now(), config.scrub_days)
            waiting = len(copies.waiting(session, config.evidence_copy_url)) if config.evidence_copy_url else 0
            total = len(scrub.all_keys(session))
    finally:
        database.close()
    if found:
        first = found[0]
        raise PartMissingError(
            f"{len(found)} 处异常 findings: {first.kind} in the {first.place}, {first.evidence_id or first.key}",
            hint=f"wangjian evidence restore {first.evidence_id}" if first.restore_from else "wangjian evidence scrub",
        )
    if late:
        raise PartMissingError(
            f"{late} packages were not hashed within {config.scrub_days:g} days", hint="wangjian evidence scrub"
        )
    copied = f"{waiting} 份待复制 wait for their copy" if config.evidence_copy_url else "无副本 no copies"
    return f"{total} 份 packages, {copied}"


def _queue(config: Settings) -> str:
    connect(config).close()
    return f"{Queue(config).waiting()} waiting"


def _engine(config: Settings) -> str:
    engine = open_engine(config)
    health = engine.health()
    engine.close()
    if health.status == "down":
        raise PartMissingError(f"the search engine is down: {health.detail}", hint="The outbox keeps what waits.")
    return f"{health.engine} {health.status}, {health.documents} listings"


def _font(config: Settings) -> str:
    del config
    for path in sorted(Path("/usr/share/fonts").rglob("*")):
        if path.suffix in {".ttc", ".ttf", ".otf"} and ("wqy" in path.name.lower() or "cjk" in path.name.lower()):
            return str(path)
    raise PartMissingError("expected a Chinese font, found none", hint="sudo apt-get install fonts-wqy-zenhei")


CHECKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("浏览器 browser", _browser),
    ("中文字体 font", _font),
    ("openssl", lambda _config: _program("openssl", hint="sudo apt-get install openssl", ask="version")),
    ("磁盘 disk", _disk),
    ("记录 records", _records),
    ("见证日志 log", _log),
    ("证据库 evidence", _store),
    ("队列 queue", _queue),
    ("检索 search", _engine),
)
