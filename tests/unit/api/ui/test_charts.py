"""Charts made here."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from api.queries.facts import PricePoint
from api.ui.charts import HEIGHT, WIDTH, price_chart
from tests.e2e.seeded_market import AT


def _point(fen: int | None, day: int, until: int | None, kind: str = "shown") -> PricePoint:
    ended = AT + timedelta(days=until) if until is not None else None
    return PricePoint(kind, "", fen, AT + timedelta(days=day), ended, 1)


def test_no_amount_no_chart() -> None:
    """A listing without prices has only the table."""
    assert price_chart([], until=AT, label="x") == ""
    assert price_chart([_point(None, 0, None)], until=AT, label="x") == ""


def test_a_step_a_price() -> None:
    """One dot a price, one line a kind, the label escaped, no style attribute."""
    points = [_point(1_000, 0, 3), _point(1_500, 3, None), _point(3_000, 0, None, "struck"), _point(5, 1, 2, "<b>")]
    svg = LexborHTMLParser(str(price_chart(points, until=AT + timedelta(days=9), label='<"茶>')))
    assert len(svg.css("circle")) == 4
    assert len(svg.css("path.line")) == 3
    assert [node.attributes["aria-label"] for node in svg.css("svg")] == ['<"茶>']
    assert not svg.css("[style]")
    assert not svg.css("b")


def test_hours_are_shown_of_a_short_time() -> None:
    """Two visits of one day would else bear the same date twice."""
    for days, form in ((1, ["11-20 10:00", "11-21 10:00"]), (9, ["2026-11-20", "2026-11-29"])):
        svg = LexborHTMLParser(str(price_chart([_point(5, 0, None)], until=AT + timedelta(days=days), label="x")))
        assert [node.text() for node in svg.css("text")][-2:] == form


@given(st.lists(st.tuples(st.integers(0, 10**10) | st.none(), st.integers(0, 400), st.integers(0, 400)), max_size=8))
def test_every_dot_lies_in_the_drawing(rows: list[tuple[int | None, int, int]]) -> None:
    """Also for one price, equal prices and very large ones."""
    points = [_point(fen, day, day + length) for fen, day, length in rows]
    svg = LexborHTMLParser(str(price_chart(points, until=AT + timedelta(days=200), label="x")))
    for dot in svg.css("circle"):
        assert 0 <= float(str(dot.attributes["cx"])) <= WIDTH
        assert 0 <= float(str(dot.attributes["cy"])) <= HEIGHT
