"""The caller's side of the capture worker: orders out, results in, as JSON lines.

The capture worker (``python -m crawlers.capture``) is a process because nobody imports a browser.
"""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from crawlers.capture_door import knock
from kernel.config import ROOT
from kernel.errors import WangjianError
from pipeline.errors import ProcessError
from pipeline.process import environment
from pipeline.shared_worker import SharedWorker

WORKER_MODULE = "crawlers.capture"
QUIT_SECONDS = 10.0


class CaptureFailedError(WangjianError):
    """The capture worker answered with an error; ``code`` is the worker's own."""

    code = "pipeline.capture_failed"

    def __init__(self, reason: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.code = reason or type(self).code


class CaptureClient:
    """One capture worker with one browser, started on first use and again after a crash.

    Where the command has a capture service it is a place at that one, else a process of its own.

    Args:
        log: file for the worker's standard error.
        module: what ``python -m`` runs.
        timeout_s: the longest wait for one answer, seconds; longer than the capture's own limit.

    Attributes:
        extra: environment of the worker on top of ours, from its next start on.
    """

    def __init__(self, log: Path, timeout_s: float, module: str = WORKER_MODULE) -> None:
        self._module = module
        self._log = log
        self._timeout_s = timeout_s
        self.extra: dict[str, str] = {}
        self._process: subprocess.Popen[str] | SharedWorker | None = None
        self._shares = module == WORKER_MODULE
        self._reader: threading.Thread | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def order(
        self, order: Mapping[str, object], on_event: Callable[[Mapping[str, object]], None] = lambda _event: None
    ) -> dict[str, object]:
        """Have an order carried out: ``capture`` or ``recover`` of the worker's protocol.

        Args:
            order: as the worker's protocol says; ``id`` is the evidence id.
            on_event: called with each event before the answer: progress and checkpoints.

        Returns:
            the worker's result.

        Raises:
            CaptureFailedError: the worker said why it could not.
            ProcessError: the worker died or did not answer in time; it is started anew next time.
        """
        self._send(order)
        while True:
            answer = self._receive()
            if answer.get("id") != order["id"]:
                continue
            if "event" in answer:
                on_event(answer)
                continue
            if answer.get("ok"):
                return _mapping(answer.get("result"))
            error = _mapping(answer.get("error"))
            raise CaptureFailedError(
                str(error.get("code", "capture.unknown")), str(error.get("message", "")), str(error.get("hint", ""))
            )

    def close(self) -> None:
        """End the worker and its browser."""
        process = self._process
        if process is None:
            return
        try:
            _pipe(process.stdin).write('{"op":"quit"}\n')
            _pipe(process.stdin).flush()
            process.wait(QUIT_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
        self._give_up()

    def _start(self) -> "subprocess.Popen[str] | SharedWorker":
        process = self._guest() or self._own()
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=_read_lines, args=(_pipe(process.stdout), self._lines), daemon=True)
        self._reader.start()
        return process

    def _guest(self) -> SharedWorker | None:
        """A place at the service, where there is one that answered so far."""
        wire = knock() if self._shares else None
        if wire is None:
            return None
        try:
            return SharedWorker(wire, self.extra)
        except OSError:
            wire.close()
            return None

    def _own(self) -> subprocess.Popen[str]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(self.extra),
                cwd=ROOT,
            )

    def _send(self, order: Mapping[str, object]) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        try:
            pipe = _pipe(self._process.stdin)
            pipe.write(json.dumps(order, ensure_ascii=False) + "\n")
            pipe.flush()
        except OSError as error:
            self._give_up()
            raise ProcessError("the capture worker went away", hint="It is started again.") from error

    def _receive(self) -> dict[str, object]:
        try:
            line = self._lines.get(timeout=self._timeout_s)
        except queue.Empty:
            self._shares = False  # whoever did not answer is not asked again
            self._give_up()
            raise ProcessError(
                f"expected an answer from the capture worker within {self._timeout_s:.0f} s, got none",
                hint="It is started again; raise WANGJIAN_CAPTURE_TIMEOUT_S for slow pages.",
            ) from None
        if line is None:
            self._give_up()
            raise ProcessError(
                "the capture worker ended in the middle of a capture",
                hint=f"Read {self._log}; is Chromium installed, is there memory left?",
            )
        return _mapping(json.loads(line))

    def _give_up(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        if not isinstance(process, SharedWorker):
            process.wait()
        if self._reader is not None:
            self._reader.join(QUIT_SECONDS)
        with contextlib.suppress(OSError):
            _pipe(process.stdin).close()


def _read_lines(pipe: IO[str], lines: "queue.Queue[str | None]") -> None:
    with pipe:
        for line in pipe:
            lines.put(line)
    lines.put(None)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ProcessError("the capture worker has no pipe")
    return pipe


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
