"""The verdict and its reasons."""

from datetime import UTC, datetime

import pytest

from crawlers.capture.completeness import PageView, judge, walls
from crawlers.capture.exchange import Exchange
from crawlers.egress.record import ConnectionRecord

AT = datetime(2026, 11, 25, tzinfo=UTC)
URL = "http://shop.example.test/"


def seen(**values: object) -> Exchange:
    """A whole exchange, changed."""
    base: dict[str, object] = {
        "request_id": "1",
        "url": URL,
        "method": "GET",
        "kind": "Image",
        "at": AT,
        "status": 200,
        "body": b"x",
        "finished": True,
    }
    return Exchange(**{**base, **values})  # type: ignore[arg-type]


def refused(host: str, port: int = 80) -> ConnectionRecord:
    """A connection the proxy refused."""
    return ConnectionRecord(AT, "socks", host, port, ended="refused", reason="not-global")


def test_whole_pages_are_complete() -> None:
    """An answer is an answer, also 404; streams and pings need no end."""
    every = [seen(), seen(status=404), seen(kind="Ping", status=0, body=None), seen(kind="EventSource", body=None)]
    assert judge(every, [], [], [])["verdict"] == "COMPLETE"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"failure": "ERR_FAILED"}, "ERR_FAILED"),
        ({"truncated": "length"}, "truncated:length"),
        ({"status": 0}, "no_answer"),
        ({"finished": False}, "unfinished"),
        ({"body": None}, "body_not_kept"),
    ],
)
def test_each_gap_has_its_reason(values: dict[str, object], reason: str) -> None:
    """Anything not had makes it PARTIAL and is listed."""
    found = judge([seen(), seen(**values)], [], [], [])
    assert found["verdict"] == "PARTIAL"
    assert found["failed"] == [{"url": URL, "kind": "Image", "reason": reason}]
    assert found["loaded"] == 1


def test_refusals_are_blocked_not_failed() -> None:
    """What the proxy refused is told as blocked, also where no exchange shows it."""
    found = judge(
        [seen(failure="ERR_SOCKS")], [refused("shop.example.test"), refused("other.example.test", 81)], [], []
    )
    assert found["failed"] == []
    assert found["blocked"] == [
        {"url": URL, "kind": "Image", "reason": "not-global"},
        {"url": "other.example.test:81", "kind": "Connection", "reason": "not-global"},
    ]
    csp = judge([seen(failure="ERR_BLOCKED", blocked="csp")], [], [], [])
    assert csp["blocked"] == [{"url": URL, "kind": "Image", "reason": "csp"}]


def test_stops_flags_and_forms_are_told() -> None:
    """Stop reasons come once each; bodies that are not as received are named."""
    found = judge([seen(body_form="text")], [], ["captcha"], ["busy", "busy"])
    assert (found["verdict"], found["stop_reason"]) == ("PARTIAL", "busy,captcha")
    assert found["not_original"] == [URL]


LONG = "<p>" + "商品介绍" * 200 + "</p>"


@pytest.mark.parametrize(
    ("view", "flags"),
    [
        (PageView(URL, URL, 200, LONG), []),
        (PageView(URL, URL, 200, LONG + "<input type=password>"), []),
        (PageView(URL, URL, 200, LONG + "验证码拦截"), []),
        (PageView(URL, URL, 200, "<input name=p type='password'>"), ["login_wall"]),
        (PageView(URL, "http://passport.example.test/member/login?x", 200, LONG), ["login_wall"]),
        (PageView(URL, URL + "blogins", 200, LONG), []),
        (PageView(URL, URL, 200, "<div id=captcha>"), ["captcha"]),
        (PageView(URL, URL, 429, "请稍后再试"), ["refused"]),
    ],
)
def test_walls(view: PageView, flags: list[str]) -> None:
    """Walls are seen where they stand before the page, not where a page merely has such words."""
    assert walls(view) == flags
