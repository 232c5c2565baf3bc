"""The nursery: a process that has loaded what its children share, and is forked for each of them.

Child processes of one command load the same hundred megabytes of modules; forked from one that has them
they are in memory once, and a child is up in milliseconds. The nursery opens nothing itself: no database,
no network, no thread, no key, so that a child begins as clean as a new program would. It lives as long as
the command that began it, and a child as long as the connection of the one who asked for it: whoever is
killed takes its children along.
"""

import array
import contextlib
import json
import os
import secrets
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from subprocess import TimeoutExpired

from kernel.clock import monotonic
from kernel.free_memory import settle
from kernel.parent import die_with_parent
from kernel.peer import is_ours
from pipeline.newborn import call_it, live

VARIABLE = "WANGJIAN_NURSERY"
"""Tells the family its address. No setting: set by a command for its own children, never by people."""
ORDER_SECONDS = 60.0
ORDER_BYTES = 4_000_000
STREAMS = 3
BEGIN, SHARE = b"+", b"*"
"""First byte of an order: a child, with its streams; or something for all children to share."""


def begin_nursery() -> None:
    """Fork the nursery of this command; from now on :class:`Forked` works here and in all children.

    To be called once, early: by a process with one thread that has opened nothing, after what all share was loaded.

    Effects: one process, an abstract Unix socket, the environment variable ``WANGJIAN_NURSERY``.
    """
    name = f"wangjian-nursery-{secrets.token_hex(16)}"
    sys.stdout.flush()
    settle()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"\0{name}")
    listener.listen()
    life, mine = socket.socketpair()
    if os.fork() == 0:
        status = 1
        try:
            call_it("nursery")
            mine.close()
            _Nursery(listener, life).run()
            status = 0
        except KeyboardInterrupt:
            status = 0
        except BaseException:  # noqa: BLE001 - nothing of the command's own may run here
            traceback.print_exc()
        finally:
            os._exit(status)
    listener.close()
    life.close()
    _LIFE.append(mine)
    os.environ[VARIABLE] = name


_LIFE: list[socket.socket] = []
"""The command's end of the wire whose closing ends the nursery."""


def in_nursery() -> bool:
    """Whether this process belongs to a family with a nursery."""
    return bool(os.environ.get(VARIABLE))


def share(function: str) -> None:
    """Have the nursery call a function, so that later children share what it leaves in memory.

    Not waited for: children that are asked for later begin after it. Where there is no nursery nothing happens.

    Args:
        function: dotted name; it must not open or start anything.
    """
    if not in_nursery():
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        _call(wire)
        wire.sendall(SHARE + json.dumps(function).encode() + b"\n")


def _call(wire: socket.socket) -> None:
    wire.settimeout(ORDER_SECONDS)
    wire.connect(f"\0{os.environ.get(VARIABLE, '')}")
    if not is_ours(wire):
        raise ConnectionRefusedError("another user answers in the nursery's name")


class Forked:
    """A process out of the nursery: the part of ``subprocess.Popen`` that is used here.

    Args:
        module: what ``python -m`` would run. arguments: its command line.
        environment: its whole environment. folder: where it runs.
        streams: standard input, output and error; file descriptors that stay the caller's.

    Raises:
        OSError: there is no nursery, or it does not answer; start the process in the common way.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        streams: tuple[int, int, int],
    ) -> None:
        order = {
            "module": module,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder),
        }
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._heard = b""
        self.returncode: int | None = None
        try:
            _call(self._wire)
            socket.send_fds(self._wire, [BEGIN], list(streams))
            self._wire.sendall(json.dumps(order).encode() + b"\n")
            self.pid = self._number()
        except BaseException:
            self._wire.close()
            raise

    def _number(self) -> int:
        line = self._line(ORDER_SECONDS)
        if line is None:
            raise ConnectionResetError("the nursery did not answer")
        return int(line["pid"])

    def poll(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Exit status, waited for.

        Raises:
            TimeoutExpired: it still runs.
        """
        status = self._look(timeout)
        if status is None:
            raise TimeoutExpired(str(self.pid), timeout or 0)
        self._wire.close()
        return status

    def terminate(self) -> None:
        """SIGTERM, unless it is over. The nursery keeps its number until the wire is closed."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, unless it is over."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            try:
                line = self._line(seconds)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError:
                line = None
            if line is None:  # the nursery is gone: nobody watches its children any more
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
                line = {"status": -signal.SIGKILL}
            self.returncode = int(line["status"])
        return self.returncode

    def _line(self, seconds: float | None) -> dict[str, int] | None:
        """The next answer, or None at the end of the wire."""
        deadline = None if seconds is None else monotonic() + seconds
        while b"\n" not in self._heard:
            self._wire.settimeout(None if deadline is None else max(0.0, deadline - monotonic()))
            part = self._wire.recv(4096)
            if not part:
                return None
            self._heard += part
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, int] = json.loads(line)
        return answer


@dataclass(slots=True)
class _Caller:
    """A connection: the order as far as it has come, then the child that was asked for."""

    wire: socket.socket
    streams: list[int] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    pid: int = 0
    over: bool = False

    def close(self) -> None:
        """End the child's group when it runs, bury it, hang up."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        self.wire.close()


