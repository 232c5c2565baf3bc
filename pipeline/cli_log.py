"""Commands of the witnessed log."""

import argparse

from evidence.keys import ensure_keys
from evidence.log import faults, history, ledger
from kernel.clock import iso, now
from kernel.config import settings
from pipeline.log_duty import audit_log
from pipeline.wiring import open_database

ACTOR = "system:cli"


def log_show(options: argparse.Namespace) -> int:
    """Print the state of the log; exit status 1 when a fault stops sealing."""
    del options
    config = settings()
    database = open_database(config)
    try:
        with database.read() as session:
            size, newest = ledger.size(session), history.newest(session, witnessed=True)
            found = faults.open_faults(session)
    finally:
        database.close()
    print(f"日志公钥 log key      {ensure_keys(config, now()).log.vkey}")
    print(f"条目 entries          {size}")
    if newest is None:
        print("检查点 checkpoint     无 none")
    else:
        names = ", ".join(newest.witnesses) or "无 none"
        print(f"检查点 checkpoint     {newest.size}  {iso(newest.at)}  见证 witnesses: {names}")
        print(newest.note)
    print(f"公开目录 public files {config.log_path()}")
    for fault in found:
        print(f"故障 FAULT [{fault.code}] {iso(fault.at)} {fault.message}\n     → {fault.hint}")
    return 1 if found else 0


def log_audit(options: argparse.Namespace) -> int:
    """Check every leaf, tile, checkpoint and custody event, and ask the witnesses; a fault is an error, and kept."""
    del options
    config = settings()
    database = open_database(config)
    try:
        found, open_still = audit_log(config, database, actor=ACTOR, at=now())
    finally:
        database.close()
    print(f"完整 whole: {found.tree.size} 条 entries, 检查点 checkpoints {found.checkpoints}")
    print(f"根 root {found.tree.root.hex()}")
    print(f"见证方 witnesses asked: {', '.join(found.witnesses) or '无 none'}")
    if found.mended:
        print("磁盘上的瓦片有损坏，已重写 tiles on disk were damaged and are written anew")
    if found.closed:
        print(f"已解除故障 faults closed: {found.closed}")
    if open_still:
        print("见证方不足，故障未解除 too few witnesses could be asked: faults stay open")
    return 1 if open_still else 0
