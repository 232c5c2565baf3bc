"""Listens to everything a page asks for and is answered, with the bodies.

Chromium tells a request in several events that may come in any order: what the page wanted, what
was really sent (extra info), what the page got, what really came (extra info). They are put
together here by request id and, within one id, by the order of redirects.
"""

import asyncio
import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import CDPSession

from crawlers.capture.body import DocumentStream, fetch_body
from crawlers.capture.exchange import Exchange, header_pairs, parse_head
from crawlers.capture.line import Line, Params, Switchboard
from kernel.clock import monotonic

MAX_BODY_BYTES = 25_000_000
MAX_TOTAL_BYTES = 100_000_000
MAX_EXCHANGES = 5_000
MAX_POST_BYTES = 1_000_000
ENDLESS_S = 3.0
_UNENDING = frozenset({"WebSocket", "EventSource", "Ping", "CSPViolationReport"})
_BODYLESS = frozenset({"Ping", "Preflight", "CSPViolationReport", "WebSocket"})
_TICK_S = 0.02


@dataclass(slots=True)
class _Chain:
    """All hops under one request id."""

    hops: list[Exchange] = field(default_factory=list)
    extra: list[bool] = field(default_factory=list)
    sent: list[Params] = field(default_factory=list)
    came: list[Params] = field(default_factory=list)
    started: float = 0.0
    joined: int = 0