class _Nursery:
    """The loop of the nursery's own process."""

    def __init__(self, listener: socket.socket, life: socket.socket) -> None:
        self._listener = listener
        self._life = life
        self._callers: dict[int, _Caller] = {}
        self._wakeup, self._bell = socket.socketpair()

    def run(self) -> None:
        """Serve until the command is gone."""
        os.setsid()  # an interrupt from the keyboard is for the command
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for end in (self._wakeup, self._bell):
            end.settimeout(0)
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        for end in (self._listener, self._life, self._wakeup):
            self._selector.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._life:
                    self._end()
                    return
                self._attend(key.fd)

    def _attend(self, descriptor: int) -> None:
        if descriptor == self._listener.fileno():
            self._admit()
        elif descriptor == self._wakeup.fileno():
            with contextlib.suppress(BlockingIOError):
                self._wakeup.recv(4096)
            self._tell_of_deaths()
        elif descriptor in self._callers:
            self._hear(self._callers[descriptor])

    def _admit(self) -> None:
        """Take a call, of our own user alone: what is asked for runs with our rights."""
        wire, _ = self._listener.accept()
        if not is_ours(wire):
            wire.close()
            return
        wire.settimeout(ORDER_SECONDS)
        self._callers[wire.fileno()] = _Caller(wire)
        self._selector.register(wire, selectors.EVENT_READ)

    def _hear(self, caller: _Caller) -> None:
        """Take more of an order, or learn that the caller is gone."""
        try:
            if caller.streams:
                part = caller.wire.recv(65_536)
            else:
                part, streams = _with_streams(caller.wire)
                caller.streams += streams
        except OSError:
            part = b""
        caller.heard += part
        shares = caller.heard.startswith(SHARE)
        wrong = len(caller.heard) > ORDER_BYTES or len(caller.streams) != STREAMS * (not shares) or caller.pid
        if not part or wrong:
            self._hang_up(caller)
        elif shares and caller.heard.endswith(b"\n"):
            self._hang_up(caller)
            _share(json.loads(caller.heard[1:]))
        elif caller.heard.endswith(b"\n"):
            self._start(caller)

    def _start(self, caller: _Caller) -> None:
        order = json.loads(caller.heard[1:])
        sys.stdout.flush()
        sys.stderr.flush()
        nursery = os.getpid()
        caller.pid = os.fork()
        if caller.pid == 0:
            die_with_parent(nursery)
            live(order, caller.streams, self._inherited(caller))
        for descriptor in caller.streams:
            os.close(descriptor)
        caller.heard.clear()
        with contextlib.suppress(OSError):
            caller.wire.sendall(b'{"pid": %d}\n' % caller.pid)

    def _inherited(self, caller: _Caller) -> list[int]:
        """What belongs to the nursery and must not stay open in a child."""
        ends = (self._listener, self._life, self._wakeup, self._bell, *(one.wire for one in self._callers.values()))
        return [self._selector.fileno(), *(end.fileno() for end in ends), *caller.streams]

    def _tell_of_deaths(self) -> None:
        """Say how children ended; their numbers stay taken until the caller hangs up."""
        for caller in self._callers.values():
            if not caller.pid or caller.over:
                continue
            found = os.waitid(os.P_PID, caller.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                continue
            caller.over = True
            status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            with contextlib.suppress(OSError):
                caller.wire.sendall(b'{"status": %d}\n' % status)

    def _hang_up(self, caller: _Caller) -> None:
        self._selector.unregister(caller.wire)
        del self._callers[caller.wire.fileno()]
        for descriptor in caller.streams if not caller.pid else ():
            os.close(descriptor)
        caller.close()

    def _end(self) -> None:
        for caller in self._callers.values():
            caller.close()


def _share(function: str) -> None:
    module, _, name = function.rpartition(".")
    try:
        getattr(import_module(module), name)()
    except Exception:  # noqa: BLE001 - each child does it again for itself, and says what is wrong
        traceback.print_exc()
    settle()


def _with_streams(wire: socket.socket) -> tuple[bytes, list[int]]:
    part, ancillary, _, _ = wire.recvmsg(65_536, socket.CMSG_SPACE(STREAMS * array.array("i").itemsize))
    streams = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            streams.frombytes(data[: len(data) - len(data) % streams.itemsize])
    return part, list(streams)
