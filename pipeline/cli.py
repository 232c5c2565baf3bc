"""The ``wangjian`` command: reads the command line and hands over to ``cli_*``."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from kernel.config import settings
from kernel.errors import WangjianError
from kernel.log import set_up
from pipeline import cli_evidence, cli_keep, cli_keys, cli_log, cli_officer, cli_run
from pipeline.room import file_error

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wangjian", description="网鉴：网络交易监管 · supervision of online trade")
    parser.add_argument("--verbose", action="store_true", help="log lines on standard error 显示日志")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="watch shops and open the web interface 巡查并打开界面")
    run.add_argument("--shops", type=Path, help="CSV: url,name,platform,reason; the sample market when left out")
    run.add_argument("--no-web", action="store_true", help="end after the summary 完成后退出")
    run.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
    run.set_defaults(action=cli_run.run)

    watch = commands.add_parser("watch", help="watch the shops at these addresses 巡查指定网址")
    watch.add_argument("urls", nargs="+", metavar="URL")
    watch.add_argument("--platform", default="generic")
    watch.add_argument("--reason", default="")
    watch.add_argument("--web", action="store_true", help="open the web interface afterwards 完成后打开界面")
    watch.add_argument("--workers", type=int, default=2)
    watch.set_defaults(action=cli_run.watch)

    web = commands.add_parser("web", help="open the web interface with workers 打开界面")
    web.add_argument("--workers", type=int, default=2)
    web.set_defaults(action=cli_run.web)

    worker = commands.add_parser("worker", help="take jobs from the queue 执行任务")
    worker.add_argument("--count", type=int, default=1, help="processes (default 1)")
    worker.add_argument("--burst", action="store_true", help="end when nothing waits")
    worker.set_defaults(action=cli_run.worker)

    keep = commands.add_parser("keep", help="do the standing duties 看护：索引、派单、到期巡查")
    keep.set_defaults(action=cli_run.keep)

    cli_evidence.add_commands(commands)
    cli_keep.add_commands(commands)
    cli_keys.add_commands(commands)
    cli_log.add_commands(commands)
    cli_officer.add_commands(commands)
    return parser


def _end_like_interrupt(signum: int, frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, so that children are ended too."""
    del signum, frame
    raise KeyboardInterrupt


def _tell(error: WangjianError) -> int:
    print(f"错误 error [{error.code}] {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  → {error.hint}", file=sys.stderr)
    return EXIT_FAILED


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        exit status: 0 good, 1 failed, 2 wrong usage, 3 done but something waits, 130 interrupted;
        ``verify`` has its own.
    """
    options = _parser().parse_args(arguments)
    set_up(as_json=False, level=logging.INFO if options.verbose else logging.ERROR)
    signal.signal(signal.SIGTERM, _end_like_interrupt)
    action: Callable[[argparse.Namespace], int] = options.action
    try:
        config = settings()
        set_up(as_json=config.log_json, level=logging.INFO if options.verbose or config.log_json else logging.ERROR)
        return action(options)
    except WangjianError as error:
        return _tell(error)
    except ValidationError as error:
        print(f"错误 error [kernel.config] 设置有误 a setting is wrong:\n{error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        return _tell(file_error(error, settings().data_dir))
    except KeyboardInterrupt:
        print(
            "\n已中断，再次执行同一命令会完成其余部分 interrupted: the same command finishes the rest", file=sys.stderr
        )
        return EXIT_INTERRUPTED
