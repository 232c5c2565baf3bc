"""The page reader: answers in order, survives odd pages, and never outlives the one who started it."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from crawlers.extraction import extract
from crawlers.page_reader import ANSWERS_TOGETHER, serve
from crawlers.wire import READY, answers_in, page_frame
from kernel.config import ROOT
from kernel.facts import PageFacts

PAGE = "<html><title>茶</title><h1>明前龙井</h1><div class='price'>¥<b>88.00</b></div></html>".encode()
WHERE = {"url": "https://shop.example/1", "content_type": "text/html", "platform": "generic"}
STARTER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "crawlers.page_reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.read(4)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_it_answers_each_page_in_order() -> None:
    """An odd page is answered with its error, and the next one is read."""

    def read(body: bytes, **where: str) -> PageFacts:
        if not body:
            raise RuntimeError("odd page")
        return PageFacts("list", notes=(where["url"],))

    pages = io.BytesIO(page_frame(b"x", **WHERE) + page_frame(b"", **WHERE) + page_frame(b"y", **WHERE))
    sink = io.BytesIO()
    serve(pages, sink, read)
    fine = PageFacts("list", notes=(WHERE["url"],))
    assert answers_in(bytearray(sink.getvalue())) == [None, fine, "RuntimeError: odd page", fine]


class _Sink(io.BytesIO):
    """Counts how often it is told to send."""

    sent = 0

    def flush(self) -> None:
        """Count."""
        self.sent += 1


def test_answers_wait_only_while_pages_do() -> None:
    """A few go together while pages wait; the last one goes at once."""
    count = ANSWERS_TOGETHER + 1
    left = iter([*[True] * (ANSWERS_TOGETHER - 1), False])
    sink = _Sink()
    serve(io.BytesIO(page_frame(b"x", **WHERE) * count), sink, lambda _, **__: PageFacts("list"), lambda: next(left))
    assert sink.sent == 1 + 2
    assert len(answers_in(bytearray(sink.getvalue()))) == 1 + count


def test_as_a_process_it_reads_what_the_extractor_reads() -> None:
    """The same listings and links; the end of the input ends it."""
    done = subprocess.run(
        [sys.executable, "-m", "crawlers.page_reader"],
        input=page_frame(PAGE, **WHERE),
        capture_output=True,
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    ready, facts = answers_in(bytearray(done.stdout))
    assert (ready, done.stdout[:4]) == (None, READY)
    assert isinstance(facts, PageFacts)
    assert facts.listings == extract(PAGE, **WHERE).listings


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of its input ends it")
def test_it_dies_with_its_parent_though_its_pipe_stays_open() -> None:
    """SIGKILL of the one who started it, while another holds the pipes: no orphan is left."""
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, cwd=ROOT) as starter:
        assert starter.stdout is not None
        reader = psutil.Process(int(starter.stdout.readline()))
        held = os.open(f"/proc/{reader.pid}/fd/0", os.O_RDONLY)
        held_too = os.open(f"/proc/{starter.pid}/fd/{_writing_end(starter.pid, reader.pid)}", os.O_WRONLY)
        os.kill(starter.pid, signal.SIGKILL)
        starter.wait()
        deadline = time.monotonic() + 120
        while reader.is_running() and reader.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)
        ended = not reader.is_running() or reader.status() == psutil.STATUS_ZOMBIE
        os.close(held)
        os.close(held_too)
    assert ended


def _writing_end(pid: int, reader_pid: int) -> int:
    """The descriptor with which a process writes to the reader."""
    pipe = Path(f"/proc/{reader_pid}/fd/0").readlink()
    return next(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir() if path.readlink() == pipe)
