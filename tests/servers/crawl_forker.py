"""Starts crawl processes quickly: everything is imported once, each order on standard input is a fork.

An order is a line with the arguments of ``python -m crawlers.run``; the answer is the child's process id.
"""

import os
import signal
import sys

import crawlers.extraction
import crawlers.spiders.shop  # noqa: F401 - imported once for all children
from crawlers.run import main


def serve() -> None:
    """Fork for each order; children that end leave nothing behind."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(main(line.split()))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
