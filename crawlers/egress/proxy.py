"""The proxy every browser connection goes through.

It listens on a loopback port of the system's choice for as long as one capture lasts, so that what
it writes down belongs to that capture alone. It never looks into what passes: TLS stays between
browser and site, and plain HTTP passes unchanged over SOCKS.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from crawlers.egress.handshake import HEAD_BYTES, HandshakeError, Wish, read_wish
from crawlers.egress.policy import Destination, Policy, Resolver
from crawlers.egress.record import Budget, ConnectionRecord
from crawlers.egress.resolver import OnceResolver, system_lookup
from kernel.clock import now

CHUNK_BYTES = 256 * 1024


class EgressProxy:
    """One listening proxy.

    Args:
        policy: who may be reached.
        budget: how much.
        resolver: asks for names; each name is asked for once in the life of the proxy.

    Attributes:
        records: one entry a connection, in the order they were asked for.
        spent: set when a budget ran out; from then on nothing passes.
    """

    def __init__(self, policy: Policy, budget: Budget | None = None, resolver: Resolver = system_lookup) -> None:
        self.records: list[ConnectionRecord] = []
        self.spent = asyncio.Event()
        self.port = 0
        self._policy = policy
        self._budget = budget or Budget()
        self._resolver = OnceResolver(resolver)
        self._received = 0
        self._pins: dict[tuple[str, int], str] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def socks_url(self) -> str:
        """Address for a browser."""
        return f"socks5://127.0.0.1:{self.port}"

    @property
    def http_url(self) -> str:
        """Address for an HTTP client."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen. Effects: a loopback port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def address_of(self, host: str, port: int) -> str:
        """The address that stands behind a host in this proxy's life, or empty where none was reached."""
        return self._pins.get((host, port), "")

    def addresses(self) -> dict[tuple[str, int], str]:
        """Every host and port that was reached, with its address."""
        return dict(self._pins)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the client went away; what was known is in the record
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            wish = await asyncio.wait_for(read_wish(reader, writer), self._budget.connect_s)
        except HandshakeError as error:
            writer.write(error.reply)
            await writer.drain()
            return
        record = ConnectionRecord(now(), wish.mode, wish.host, wish.port)
        self.records.append(record)
        if self.spent.is_set() or len(self.records) > self._budget.max_connections:
            self.spent.set()
            record.refuse("budget", "the budget of this capture is spent", "budget")
            writer.write(wish.refused("budget"))
            return
        resolution = await self._policy.resolve(wish.host, wish.port, self._resolver)
        record.take(resolution)
        if not isinstance(resolution.verdict, Destination):
            writer.write(wish.refused(resolution.verdict.error().code))
            return
        await self._carry(wish, resolution.verdict, record, (reader, writer))

    async def _carry(
        self,
        wish: Wish,
        destination: Destination,
        record: ConnectionRecord,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        reader, writer = client
        try:
            remote_reader, remote_writer = await self._connect(destination)
        except (OSError, TimeoutError) as error:
            record.refuse("unreachable", f"{destination.address}: {str(error) or 'no answer in time'}", "failed")
            writer.write(wish.refused("unreachable", reached=True))
            return
        try:
            record.address = str(remote_writer.get_extra_info("peername")[0])
            writer.write(wish.accepted())
            remote_writer.write(wish.head)
            record.sent += len(wish.head)
            await self._pump_both((reader, writer), (remote_reader, remote_writer), record)
        finally:
            record.ended = record.ended or "closed"
            remote_writer.close()

    async def _connect(self, destination: Destination) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a judged address; the first that answers stays the host's address."""
        key = (destination.host, destination.port)
        candidates = (self._pins[key],) if key in self._pins else destination.addresses
        last: Exception = OSError("no address")
        for address in candidates:
            try:
                streams = await asyncio.wait_for(
                    asyncio.open_connection(address, destination.port, limit=CHUNK_BYTES), self._budget.connect_s
                )
            except (OSError, TimeoutError) as error:
                last = error
                continue
            self._pins.setdefault(key, address)
            return streams
        raise last

    async def _pump_both(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        remote: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        record: ConnectionRecord,
    ) -> None:
        up = asyncio.create_task(self._pump(client[0], remote[1], record, received=False))
        down = asyncio.create_task(self._pump(remote[0], client[1], record, received=True))
        try:
            await down  # when the site has ended, nothing more can come of the request
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, record: ConnectionRecord, *, received: bool
    ) -> None:
        """Copy one direction until it ends, a budget is spent, or (site to us) nothing comes for long."""
        while True:
            try:
                data = await asyncio.wait_for(source.read(CHUNK_BYTES), self._budget.idle_s if received else None)
            except TimeoutError:
                record.ended = "idle"
                return
            if not data:
                break
            if received:
                record.received += len(data)
                self._received += len(data)
                if self._received > self._budget.max_bytes:
                    record.refuse("budget", "the byte budget of this capture is spent", "budget")
                    self.spent.set()
                    return
            else:
                record.sent += len(data)
            sink.write(data)
            await sink.drain()
        with contextlib.suppress(OSError, RuntimeError):
            sink.write_eof()
