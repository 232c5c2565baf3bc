import json
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from simulators.market import Ports, World, sample_shops
from simulators.market.rendering import grouped, yuan

Reader = Callable[[World, str], str]
RULES = {
    "ID01", "ID02", "ID03", "ID04", "ID05", "ID07", "ID10", "AD01", "AD02", "AD03", "AD09", "PR03", "PR04", "PR05",
    "CT02", "CT04", "UC01",
}  # fmt: skip


@pytest.mark.parametrize("day", [0, 2])
def test_every_quote_stands_on_the_page_it_names(text_of: Reader, day: int) -> None:
    """Hits and near-misses are really there, word for word."""
    world = World(day, Ports(8801, 8802))
    truth = world.labels()
    for hit in truth["hits"]:
        text = text_of(world, hit["page_url"]).replace(",", "")
        if hit["rule"] == "PR03":
            fen = str(round(float(hit["quote"]) * 100))
            assert hit["quote"] in text or (hit["needs_browser"] and fen in text)
        else:
            assert all(piece in text for piece in (hit["quote"], *hit["also"])), hit
    for twin in truth["near_misses"]:
        text = text_of(world, twin["url"])
        if twin["present"] and twin["rule"] != "PR03":
            assert twin["text"] in text, twin


def test_all_rules_are_planted(world: World) -> None:
    """At least six hits a rule (two where the whole shop is meant), two near-misses for each."""
    truth = world.labels()
    hits = Counter(hit["rule"] for hit in truth["hits"])
    near = Counter(twin["rule"] for twin in truth["near_misses"])
    assert set(hits) == RULES
    for rule, count in hits.items():
        assert count >= (2 if rule in {one for one in RULES if one[:2] == "ID"} else 6)
        assert near[rule] >= 2 * count


def test_listing_facts_stand_on_their_pages(world: World, text_of: Reader) -> None:
    """Title, every price, stock, brand, SKUs, description and promotions of each listing are shown."""
    truth = world.labels()
    for url, fields in truth["listings"].items():
        text = text_of(world, url)
        words = [
            fields["title"],
            fields["brand"],
            *fields["sku"],
            *fields["promotion"],
            *fields["gift"],
            *fields["review"],
        ]
        words += [] if fields["stock"] is None else [str(fields["stock"])]
        words += fields["description"].split("\n")
        assert all(word in text for word in words), url
        for price in fields["price"]:
            if price["fen"] is None:
                assert fields["price_text"] in text
            else:
                amounts = (yuan(price["fen"]), grouped(price["fen"]), str(price["fen"]))
                assert any(amount in text for amount in amounts), url


def test_shop_facts_stand_on_their_pages(world: World, text_of: Reader) -> None:
    """Licence page and home page show what the labels say."""
    truth = world.labels()
    for home, facts in truth["shops"].items():
        text = text_of(world, facts["licence_url"])
        keys = (
            "licence_code_shown",
            "licence_name",
            "licence_address",
            "declaration",
            "icp",
            "police_filing",
            "contact",
        )
        assert all(facts[key] in text for key in keys if facts[key]), home
        if not facts["needs_browser"]:
            assert all(line in text for line in facts["permit"])
        assert facts["notice"] in text_of(world, home)
        assert facts["seller_shown"] in text_of(world, home)


def test_stubs_stand_on_their_lists(world: World, text_of: Reader) -> None:
    """Each entry of a list page has its title and price there."""
    for url, entries in world.labels()["stubs"].items():
        text = text_of(world, url)
        for entry in entries:
            assert entry["title"] in text
            shown = entry["text"] or yuan(entry["fen"])
            assert shown in text.replace(",", "") or str(entry["fen"]) in text


def test_lists_show_less_only_where_planted(world: World) -> None:
    """PR03: the list price is a price of the page for every listing but the planted ones and 新人价."""
    truth = world.labels()
    planted = {hit["listing_url"] for hit in truth["hits"] if hit["rule"] == "PR03"}
    for entries in truth["stubs"].values():
        for entry in entries:
            of_page = {price["fen"] for price in truth["listings"][entry["url"]]["price"]}
            if entry["note"] != "新人价":
                assert (entry["fen"] not in of_page) == (entry["url"] in planted)


def test_labels_are_plain_json_and_name_real_pages(world: World) -> None:
    """The whole can be written; each page named is served."""
    truth = world.labels()
    json.dumps(truth)
    known = set(world.paths())
    for url, page in truth["pages"].items():
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        assert (parts.hostname, path) in known
        assert page["kind"] in {"home", "list", "detail", "licence", "rules", "other"}
    assert truth["listings"].keys() <= truth["pages"].keys()


def test_sample_shops() -> None:
    """Every shop with its platform; self-built ones are read by the generic extractor."""
    found = sample_shops(Ports(81, 82))
    assert len({one.url for one in found}) == len(found) >= 14
    assert {one.name: one.platform for one in found}["百货大世界"] == "generic"
    assert {one.name: one.platform for one in found}["炫酷潮玩"] == "pinjishi"
    assert all("example.test:8" in one.url for one in found)
