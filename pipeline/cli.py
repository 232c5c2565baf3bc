"""The ``wangjian`` command: reads the command line and hands over to ``cli_*``."""

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from pydantic import ValidationError

from kernel.config import settings
from kernel.errors import WangjianError
from kernel.log import set_up
from pipeline.commands import action_of, command_line, plain_words
from pipeline.nursery import begin_nursery
from pipeline.room import file_error

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def _end_like_interrupt(signum: int, frame: object) -> None:
    """SIGTERM ends a command as Ctrl-C does, so that children are ended too."""
    del signum, frame
    raise KeyboardInterrupt


def _tell(error: WangjianError, status: int) -> int:
    print(f"错误 error [{error.code}] {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  → {error.hint}", file=sys.stderr)
    return status


def _carry_out(options: argparse.Namespace) -> int:
    action = action_of(options)
    if options.children:
        import_module("pipeline.warmth").load_shared()  # which other commands do not need
    if not gc.isenabled():  # ``__main__`` turned it off
        gc.freeze()
        gc.enable()
    if options.children:
        begin_nursery()
    return action(options)


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        exit status: 0 good, 1 failed, 2 wrong usage, 3 done but something waits, 130 interrupted;
        ``verify`` has its own.
    """
    options = command_line().parse_args(plain_words(arguments))
    set_up(as_json=False, level=logging.INFO if options.verbose else logging.ERROR)
    signal.signal(signal.SIGTERM, _end_like_interrupt)
    try:
        config = settings()
        set_up(as_json=config.log_json, level=logging.INFO if options.verbose or config.log_json else logging.ERROR)
        return _carry_out(options)
    except WangjianError as error:
        return _tell(error, options.refused)
    except ValidationError as error:
        print(f"错误 error [kernel.config] 设置有误 a setting is wrong:\n{error}", file=sys.stderr)
        return EXIT_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        return _tell(file_error(error, settings().data_dir), options.refused)
    except KeyboardInterrupt:
        print(
            "\n已中断，再次执行同一命令会完成其余部分 interrupted: the same command finishes the rest", file=sys.stderr
        )
        return EXIT_INTERRUPTED