class Traffic:
    """What passed in one page.

    Attributes:
        stopped: set with a reason when a budget of this listener ran out.
        extra: exchanges that were heard of in another way.
    """

    def __init__(self) -> None:
        self.stopped = ""
        self.extra: list[Exchange] = []
        self._chains: dict[tuple[str, str], _Chain] = {}
        self._open: dict[tuple[str, str], float] = {}
        self._changed = monotonic()
        self._bodies: set[asyncio.Task[None]] = set()
        self._streams: dict[tuple[str, str], DocumentStream] = {}
        self._total = 0
        self._count = 0
        self._board: Switchboard | None = None
        self._handlers = {
            "Network.requestWillBeSent": self._asked,
            "Network.requestWillBeSentExtraInfo": self._sent,
            "Network.responseReceived": self._answered,
            "Network.responseReceivedExtraInfo": self._came,
            "Network.dataReceived": self._data,
            "Network.loadingFinished": self._finished,
            "Network.loadingFailed": self._failed,
            "Network.webSocketCreated": self._socket_created,
            "Network.webSocketWillSendHandshakeRequest": self._socket_asked,
            "Network.webSocketHandshakeResponseReceived": self._socket_answered,
            "Network.webSocketFrameSent": self._socket_message,
            "Network.webSocketFrameReceived": self._socket_message,
            "Network.webSocketFrameError": self._socket_error,
        }

    async def open(self, session: CDPSession) -> None:
        """Listen to a page and all that belongs to it."""
        self._board = Switchboard(session, tuple(self._handlers), self._event)
        buffers = {
            "maxTotalBufferSize": MAX_TOTAL_BYTES,
            "maxResourceBufferSize": MAX_BODY_BYTES,
            "maxPostDataSize": MAX_POST_BYTES,
        }
        await self._board.open(("Network.enable", buffers))

    def close(self) -> None:
        """Stop listening; bodies not yet here are given up."""
        if self._board is not None:
            self._board.close()
        for task in self._bodies:
            task.cancel()
        for stream in self._streams.values():
            stream.close()

    @property
    def asked(self) -> int:
        """How many requests were made so far."""
        return self._count

    async def calm(self, idle_s: float, cap_s: float) -> None:
        """Like :meth:`quiet`, but nothing is waited for where nothing is under way."""
        if self._waited_for(monotonic()):
            await self.quiet(idle_s, cap_s)

    async def quiet(self, idle_s: float, cap_s: float) -> bool:
        """Wait until nothing has been under way for ``idle_s``, at most ``cap_s``.

        What has been under way for longer than ``ENDLESS_S`` (a stream, a dripping answer) is not waited for.

        Returns:
            False where the cap was reached first.
        """
        end = monotonic() + cap_s
        while (moment := monotonic()) < end:
            if moment - self._changed >= idle_s and not self._waited_for(moment):
                return True
            await asyncio.sleep(_TICK_S)
        return not self._waited_for(end)

    def _waited_for(self, moment: float) -> bool:
        return any(moment - began < ENDLESS_S for began in self._open.values())

    async def bodies(self, cap_s: float) -> None:
        """Wait for the bodies that are being fetched, at most ``cap_s``."""
        if self._bodies:
            await asyncio.wait(self._bodies, timeout=cap_s)

    def settled(self) -> list[Exchange]:
        """Hops to which nothing more will come and that are not on tape yet, in the order they were asked."""
        self._join()
        every = [hop for chain in self._chains.values() for hop in chain.hops[: chain.joined]]
        found = [hop for hop in every if hop.settled and not hop.taped and hop.kind not in _UNENDING]
        return sorted(found, key=lambda exchange: exchange.at)

    def end(self) -> None:
        """Nothing more is waited for: every hop keeps the heads that are there."""
        self._join(wait=False)

    def _join(self, *, wait: bool = True) -> None:
        for chain in self._chains.values():
            _join(chain, wait=wait)

    def exchanges(self) -> list[Exchange]:
        """All hops with what was really sent and received so far, in the order they were asked."""
        self._join()
        every = [hop for chain in self._chains.values() for hop in chain.hops]
        return sorted([*every, *self.extra], key=lambda exchange: exchange.at)

    def _event(self, line: Line, method: str, params: Params) -> None:
        self._handlers[method](line, params)

    def _chain(self, line: Line, params: Params) -> _Chain:
        return self._chains.setdefault((line.name, params["requestId"]), _Chain())

    def _hop(self, line: Line, params: Params) -> Exchange | None:
        chain = self._chains.get((line.name, params["requestId"]))
        return chain.hops[-1] if chain and chain.hops else None

    def _asked(self, line: Line, params: Params) -> None:
        url = str(params["request"]["url"])
        if not url.startswith(("http://", "https://")):
            return
        chain = self._chain(line, params)
        if "redirectResponse" in params and chain.hops:
            _take_response(chain.hops[-1], params["redirectResponse"])
            chain.hops[-1].redirected_to = url
            chain.hops[-1].finished = chain.hops[-1].settled = True
            chain.hops[-1].body = b""
            chain.extra[-1] = bool(params.get("redirectHasExtraInfo"))
        self._count += 1
        if self._count > MAX_EXCHANGES:
            self.stopped = "too_many_requests"
            return
        exchange = Exchange(
            request_id=params["requestId"],
            url=url.partition("#")[0],
            method=str(params["request"]["method"]),
            kind=str(params.get("type", "Other")),
            at=datetime.fromtimestamp(params["wallTime"], UTC),
            session=line.name,
            frame_id=str(params.get("frameId", "")),
            loader_id=str(params.get("loaderId", "")),
            request_head=header_pairs(params["request"].get("headers", {})),
            post_data=_post_data(params["request"]),
        )
        chain.hops.append(exchange)
        chain.extra.append(False)
        chain.started = float(params["timestamp"])
        if exchange.kind not in _UNENDING:
            self._open[line.name, params["requestId"]] = monotonic()
        self._changed = monotonic()

    def _sent(self, line: Line, params: Params) -> None:
        self._chain(line, params).sent.append(params)

    def _came(self, line: Line, params: Params) -> None:
        self._chain(line, params).came.append(params)

    def _answered(self, line: Line, params: Params) -> None:
        hop = self._hop(line, params)
        if hop is None:
            return
        hop.kind = str(params.get("type", hop.kind))
        _take_response(hop, params["response"])
        self._chains[line.name, params["requestId"]].extra[-1] = bool(params.get("hasExtraInfo"))
        if hop.kind in _UNENDING:
            self._open.pop((line.name, params["requestId"]), None)
        if hop.kind == "Document":
            self._streams[line.name, params["requestId"]] = DocumentStream(line, params["requestId"])

    def _data(self, line: Line, params: Params) -> None:
        if hop := self._hop(line, params):
            hop.data_bytes += int(params["dataLength"])
        if stream := self._streams.get((line.name, params["requestId"])):
            stream.add(str(params.get("data", "")))

    def _finished(self, line: Line, params: Params) -> None:
        self._end(line, params)
        hop = self._hop(line, params)
        if hop is None:
            return
        hop.finished = True
        hop.encoded_bytes = int(params.get("encodedDataLength", 0))
        self._set_end(line, params, hop)
        if hop.kind in _BODYLESS or hop.method == "HEAD" or hop.status in {204, 304}:
            hop.body, hop.settled = b"", True
        elif hop.encoded_bytes > MAX_BODY_BYTES or self._total > MAX_TOTAL_BYTES:
            hop.truncated, hop.settled = "length", True
        else:
            self._total += hop.encoded_bytes
            stream = self._streams.pop((line.name, params["requestId"]), None)
            task = asyncio.create_task(fetch_body(line, hop, stream))
            self._bodies.add(task)
            task.add_done_callback(lambda done: self._kept(done, hop))

    def _kept(self, task: asyncio.Task[None], hop: Exchange) -> None:
        self._bodies.discard(task)
        hop.settled = True

    def _failed(self, line: Line, params: Params) -> None:
        self._end(line, params)
        hop = self._hop(line, params)
        if hop is None:
            return
        hop.failure = str(params.get("errorText") or "failed").removeprefix("net::")
        hop.blocked = str(params.get("blockedReason", ""))
        hop.settled = True
        self._set_end(line, params, hop)

    def _end(self, line: Line, params: Params) -> None:
        self._open.pop((line.name, params["requestId"]), None)
        self._changed = monotonic()

    def _set_end(self, line: Line, params: Params, hop: Exchange) -> None:
        started = self._chains[line.name, params["requestId"]].started
        hop.finished_at = hop.at + timedelta(seconds=max(0.0, float(params["timestamp"]) - started))

    def _socket_created(self, line: Line, params: Params) -> None:
        url = "http" + str(params["url"]).removeprefix("ws")
        exchange = Exchange(params["requestId"], url, "GET", "WebSocket", datetime.now(UTC), line.name)  # noqa: TID251 - the event carries no time
        self._chain(line, params).hops.append(exchange)
        self._chain(line, params).extra.append(False)

    def _socket_asked(self, line: Line, params: Params) -> None:
        if hop := self._hop(line, params):
            hop.at = datetime.fromtimestamp(params["wallTime"], UTC)
            hop.request_head = header_pairs(params["request"].get("headers", {}))

    def _socket_answered(self, line: Line, params: Params) -> None:
        if hop := self._hop(line, params):
            response = params["response"]
            hop.status = int(response["status"])
            hop.finished, hop.body, hop.protocol = True, b"", "http/1.1"
            hop.response_head = header_pairs(response.get("headers", {}))
            if response.get("headersText"):
                hop.status_line, hop.response_head = parse_head(response["headersText"])

    def _socket_message(self, line: Line, params: Params) -> None:
        if hop := self._hop(line, params):
            hop.messages += 1

    def _socket_error(self, line: Line, params: Params) -> None:
        if hop := self._hop(line, params):
            hop.failure = str(params.get("errorMessage") or "failed")


