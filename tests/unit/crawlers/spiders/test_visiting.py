"""A visit in hand: queue, budget, links."""

import asyncio

from crawlers.frontier import Claim
from crawlers.spiders.visiting import Visiting
from kernel.facts import Link, ListingFacts, PageFacts


def _claim(url: str, depth: int = 0) -> Claim:
    return Claim(1, 1, 1, url, "k", "home", depth, "http", 0)


def test_claims_are_waited_for_and_the_end_wakes_all(visiting: Visiting) -> None:
    """A worker waits for claims; a closed visit gives None; a stopped one gives nothing more."""

    async def scene() -> tuple[Claim | None, Claim | None, int]:
        waiting = asyncio.create_task(visiting.next_claim())
        await asyncio.sleep(0)
        visiting.give([])
        visiting.give([_claim("https://shop.example/")])
        first = await waiting
        visiting.stopped = "budget-pages"
        visiting.give([_claim("https://shop.example/2")])
        last = asyncio.create_task(visiting.next_claim())
        await asyncio.sleep(0.01)
        visiting.close()
        return first, await last, visiting.in_hand

    first, last, in_hand = asyncio.run(scene())
    assert first is not None
    assert last is None
    assert in_hand == 1


def test_spending_stops_it(visiting: Visiting) -> None:
    """The first budget that is used up is the reason, and stays it."""
    visiting.spend(size=1_000)
    visiting.spend(pages=10)
    assert visiting.stopped == "budget-bytes"


def test_links_are_of_this_site_and_new(visiting: Visiting) -> None:
    """Other hosts, files, broken links and those seen before are left out; stubs count as links."""
    facts = PageFacts(
        "home",
        listings=(
            ListingFacts("https://shop.example/item/1", (), is_stub=True), ListingFacts("https://shop.example/own", ()),
        ),
        links=(
            Link("https://shop.example/list/1", "list"), Link("https://shop.example/list/1?utm_source=a", "list"),
            Link("https://other.example/", "other"), Link("https://shop.example/a.pdf", "other"),
            Link("javascript:x", "other"), Link("https://shop.example/item/1", "detail"),
        ),
    )  # fmt: skip
    links = visiting.links_of(facts, _claim("https://shop.example/"))
    assert [(link.url, link.kind, link.depth) for link in links] == [
        ("https://shop.example/item/1", "detail", 1), ("https://shop.example/list/1", "list", 1),
    ]  # fmt: skip
    assert visiting.links_of(facts, _claim("https://shop.example/")) == ()


def test_depth_is_a_budget_but_paging_is_not_depth(visiting: Visiting) -> None:
    """Too deep is refused and kept; the next list page is as deep as this one."""
    deep = visiting.links_of(
        PageFacts("other", links=(Link("https://shop.example/x", "other"),)), _claim("https://shop.example/y", 3)
    )
    assert [(link.state, link.outcome) for link in deep] == [("refused", "budget-depth")]
    paging = PageFacts("list", links=(Link("https://shop.example/list?page=3", "list"),))
    assert visiting.links_of(paging, _claim("https://shop.example/list?page=2", 1))[0].depth == 1


def test_links_of_a_page_are_bounded(visiting: Visiting) -> None:
    """A page of ten thousand links gives a thousand."""
    many = tuple(Link(f"https://shop.example/{number}", "other") for number in range(10_000))
    assert len(visiting.links_of(PageFacts("other", links=many), _claim("https://shop.example/"))) == 1_000


def test_pages_that_bring_nothing_new_are_noted(visiting: Visiting) -> None:
    """A listing seen for the first time is useful, the second time not; a detail page always is."""
    visiting.trap.limit = 1
    listed = PageFacts("list", listings=(ListingFacts("https://shop.example/item/1", (), is_stub=True),))
    visiting.note("https://shop.example/list?page=1", listed)
    assert not visiting.trap.is_trap("https://shop.example/list?page=9")
    visiting.note("https://shop.example/list?page=2", listed)
    assert visiting.trap.is_trap("https://shop.example/list?page=9")
    visiting.note("https://shop.example/item/1", PageFacts("detail"))
    assert not visiting.trap.is_trap("https://shop.example/item/2")
