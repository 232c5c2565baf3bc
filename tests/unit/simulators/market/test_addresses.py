from simulators.market import Ports, World
from simulators.market.addresses import EXPIRED_HOST, OUTDOOR_HOST, PLATFORM_HOST, origin


def test_ports_stand_in_urls_unless_they_are_the_usual_ones() -> None:
    """TLS hosts take the TLS port, the others the plain one."""
    assert origin(PLATFORM_HOST, Ports(81, 444)) == "http://pingtai.example.test:81"
    assert origin(OUTDOOR_HOST, Ports(81, 444)) == "https://lvye.example.test:444"
    assert origin(PLATFORM_HOST, Ports()) == "http://pingtai.example.test"
    assert origin(EXPIRED_HOST, Ports()) == "https://expired.example.test"


def test_every_page_has_its_own_address(world: World) -> None:
    """No two pages of a shop share a path."""
    for shop in world.shops:
        u = world.addresses(shop)
        paths = [u.home, u.licence, u.rules, u.list_page(1), u.list_page(2), *map(u.item, world.listings_of(shop))]
        assert len(set(paths)) == len(paths)
        assert all(u.url(path).startswith(u.origin) for path in paths)
