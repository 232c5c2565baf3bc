"""The one pass that notes links, headings, prices, buttons."""

from collections.abc import Callable

import pytest

from crawlers.reading.document import Document
from crawlers.reading.survey import survey_of

Reader = Callable[..., Document]


def test_lists_are_filled(read: Reader) -> None:
    """Each element lands where it belongs, hidden ones do not."""
    survey = survey_of(
        read(
            "<h1>甲</h1><h2 hidden>x</h2><b class=now-price>1</b><i class=goods-title>乙</i><del>2</del>"
            "<nav>n</nav><div class=sidebar>s</div><img src=/a.jpg>"
        )
    )
    assert [e.tag for e in survey.headings] == ["h1"]
    assert [e.tag for e in survey.priced] == ["b"]
    assert [e.tag for e in survey.named] == ["i"]
    assert [e.tag for e in survey.struck] == ["del"]
    assert [e.tag for e in survey.parts] == ["nav", "div"]
    assert len(survey.images) == 1


@pytest.mark.parametrize(
    "markup",
    [
        "<button>加入购物车</button>",
        "<a href=/buy>立即购买</a>",
        "<input type=submit value=Buy>",
        "<input type=submit name=add_cart value=Go>",
        "<button class=add-to-cart><i></i></button>",
    ],
)
def test_what_buys_is_found(read: Reader, markup: str) -> None:
    """Buttons, links and inputs that buy."""
    assert len(survey_of(read(markup)).buttons) == 1


@pytest.mark.parametrize(
    "markup", ["<button>收藏</button>", "<input type=text value=Buy>", "<a href=/x>购买须知与常见问题说明</a>"]
)
def test_what_does_not_buy(read: Reader, markup: str) -> None:
    """Other buttons are left alone."""
    assert survey_of(read(markup)).buttons == []


def test_forms_that_ask_for_a_quantity_sell(read: Reader) -> None:
    """A quantity makes a basket form, whatever it is called."""
    assert (
        len(
            survey_of(
                read(
                    "<form action=/x><input name=quantity></form><form action=/cart/add></form>"
                    "<form action=/search></form>"
                )
            ).cart_forms
        )
        == 2
    )


def test_links_elsewhere_and_cards(read: Reader) -> None:
    """A picture's link to another page is a card's; one to the page itself or to a file is not."""
    document = read(
        "<div><a href='/item/1.html'><img src=x></a><a href='/item/9.html?x'><img src=y></a>"
        "<a href='/big.jpg'><img src=z></a><a href='/t'>t</a></div>"
    )
    survey = survey_of(document)
    assert [anchor.elsewhere for anchor in survey.anchors] == [True, False, False, True]
    assert survey.cards_in(document.css("div")[0]) == 1
    assert len(survey.anchors_in(document.css("div")[0])) == 4
    assert survey_of(document) is survey
