"""Texts go back to the bytes they came from, or say that they do not."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.capture.body import DocumentStream, encode_again, fetch_body
from crawlers.capture.exchange import Exchange
from crawlers.capture.line import Line, LineError, Params


def hop(size: int, kind: str = "", charset: str = "") -> Exchange:
    """An exchange that received a number of bytes."""
    head = (("Content-Type", kind),) if kind else ()
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return Exchange("1", "http://a.example/", "GET", "Script", at, response_head=head, charset=charset, data_bytes=size)


class FakeLine(Line):
    """Answers commands from a table."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    async def send(self, method: str, params: Params | None = None) -> Params:  # noqa: ARG002 - as a line takes it
        """Give the answer, or fail."""
        found = self._answers.get(method.rpartition(".")[2])
        if found is None:
            raise LineError(method)
        return dict(found)


@given(st.text(alphabet="价格国家级abc 123", min_size=1), st.sampled_from(["gbk", "gb18030", "utf-8", "big5"]))
def test_declared_encodings_give_the_bytes_back(text: str, name: str) -> None:
    """A text in its declared encoding becomes the very bytes that were received."""
    try:
        data = text.encode(name)
    except UnicodeError:
        return
    assert encode_again(text, hop(len(data), f"text/css; charset={name}")) == (data, "")


def test_unprovable_texts_say_so() -> None:
    """A wrong number of bytes, a replacement sign or an unknown encoding name is never called original."""
    assert encode_again("价", hop(77)) == ("价".encode(), "text")
    assert encode_again("a\ufffd", hop(4))[1] == "text"
    assert encode_again("abc", hop(3, "text/css; charset=nonsense")) == (b"abc", "")


@pytest.mark.asyncio
async def test_streams_come_first() -> None:
    """A document's streamed bytes are taken; where they do not add up the browser's text is."""
    first = base64.b64encode("价".encode("gbk")).decode()
    line = FakeLine(streamResourceContent={"bufferedData": first}, getResponseBody={"body": "价x"})
    stream = DocumentStream(line, "1")
    stream.add(base64.b64encode(b"x").decode())
    stream.add("")
    item = hop(3)
    await fetch_body(line, item, stream)
    assert (item.body, item.body_form) == ("价".encode("gbk") + b"x", "")
    item = hop(4)
    await fetch_body(line, item, stream)
    assert (item.body, item.body_form) == ("价x".encode(), "")
    stream.close()


@pytest.mark.asyncio
async def test_binary_and_missing_bodies() -> None:
    """Binary bodies are bytes, a wrong length is told, an evicted body stays None."""
    line = FakeLine(getResponseBody={"body": base64.b64encode(b"\x00\x01").decode(), "base64Encoded": True})
    good, short, gone = hop(2), hop(5), hop(2)
    await fetch_body(line, good, None)
    await fetch_body(line, short, None)
    await fetch_body(FakeLine(), gone, DocumentStream(FakeLine(), "1"))
    assert (good.body, good.body_form) == (b"\x00\x01", "")
    assert short.body_form == "length"
    assert gone.body is None
