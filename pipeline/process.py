"""Child processes: started with our settings, ended together."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kernel.config import ROOT
from pipeline.errors import ProcessError
from pipeline.nursery import Forked, in_nursery

GRACE_SECONDS = 10.0
LEAN = {
    # Two pools of memory a process, not eight a core: threads here take turns more than they run at once.
    "MALLOC_ARENA_MAX": "2",
    # What is freed goes back to the system, also after a picture of 30 MB was in it.
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
"""How the C library is to keep memory; ``wangjian`` says the same."""


def free_port(wanted: int = 0) -> int:
    """A free loopback port: the wanted one when it is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ProcessError("expected a free port on loopback, got none")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: ours, with this checkout first on the module path."""
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **LEAN}
    return {**os.environ, **ours, **(extra or {})}


def start(
    module: str, arguments: Sequence[str], variables: Mapping[str, str], streams: tuple[int, int, int]
) -> "subprocess.Popen[bytes] | Forked":
    """Start ``python -m module`` in a process group of its own: out of the command's nursery where there is one.

    Args:
        variables: its whole environment. streams: standard input, output and error; they stay the caller's.
    """
    if in_nursery():
        with contextlib.suppress(OSError):
            return Forked(module, arguments, environment=variables, folder=ROOT, streams=streams)
    source, out, errors = streams
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=source,
        stdout=out,
        stderr=errors,
        env=variables,
        cwd=ROOT,
        start_new_session=True,
    )


class Child:
    """One child process in a process group of its own, logging to a file.

    Args:
        module: what ``python -m`` runs. arguments: its command line.
        log: file that takes its standard output and error.
        extra: environment on top of ours.
        source: standard input, a file descriptor that stays the caller's; nothing to read when left out.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        log: Path,
        extra: Mapping[str, str] | None = None,
        source: int | None = None,
    ) -> None:
        self.module = module
        self.arguments = tuple(arguments)
        self.log = log
        self._extra, self._source = extra, source
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno() if source is None else source, stream.fileno(), stream.fileno())
            self.process = start(module, arguments, environment(extra), streams)

    def again(self) -> "Child":
        """Another one of the same kind."""
        return Child(self.module, self.arguments, log=self.log, extra=self._extra, source=self._source)

    def code(self) -> int | None:
        """Exit status, or None while it runs."""
        return self.process.poll()

    def ended_within(self, seconds: float) -> bool:
        """Wait for its end, not longer than this; True when it has ended."""
        if self.process.poll() is None and isinstance(self.process, subprocess.Popen):
            _await_end(self.process.pid, seconds)
            seconds = 0
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def tail(self, lines: int = 5) -> str:
        """The last lines of its log, for error messages."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, grace_s: float = GRACE_SECONDS) -> None:
        """Ask it to end; end its whole group when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace_s)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


def _await_end(pid: int, seconds: float) -> None:
    """Wait until a process ends, not longer than this; the standard library looks only every 50 ms."""
    descriptor = os.pidfd_open(pid)
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        ended.poll(seconds * 1000)
    finally:
        os.close(descriptor)


def wait_for_file(path: Path, child: Child, seconds: float) -> str:
    """The content of a ready file that a child writes when it listens.

    Raises:
        ProcessError: the child ended, or the time ran out.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()).strip():
            return text
        if child.code() is not None:
            break
        time.sleep(0.05)
    raise ProcessError(
        f"expected {child.module} to come up within {seconds:.0f} s, got exit status {child.code()}: {child.tail()}",
        hint=f"Read {child.log}.",
    )
