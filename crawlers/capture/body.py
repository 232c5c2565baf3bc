"""Payloads as the site sent them.

``Network.getResponseBody`` gives binary payloads as bytes but texts as decoded text, which for a
GBK page is not what was sent. Documents are therefore streamed as bytes
(``Network.streamResourceContent``); for other texts the bytes are made again from the declared
encoding and taken only where their number is the number that was received.
"""

import asyncio
import base64
import codecs
import re

from crawlers.capture.exchange import Exchange
from crawlers.capture.line import Line, LineError

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)


class DocumentStream:
    """Collects the bytes of one document while it loads."""

    def __init__(self, line: Line, request_id: str) -> None:
        self._chunks: list[bytes] = []
        self._head = asyncio.ensure_future(line.send("Network.streamResourceContent", {"requestId": request_id}))

    def add(self, chunk: str) -> None:
        """Take the base64 data of one event."""
        if chunk:
            self._chunks.append(base64.b64decode(chunk))

    async def content(self) -> bytes:
        """What came, from the first byte."""
        try:
            result = await self._head
        except LineError:
            return b""
        return base64.b64decode(str(result.get("bufferedData", ""))) + b"".join(self._chunks)

    def close(self) -> None:
        """Give up."""
        self._head.cancel()


async def fetch_body(line: Line, hop: Exchange, stream: DocumentStream | None) -> None:
    """Set the body of an exchange, and say in ``body_form`` where it is not as received.

    Effects: leaves ``hop.body`` None where the browser kept nothing.
    """
    if stream is not None and len(content := await stream.content()) == hop.data_bytes:
        hop.body = content
        return
    try:
        result = await line.send("Network.getResponseBody", {"requestId": hop.request_id})
    except LineError:
        return
    text = str(result.get("body", ""))
    if result.get("base64Encoded"):
        hop.body = base64.b64decode(text)
        hop.body_form = "" if len(hop.body) == hop.data_bytes else "length"
    else:
        hop.body, hop.body_form = encode_again(text, hop)


def encode_again(text: str, hop: Exchange) -> tuple[bytes, str]:
    """The bytes a text was decoded from.

    Returns:
        bytes and ``""``, or the text in UTF-8 and ``text`` where no encoding gives the number of
        bytes received.
    """
    declared = next((value for name, value in hop.response_head if name.lower() == "content-type"), "")
    found = _CHARSET.search(declared)
    for name in (found.group(1) if found else "", hop.charset, "utf-8", "utf-8-sig", "gb18030", "latin-1"):
        try:
            data = text.encode(codecs.lookup(name).name)
        except (LookupError, UnicodeError):
            continue
        if len(data) == hop.data_bytes and "\ufffd" not in text:
            return data, ""
    return text.encode("utf-8", "replace"), "text"
