"""robots.txt as RFC 9309 reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.robots import MAX_DELAY_S, RobotsRules, product_token, read_robots

URL = "http://shop.example/robots.txt"
AGENT = "WangjianBot/0.1 (+https://wangjian.example/bot)"


def _read(text: bytes, status: int = 200) -> RobotsRules:
    return read_robots(URL, status, text, sha256="0" * 64, user_agent=AGENT)


def test_our_own_group_counts_before_the_star() -> None:
    """The group with our name is the one that holds."""
    rules = _read(b"User-agent: *\nDisallow: /\n\nUser-agent: wangjianbot\nDisallow: /a\nCrawl-delay: 3\n")
    assert rules.allows("http://shop.example/b")
    assert not rules.allows("http://shop.example/a/1")
    assert rules.crawl_delay == 3


def test_wildcards_ends_and_the_longest_rule() -> None:
    """``*`` and ``$`` are understood, the longest match decides."""
    rules = _read(b"User-agent: *\nDisallow: /*.php$\nDisallow: /cart\nAllow: /cart/help\n")
    assert not rules.allows("http://shop.example/x.php")
    assert rules.allows("http://shop.example/x.php?id=1")
    assert rules.allows("http://shop.example/cart/help")
    assert not rules.allows("http://shop.example/cart")


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(200, True), (404, True), (401, True), (403, True), (304, True), (500, False), (503, False), (429, False)],
)
def test_the_status_decides_where_there_is_nothing_to_read(status: int, allowed: bool) -> None:  # noqa: FBT001 - a parameter
    """4xx lets everything through, 5xx nothing."""
    assert _read(b"", status).allows("http://shop.example/x") is allowed


def test_a_delay_has_a_bound() -> None:
    """Nobody makes us wait for a year; a delay that is no number is none."""
    assert _read(b"User-agent: *\nCrawl-delay: 99999999\n").crawl_delay == MAX_DELAY_S
    assert _read(b"User-agent: *\nCrawl-delay: soon\n").crawl_delay == 0
    assert _read(b"User-agent: *\nCrawl-delay: -5\n").crawl_delay == 0


def test_what_is_kept_on_the_visit() -> None:
    """URL, status, digest, delay, verdict."""
    kept = _read(b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n").as_json()
    assert kept == {"url": URL, "status": 200, "sha256": "0" * 64, "crawl_delay": 0.0, "verdict": "rules"}
    assert product_token(AGENT) == "WangjianBot"
    assert product_token("123") == "*"


@given(st.binary(max_size=300))
def test_any_bytes_are_read(body: bytes) -> None:
    """Hostile bytes give rules, never an error."""
    assert _read(body).allows("http://shop.example/x") in {True, False}
