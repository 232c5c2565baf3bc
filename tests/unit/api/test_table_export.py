"""CSV for spreadsheets."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.table_export import FORMULA_STARTS, IGNORED_STARTS, csv_lines, safe_cell
from tests.e2e.seeded_market import FORMULA_TITLE
from tests.unit.api.conftest import House


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "　＝1", "\ufeff=1", "\r\n=1", FORMULA_TITLE]
)
def test_formulas_become_text(cell: str) -> None:
    """Whatever a spreadsheet may take for a formula begins with an apostrophe."""
    assert safe_cell(cell) == f"'{cell}"


def test_numbers_of_ours_stay_numbers() -> None:
    """Counts are not text, and nothing is nothing."""
    assert [safe_cell(value) for value in (-3, 2.5, None, "茶", "")] == ["-3", "2.5", "", "茶", ""]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_every_cell_reads_back_and_none_is_a_formula(rows: list[list[str]]) -> None:
    """The text is kept, behind at most one apostrophe."""
    data = "".join(csv_lines(("a", "b"), rows)).removeprefix("\ufeff")
    read = list(csv.reader(io.StringIO(data, newline="")))[1:]
    assert [[cell.removeprefix("'") if kept != cell else cell for kept, cell in zip(before, after, strict=True)]
            for before, after in zip(rows, read, strict=True)] == rows  # fmt: skip
    for cell in (cell for row in read for cell in row):
        assert not cell.lstrip(IGNORED_STARTS).startswith(FORMULA_STARTS)


def test_all_results_are_exported(shared_house: House) -> None:
    """Not one page of them but all, in the order asked for, with the hostile title made harmless."""
    browser = shared_house.browser("supervisor")
    for path in ("/search/export.csv?q=&sort=price_desc", "/api/v1/search/export.csv?sort=price_desc"):
        response = browser.get(path)
        assert response.headers["content-type"].startswith("text/csv")
        assert "attachment" in response.headers["content-disposition"]
        assert response.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))
        assert len(rows) == len(shared_house.seeded.listings)
        prices = [float(row["price_yuan"]) for row in rows]
        assert prices == sorted(prices, reverse=True)
        assert f"'{FORMULA_TITLE}" in {row["title"] for row in rows}


def test_an_export_is_written_down_and_errors_come_first(house: House) -> None:
    """A query that is not understood is a problem and not half a file."""
    browser = house.browser("supervisor")
    assert browser.get("/search/export.csv?q=%22abc").status_code == 422
    assert browser.get("/search/export.csv?q=nothing_like_this").text.count("\n") == 1
    trail = house.browser("administrator").get("/api/v1/audit?action=listing.export").json()
    assert trail["entries"][0]["detail"]["query"] == "nothing_like_this"
