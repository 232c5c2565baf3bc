"""Filters and addresses of the templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.locations import local_path
from api.queries.facts import ShownFact
from api.ui.rendering import alike, fact_text, grouped, moment, money, number, size, web_link, when, with_query
from kernel.models import FactVersion, Page
from tests.e2e.seeded_market import AT


def test_values_read_as_people_write_them() -> None:
    """Money from 分, times in China, sizes, digests."""
    assert [money(value) for value in (None, 0, 5, -123, 123_456_789)] == [
        "—",
        "¥0.00",
        "¥0.05",
        "-¥1.23",
        "¥1,234,567.89",
    ]
    assert (money(2_999, "USD"), money(2_999, "CNY"), money(None, "USD")) == ("USD 29.99", "¥29.99", "—")
    assert fact_text({"fen": 2_999, "currency": "USD"}) == "USD 29.99"
    assert when(AT) == "2026-11-20 10:00:00"
    assert [moment("2026-11-20T02:00:00Z"), moment(""), moment("soon")] == ["2026-11-20 10:00:00", "—", "soon"]
    assert [size(value) for value in (None, 1_023, 1_536, 5 << 30)] == ["0 B", "1023 B", "1.5 KB", "5.0 GB"]
    assert grouped("a" * 10) == "aaaa aaaa aa"
    assert (number(None), number(12_345)) == ("—", "12,345")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("茶", "茶"),
        (1_234, "1,234"),
        ({"kind": "shown", "fen": 990, "fen_max": None, "unit": "500克", "sku": None}, "¥9.90 / 500克"),
        ({"kind": "range", "fen": 990, "fen_max": 1_990, "unit": None, "sku": None}, "¥9.90 – ¥19.90"),
        ({"kind": "range", "fen": 990, "fen_max": 1_990, "unit": "件", "sku": "红"}, "¥9.90 – ¥19.90 / 件 (红)"),
        ({"label": "运费险", "checked": True, "fen": 100}, "运费险 ¥1.00 ☑"),
        ({"kind": "shown", "fen": None}, "kind: shown"),
    ],
)
def test_facts_are_shown_in_words(value: object, shown: str) -> None:
    """Each form of value that extraction gives."""
    assert fact_text(value) == shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://x/", "//x.example", "x", "http://[x"]
)
def test_odd_schemes_are_no_links(url: str) -> None:
    """Only http and https."""
    assert web_link(url) == ""
    assert web_link("https://x.example/") == "https://x.example/"


def test_addresses_keep_their_parameters() -> None:
    """Empty ones go, lists repeat, text is encoded."""
    assert with_query("/s", {"q": "a b&c", "rule": ("A", "B"), "x": ""}, rule=("A",)) == "/s?q=a+b%26c&rule=A"
    assert with_query("/s", {}) == "/s"


@given(st.text(max_size=40))
def test_a_form_never_sends_people_elsewhere(wanted: str) -> None:
    """The path stays here for every text."""
    path = local_path(wanted)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\n" not in path


def test_facts_that_say_the_same_stand_together() -> None:
    """By field, kind and value, in the order of the first of each."""
    told = [("icp", "沪1"), ("price", {"kind": "shown", "fen": 5}), ("icp", "沪2"), ("icp", "沪1"),
            ("price", {"kind": "struck", "fen": 5})]  # fmt: skip
    rows = [
        ShownFact(FactVersion(field=field, value=value), Page(id=place)) for place, (field, value) in enumerate(told)
    ]
    assert [[row.page.id for row in same] for same in alike(rows)] == [[0, 3], [1], [2], [4]]
