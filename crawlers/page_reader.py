"""The page reader: ``python -m crawlers.page_reader``, a process beside the crawl process.

Takes pages from standard input and answers on standard output with their facts, one after another
(:mod:`crawlers.wire`). It knows no database, no network and no disk. It ends with the one who
started it: at the end of its input, and at once where the kernel tells of the parent's death.
"""

import gc
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from crawlers.extraction import extract
from crawlers.wire import READY, facts_frame, next_page, trouble_frame
from kernel.facts import PageFacts
from kernel.parent import die_with_parent

YOUNG_OBJECTS = 50_000
"""Objects made before the collector looks for cycles: a page makes some thousands, nearly all without cycles."""
ANSWERS_TOGETHER = 4
"""Answers sent at once while pages wait: each sending wakes the crawl process, which costs both more than the bytes."""
ANSWERS_BYTES = 1 << 18


def _alone() -> bool:
    """No page waits."""
    return False


def serve(
    pages: BinaryIO,
    answers: BinaryIO,
    read: Callable[..., PageFacts] = extract,
    waiting: Callable[[], bool] = _alone,
) -> None:
    """Read pages until there are no more.

    Args:
        pages, answers: the two ends of the wire. read: draws the facts from a page.
        waiting: whether another page has come already; an answer is held back only then.
    """
    answers.write(READY)
    answers.flush()
    held = 0
    while (page := next_page(pages)) is not None:
        body, url, content_type, platform = page
        try:
            frame = facts_frame(read(body, url=url, content_type=content_type, platform=platform))
        except Exception as error:  # noqa: BLE001 - an odd page is answered as such and ends nothing
            frame = trouble_frame(error)
        answers.write(frame)
        held += 1
        if held >= ANSWERS_TOGETHER or not waiting():
            answers.flush()
            held = 0


def main() -> None:
    """Serve standard input and output; an interrupt from the keyboard is for the crawl process."""
    die_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    wire = select.poll()
    wire.register(sys.stdin.fileno(), select.POLLIN)
    with os.fdopen(os.dup(1), "wb", buffering=ANSWERS_BYTES) as answers:
        os.dup2(2, 1)  # whatever else is printed must not stand among the answers
        try:
            serve(sys.stdin.buffer, answers, waiting=lambda: bool(wire.poll(0)))
        except BrokenPipeError:
            os._exit(0)  # the other side is gone, and with it whoever could have been told


if __name__ == "__main__":
    main()