def _post_data(request: Params) -> bytes:
    """The body of a request; where the browser tells no bytes, its text in UTF-8."""
    try:
        data = b"".join(base64.b64decode(entry.get("bytes", "")) for entry in request.get("postDataEntries", ()))
    except (binascii.Error, AttributeError):
        data = b""
    return data or str(request.get("postData", "")).encode("utf-8", "surrogatepass")


def _take_response(hop: Exchange, response: Params) -> None:
    hop.status = int(response["status"])
    hop.mime = str(response.get("mimeType", ""))
    hop.charset = str(response.get("charset", ""))
    hop.protocol = str(response.get("protocol", ""))
    hop.from_cache = bool(response.get("fromDiskCache") or response.get("fromPrefetchCache"))
    hop.response_head = header_pairs(response.get("headers", {}))
    hop.status_line = f"HTTP/1.1 {hop.status} {response.get('statusText', '')}".rstrip()
    details: Params | None = response.get("securityDetails")
    if details:
        hop.tls_protocol = str(details.get("protocol", ""))
        hop.cipher = str(details.get("cipher", ""))
        hop.certificate_subject = str(details.get("subjectName", ""))
        hop.certificate_span = (int(details.get("validFrom", 0)), int(details.get("validTo", 0)))
        hop.key_exchange = str(details.get("keyExchangeGroup") or details.get("keyExchange") or "")
    hop.connection = str(response.get("connectionId", ""))
    timing: dict[str, Any] = response.get("timing") or {}
    names = ("dnsStart", "dnsEnd", "connectStart", "connectEnd", "sslStart", "sslEnd", "sendStart", "sendEnd")
    hop.timing = {name: round(timing[name] * 1000) for name in names if timing.get(name, -1) >= 0}
    if timing.get("receiveHeadersEnd", -1) >= 0:
        hop.timing["receiveHeadersEnd"] = round(timing["receiveHeadersEnd"] * 1000)


def _join(chain: _Chain, *, wait: bool) -> None:
    """Give each hop the heads that really passed; extra infos come in the order of the hops.

    Args:
        wait: leave a hop for later whose extra info is still on its way.
    """
    while chain.joined < len(chain.hops):
        hop, has_extra = chain.hops[chain.joined], chain.extra[chain.joined]
        ended = hop.finished or bool(hop.failure)
        if wait and hop.kind != "WebSocket" and (not ended or (has_extra and not chain.came)):
            return
        chain.joined += 1
        if hop.kind != "WebSocket":
            _take_heads(hop, chain, has_extra=has_extra)


def _take_heads(hop: Exchange, chain: _Chain, *, has_extra: bool) -> None:
    if chain.sent:
        hop.request_head = header_pairs(chain.sent.pop(0).get("headers", {}))
    if not has_extra or not chain.came:
        return
    really_came = chain.came.pop(0)
    hop.response_head = header_pairs(really_came.get("headers", {}))
    if really_came.get("headersText"):
        hop.status_line, hop.response_head = parse_head(really_came["headersText"])
