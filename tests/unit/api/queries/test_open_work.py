"""What waits for an officer."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import update

from api.policy import Scope, permissions_of
from api.queries.open_work import read_open_work
from kernel.models import RuleHit
from tests.unit.api.conftest import House


@pytest.mark.parametrize("role", ["supervisor", "investigator", "administrator"])
def test_every_figure_is_the_length_of_the_list_it_opens(shared_house: House, role: str) -> None:
    """Each link may be opened by who sees it, and the list says the same number."""
    browser = shared_house.browser(role)
    shown = LexborHTMLParser(browser.get("/").text).css(".work a")
    assert bool(shown) == (role != "administrator")
    for link in shown:
        figure, href = link.css_first("b"), link.attributes["href"]
        assert figure is not None
        page = browser.get(str(href))
        assert page.status_code == 200
        assert figure.text() in re.findall(r"[\d,]+", LexborHTMLParser(page.text).css_first("main").text())  # type: ignore[union-attr]


def test_what_is_done_is_no_work(house: House) -> None:
    """Decided leads go from the list."""
    with house.context.database.write() as session:
        session.execute(update(RuleHit).values(state="dismissed"))
    scope = Scope(1, "supervisor", permissions_of(["supervisor"]))
    with house.context.database.read() as session:
        keys = [one.key for one in read_open_work(session, scope, at=house.clock.at)]
    assert "hits" not in keys
    assert "high_hits" not in keys
