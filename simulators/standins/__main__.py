"""``python -m simulators.standins --ready-file FILE --stand-in KEY kind=KIND [OPTION=VALUE…] …``.

All in one process, each with its own port, and its own folder for keys. ``KEY`` names it in the ready file.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from kernel.clock import now
from simulators.standins.stand_in import KINDS, make


def _order(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[str, str, Mapping[str, str]]:
    key, *pairs = words
    options = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    kind = options.pop("kind", "")
    if kind not in KINDS:
        parser.error(f"expected kind= one of {', '.join(sorted(KINDS))} for {key}, got {kind!r}")
    return key, kind, options


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT.

    Effects: folders of the stand-ins; ``--ready-file`` gets ``{KEY: {…}}`` once all of them serve.
    """
    parser = argparse.ArgumentParser(prog="simulators.standins", description=__doc__)
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--stand-in", nargs="+", action="append", required=True, metavar="WORD")
    options = parser.parse_args(arguments)
    orders = [_order(parser, words) for words in options.stand_in]
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with ExitStack() as served:
        ready = {}
        for key, kind, words in orders:
            one = make(kind, words, now())
            ready[key] = dict(one.start())
            served.callback(one.close)
        aside = options.ready_file.with_suffix(".new")
        aside.write_text(json.dumps(ready, ensure_ascii=False), "utf-8")
        aside.rename(options.ready_file)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
