"""Orders: understood or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.capture.errors import CaptureError
from crawlers.capture.order import CaptureOrder, QuitOrder, RenderOrder, parse_order

GOOD = {"op": "capture", "id": "ev-1", "url": "https://shop.example.test/1", "out": "/tmp/x"}  # noqa: S108 - not written


def line(**values: object) -> bytes:
    """An order line."""
    return json.dumps({**GOOD, **values}).encode()


def test_good_orders() -> None:
    """Each kind is told by ``op``; options have defaults."""
    order = parse_order(line(options={"timeout_s": 5}))
    assert isinstance(order, CaptureOrder)
    assert (order.options.viewport.width, order.options.locale, order.options.timeout_s) == (1280, "zh-CN", 5)
    assert isinstance(parse_order(b'{"op":"render","id":"a","url":"http://a.example/"}'), RenderOrder)
    assert isinstance(parse_order(b'{"op":"quit"}'), QuitOrder)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example.test",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "http://u:p@a.example/",
        "http://a.example:x/",
        "http://a.example/ b",
        "http://a.example/\r\nX: 1",
        "http:\\\\a.example",
        "data:text/html,x",
    ],
)
def test_bad_addresses_have_their_own_code(url: str) -> None:
    """What is no web address is refused as such."""
    with pytest.raises(CaptureError) as caught:
        parse_order(line(url=url))
    assert caught.value.code == "capture.bad_url"


@pytest.mark.parametrize(
    "values",
    [
        {"out": "relative"},
        {"out": "/a/../b"},
        {"id": "a/b"},
        {"extra": 1},
        {"op": "other"},
        {"options": {"locale": "x;y"}},
        {"options": {"timeout_s": -1}},
        {"options": {"viewport": {"width": 1, "height": 1}}},
    ],
)
def test_bad_orders_are_refused(values: dict[str, object]) -> None:
    """Unknown or wrong members are refused, not dropped."""
    with pytest.raises(CaptureError) as caught:
        parse_order(line(**values))
    assert caught.value.code == "capture.bad_order"


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    """Any bytes give an order or our own error."""
    code = ""
    try:
        parse_order(data)
    except CaptureError as error:
        code = error.code
    assert code in {"", "capture.bad_order", "capture.bad_url"}
