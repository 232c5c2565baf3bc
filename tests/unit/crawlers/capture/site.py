"""A small site on loopback that answers exactly what a test says, and a capture worker to send there."""

import asyncio
import contextlib
import datetime as dt
import json
import os
import ssl
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT = Path(__file__).resolve().parents[4]
Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Route = bytes | Handler


def answer(body: bytes | str, kind: str = "text/html; charset=utf-8", status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers, f"Content-Length: {len(data)}", "", "")
    return "\r\n".join(lines).encode() + data


def png(number: int, side: int = 40) -> bytes:
    """A picture that differs by number."""
    rows = b"".join(
        b"\0" + bytes((number * 9 + x + y * c) % 256 for x in range(side) for c in (1, 2, 3)) for y in range(side)
    )

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Site:
    """Listens on a loopback port in a thread of its own.

    Attributes:
        routes: path without query to answer or handler. hits: request heads in the order they came.
    """

    def __init__(self, context: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.routes: dict[str, Route] = {}
        self.hits: list[bytes] = []
        self.connections = 0
        self.port = port
        self._context = context
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(120)
        self._loop.close()

    def paths(self) -> list[str]:
        """Paths asked for."""
        return [hit.split(b" ", 2)[1].decode() for hit in self.hits]

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._address, self.port, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.hits.append(head)
                path = head.split(b" ", 2)[1].decode().partition("?")[0]
                route = self.routes.get(path, answer("nothing here", "text/plain", "404 Not Found"))
                if isinstance(route, bytes):
                    writer.write(route)
                    await writer.drain()
                else:
                    await route(head, reader, writer)
        writer.close()


class Authority:
    """A certificate authority for one test run; ``above`` is the one that certifies it, none for a root."""

    def __init__(self, folder: Path, name: str = "Test Root", above: "Authority | None" = None) -> None:
        self._folder = folder
        self._above = above
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        issuer = above or self
        self.root = (
            issuer._builder(self._name, self._key, -10, 30)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(issuer._key, hashes.SHA256())
        )
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(self.root.public_bytes(Encoding.PEM))

    def leaf(self, host: str, first_day: int = -1, last_day: int = 20) -> tuple[ssl.SSLContext, bytes]:
        """A server context for a host, and the leaf as DER; days count from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        leaf = (
            self._builder(subject, key, first_day, last_day)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}-{leaf.serial_number}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = b"".join(item.root.public_bytes(Encoding.PEM) for item in self.line())
        file.write_bytes(private + leaf.public_bytes(Encoding.PEM) + chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context, leaf.public_bytes(Encoding.DER)

    def line(self) -> list["Authority"]:
        """This authority and those above it, up to the root."""
        return [self, *(self._above.line() if self._above else [])]

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, first_day: int, last_day: int
    ) -> x509.CertificateBuilder:
        today = dt.datetime.now(dt.UTC)  # noqa: TID251 - certificates must hold on the day of the test
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + dt.timedelta(days=first_day))
            .not_valid_after(today + dt.timedelta(days=last_day))
        )


class CaptureProcess:
    """A capture worker under test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WANGJIAN_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawlers.capture"],
            cwd=ROOT,
            env={**clean, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.progress: list[str] = []
        self.checkpoints: list[dict[str, Any]] = []

    def send(self, order: Mapping[str, object] | bytes) -> None:
        """Give an order without waiting."""
        assert self.process.stdin is not None
        line = order if isinstance(order, bytes) else json.dumps(order).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answers(self) -> Iterator[dict[str, Any]]:
        """Every line the worker writes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def order(self, order: Mapping[str, object] | bytes) -> dict[str, Any]:
        """Give an order and wait for its last answer."""
        self.send(order)
        self.progress, self.checkpoints = [], []
        for found in self.answers():
            if "ok" in found:
                return found
            if found["event"] == "progress":
                self.progress.append(found["stage"])
            else:
                self.checkpoints.append(found)
        raise AssertionError("the worker ended without an answer")

    def close(self) -> int:
        """Ask the worker to quit and give its exit code."""
        if self.process.poll() is None:
            self.send({"op": "quit"})
        code = self.process.wait(120)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return code
