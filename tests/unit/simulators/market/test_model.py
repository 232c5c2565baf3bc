from simulators.market import World
from simulators.market.model import Price


def test_a_price_gives_the_value_of_a_price_fact() -> None:
    """The keys are those kernel.facts names."""
    assert Price("unit", 500, unit="500g").as_fact() == {
        "kind": "unit",
        "fen": 500,
        "fen_max": None,
        "currency": "CNY",
        "unit": "500g",
        "sku": None,
    }


def test_prices_by_kind_and_by_sku(world: World) -> None:
    """A range listing has one range and a price for each SKU, no main price."""
    one = next(listing for listing in world.listings if listing.price("range"))
    assert one.price("shown") is None
    assert tuple(price.sku for price in one.sku_prices) == one.skus


def test_own_sites_and_scripted_shops(world: World) -> None:
    """Two self-built sites, one shop that needs a browser."""
    assert {shop.slug for shop in world.shops if shop.own_site} == {"lvye", "baihuo"}
    assert [shop.slug for shop in world.shops if shop.scripted] == ["xuanku"]
