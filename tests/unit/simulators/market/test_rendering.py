import json
import re

import pytest

from simulators.market import World
from simulators.market.rendering import grouped, licence_rows, sales_words, terms, yuan


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0"), (9999, "9999"), (10_000, "1万+"), (12_000, "1.2万+"), (980_000, "98万+")]
)
def test_sales_as_shops_write_them(count: int, words: str) -> None:
    """Above ten thousand in 万."""
    assert sales_words(count) == words


def test_amounts() -> None:
    """分 become 元 with two decimals."""
    assert (yuan(129_900), grouped(129_900), yuan(5)) == ("1299.00", "1,299.00", "0.05")


def test_licence_rows_have_the_fields_the_law_names(world: World) -> None:
    """A company shows seven fields, a trader its 组成形式; a 15-digit number is called 注册号."""
    rows = {shop.slug: dict(licence_rows(shop)) for shop in world.shops}
    assert {"统一社会信用代码", "企业名称", "类型", "法定代表人", "住所", "注册资本"} <= rows["songyun"].keys()
    assert {"统一社会信用代码", "名称", "类型", "经营者", "经营场所", "组成形式"} <= rows["huangshan"].keys()
    assert len(rows["mofang"]["注册号"]) == 15


def test_planted_terms_close_the_page(world: World) -> None:
    """Only the shops named in the file show a planted sentence."""
    by_slug = {shop.slug: terms(shop) for shop in world.shops}
    assert "最终解释权" in by_slug["shuma"][-1]
    assert "最终解释权" not in "".join(by_slug["meiyan"])


def test_json_ld_says_what_the_page_says(world: World) -> None:
    """Where a shop has JSON-LD, its name and price are the model's."""
    shop = next(one for one in world.shops if one.structured == "json-ld")
    for listing in world.listings_of(shop):
        body = world.page(shop.host, world.addresses(shop).item(listing)).body.decode()
        found = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', body)[0])
        assert found["name"] == listing.title
        first = listing.prices[0]
        offers = found.get("offers", {})
        assert (offers.get("price") or offers.get("lowPrice")) == (
            None if first.text or first.fen is None else yuan(first.fen)
        )


@pytest.mark.parametrize(("slug", "sign"), [("kangyuan", 'itemprop="price"'), ("meiyan", 'property="og:title"')])
def test_other_structured_data(world: World, slug: str, sign: str) -> None:
    """One shop has microdata, one Open Graph, most have nothing."""
    shop = next(one for one in world.shops if one.slug == slug)
    bodies = [world.page(shop.host, world.addresses(shop).item(one)).body.decode() for one in world.listings_of(shop)]
    assert any(sign in body for body in bodies)
    assert sum(one.structured == "none" for one in world.shops) > len(world.shops) / 2


def test_shapes_of_detail_pages_differ(world: World) -> None:
    """At least six ways to build a detail page, none sharing most class names with another."""
    classes = {}
    for shop in world.shops:
        if not shop.scripted:
            listing = world.listings_of(shop)[0]
            body = world.page(shop.host, world.addresses(shop).item(listing)).body.decode(
                "gbk" if shop.slug == "baihuo" else "utf-8"
            )
            main = body.split("</header>")[-1]
            classes[shop.theme] = set(re.findall(r'(?:class|id)="([^"]+)"', main))
    assert len(classes) >= 6
    themes = sorted(classes)
    for index, one in enumerate(themes):
        for other in themes[index + 1 :]:
            assert len(classes[one] & classes[other]) <= 2
