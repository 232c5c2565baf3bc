"""The capture service with a stand-in for the place where captures are made."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from crawlers.capture import service as service_module
from crawlers.capture.service import Service
from crawlers.capture.worker import MAX_LINE_BYTES
from crawlers.capture_door import VARIABLE, knock, open_door
from kernel.config import ROOT, Settings


class Keeper:
    """Counts browsers that were ended."""

    closed = 0

    async def close(self) -> None:
        """One more."""
        Keeper.closed += 1


class StandIn:
    """Answers with its settings; an address that ends in ``wait`` never comes to an end."""

    dropped = 0

    def __init__(self, config: Settings) -> None:
        self._config = config
        self.keeper = Keeper()

    async def render(self, order: object) -> dict[str, object]:
        """Give the settings."""
        if order.url.endswith("wait"):  # type: ignore[attr-defined]
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                StandIn.dropped += 1
                raise
        return {"key": self._config.node_key_file}


@pytest_asyncio.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A service that runs."""
    Keeper.closed = StandIn.dropped = 0
    monkeypatch.setattr(service_module, "Studio", StandIn)
    listener, name = open_door()
    monkeypatch.setenv(VARIABLE, name)
    task = asyncio.create_task(Service().run(listener))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class Caller:
    """One connection."""

    async def begin(self, **environment: str) -> "Caller":
        """Call, with settings of one's own."""
        wire = knock()
        assert wire is not None
        self.reader, self.writer = await asyncio.open_connection(sock=wire)
        self.say({"environment": environment})
        return self

    def say(self, value: object) -> None:
        """Send a line."""
        self.writer.write(json.dumps(value).encode() + b"\n")

    def ask(self, identifier: str, word: str) -> None:
        """Order a page."""
        self.say({"op": "render", "id": identifier, "url": f"http://a.example/{word}"})

    async def hear(self) -> dict[str, object]:
        """The next answer."""
        answer: dict[str, object] = json.loads(await asyncio.wait_for(self.reader.readline(), 120))
        return answer


async def _until(count: int) -> None:
    for _ in range(12_000):
        if Keeper.closed >= count:
            return
        await asyncio.sleep(0.01)


@pytest.mark.asyncio
@pytest.mark.usefixtures("door")
async def test_each_caller_has_settings_and_answers_of_its_own() -> None:
    """Orders of two at a time do not mix; a quit ends the call when all is answered."""
    one, two = await Caller().begin(WANGJIAN_NODE_KEY_FILE="/k/1"), await Caller().begin()
    one.ask("a", "x")
    two.ask("b", "y")
    assert await one.hear() == {"id": "a", "ok": True, "result": {"key": "/k/1"}}
    assert await two.hear() == {"id": "b", "ok": True, "result": {"key": ""}}
    one.ask("c", "z")
    one.say({"op": "quit"})
    assert (await one.hear())["id"] == "c"
    assert await one.reader.read() == b""
    assert Keeper.closed == 1
    two.writer.write_eof()
    assert await two.reader.read() == b""
    assert Keeper.closed == 2
    one.writer.close()
    two.writer.close()


@pytest.mark.asyncio
@pytest.mark.usefixtures("door")
async def test_who_hangs_up_is_not_worked_for() -> None:
    """What is under way is dropped, the browser ended."""
    one = await Caller().begin()
    one.ask("a", "wait")
    one.ask("b", "x")
    assert (await one.hear())["id"] == "b"
    one.writer.transport.abort()
    await _until(1)
    assert (Keeper.closed, StandIn.dropped) == (1, 1)


@pytest.mark.asyncio
@pytest.mark.usefixtures("door")
async def test_what_is_not_understood_is_refused() -> None:
    """A call that begins wrongly is ended; an over-long order is answered as one, and the next is heard."""
    beginnings: tuple[object, ...] = ([], {"environment": {"WANGJIAN_NO_SUCH": "1"}}, {"environment": 1})
    for value in beginnings:
        wire = knock()
        assert wire is not None
        reader, writer = await asyncio.open_connection(sock=wire)
        writer.write(json.dumps(value).encode() + b"\n")
        assert await asyncio.wait_for(reader.read(), 120) == b""
        writer.close()
    one = await Caller().begin()
    one.writer.write(b"x" * (MAX_LINE_BYTES * 2) + b"\n")
    one.ask("a", "x")
    answers = [await one.hear()]
    while answers[-1]["id"] != "a":
        answers.append(await one.hear())
    assert {json.dumps(item.get("error", {}).get("code")) for item in answers[:-1]} == {'"capture.bad_order"'}  # type: ignore[attr-defined]
    one.writer.close()


def test_it_ends_when_asked() -> None:
    """As a process, with the door as standard input."""
    listener, _ = open_door()
    command = [sys.executable, "-m", "crawlers.capture.service"]
    with listener, subprocess.Popen(command, stdin=listener.fileno(), cwd=ROOT) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) in {0, -signal.SIGTERM}  # a slow machine may not be there yet


def test_another_user_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is ended before a word is heard."""
    monkeypatch.setattr(service_module, "is_ours", lambda _wire: False)

    async def scene() -> bytes:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs)
        call = asyncio.create_task(Service()._accept(reader, writer))
        other, ending = await asyncio.open_connection(sock=ours)
        await call
        heard = await asyncio.wait_for(other.read(), 120)
        ending.close()
        await ending.wait_closed()
        return heard

    assert asyncio.run(scene()) == b""
