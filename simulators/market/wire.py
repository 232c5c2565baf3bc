"""Just enough HTTP/1.1 for a server that can also misbehave on purpose."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

MAX_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``path`` has the query; header names are lower case."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    port: int
    tls: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. A ``stream`` is written raw after the head and ends the connection."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None
    """Content-Length to claim for a stream; none: the connection's end ends the body."""
    extra: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Reply | Awaitable[Reply]]


def head_of(reply: Reply, *, keep: bool) -> bytes:
    """Status line and headers of an answer."""
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Odd"
    lines = [f"HTTP/1.1 {reply.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if reply.stream is None:
        lines.append(f"Content-Length: {len(reply.body)}")
    elif reply.length is not None:
        lines.append(f"Content-Length: {reply.length}")
    lines.append("Connection: keep-alive" if keep else "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def parse_head(head: bytes, *, port: int, tls: bool) -> Request | None:
    """A request from its head, or none where it is not HTTP."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        return None
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    target = parts[1]
    if target.startswith(("http://", "https://")):
        rest = target.split("://", 1)[1]
        target = "/" + rest.partition("/")[2]
    host = headers.get("host", "").rsplit(":", 1)[0].lower()
    return Request(parts[0], host, target, headers, port, tls)


class Connection(asyncio.Protocol):
    """One client: requests are answered in turn; a plain answer is written without a task."""

    def __init__(self, handler: Handler, *, tls: bool, open_ones: set["Connection"]) -> None:
        self.handler = handler
        self.port = 0
        self.tls = tls
        self.open_ones = open_ones
        self.buffer = b""
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.skip = 0
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.port = int(transport.get_extra_info("sockname")[1])
        self.open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Stop whatever is still being written."""
        self.open_ones.discard(self)
        self.writable.set()
        if self.task is not None:
            self.task.cancel()

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """The client caught up."""
        self.writable.set()

    def close(self) -> None:
        """Hang up at once."""
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in the buffer."""
        self.buffer += data
        self._pump()

    def _pump(self) -> None:
        while self.task is None and self.transport is not None and not self.transport.is_closing():
            if self.skip:
                dropped = min(self.skip, len(self.buffer))
                self.buffer, self.skip = self.buffer[dropped:], self.skip - dropped
                if self.skip:
                    return
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > MAX_HEAD:
                    self.transport.close()
                return
            head, self.buffer = self.buffer[:end], self.buffer[end + 4 :]
            request = parse_head(head, port=self.port, tls=self.tls)
            if request is None:
                self.transport.close()
                return
            self.skip = int(request.headers.get("content-length", "0") or 0)
            self._serve(request)

    def _serve(self, request: Request) -> None:
        answer = self.handler(request)
        keep = request.headers.get("connection", "").lower() != "close"
        if isinstance(answer, Reply) and answer.stream is None:
            self._write(request, answer, keep=keep)
        else:
            self.task = asyncio.get_running_loop().create_task(self._later(request, answer, keep=keep))

    def _write(self, request: Request, reply: Reply, *, keep: bool) -> None:
        if self.transport is None:
            return
        head = head_of(reply, keep=keep)
        self.transport.write(head if request.method == "HEAD" else head + reply.body)
        if not keep:
            self.transport.close()

    async def _later(self, request: Request, answer: Reply | Awaitable[Reply], *, keep: bool) -> None:
        reply = answer if isinstance(answer, Reply) else await answer
        if reply.stream is None:
            self._write(request, reply, keep=keep)
        elif self.transport is not None:
            self.transport.write(head_of(reply, keep=False))
            if request.method != "HEAD":
                async for piece in reply.stream:
                    await self.writable.wait()
                    if self.transport.is_closing():
                        return
                    self.transport.write(piece)
            self.transport.close()
        self.task = None
        self._pump()
