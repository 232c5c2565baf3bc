import re

import pytest

from simulators.market import Ports, World
from simulators.market.addresses import MALL_HOST, OUTDOOR_HOST, PLATFORM_HOST


def _bodies(world: World) -> dict[tuple[str, str], bytes]:
    return {key: world.page(*key).body for key in world.paths() if not key[1].startswith("/img/")}


def test_size(world: World) -> None:
    """Twelve shops or more on the platform, two sites, 400 listings or more."""
    assert sum(not shop.own_site for shop in world.shops) >= 12
    assert sum(shop.own_site for shop in world.shops) == 2
    assert len(world.listings) >= 400
    assert len({shop.theme for shop in world.shops}) >= 6


def test_the_same_day_is_the_same_market(world: World) -> None:
    """Two worlds of one day agree byte for byte."""
    assert _bodies(World(0, world.ports)) == _bodies(world)


def test_a_day_later_most_pages_are_byte_identical(world: World, next_world: World) -> None:
    """Fewer than three in ten pages change, and no home, licence or rules page does."""
    before, after = _bodies(world), _bodies(next_world)
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert 0.05 < len(changed) / len(before) < 0.3
    for shop in world.shops:
        u = world.addresses(shop)
        assert not {(shop.host, path) for path in (u.home, u.licence, u.rules)} & changed


def test_only_changed_listings_change_their_pages(world: World, next_world: World) -> None:
    """A detail page differs exactly when its listing does."""
    later = {one.id: one for one in next_world.listings}
    for shop in world.shops:
        if shop.scripted:
            continue
        u = world.addresses(shop)
        for one in world.listings_of(shop):
            if one.id in later:
                same = world.page(shop.host, u.item(one)).body == next_world.page(shop.host, u.item(one)).body
                plain = {"planted": (), "twins": ()}
                assert same == all(
                    getattr(one, name) == getattr(later[one.id], name) for name in one.__slots__ if name not in plain
                )


def test_every_link_leads_somewhere(world: World) -> None:
    """Each link on a page is a page of the market, another host, or a door robots.txt names."""
    known = set(world.paths())
    for host, path in world.paths():
        page = world.page(host, path) if not path.startswith("/img/") else None
        if page is None or "html" not in page.content_type:
            continue
        body = page.body.decode(page.content_type.rpartition("=")[2])
        for href in re.findall(r'(?:href|src)="(/[^"]*)"', body):
            assert (host, href.replace("&amp;", "&").split("?spm=")[0]) in known, (path, href)


def test_unknown_pages(world: World) -> None:
    """404 in the clothes of the shop; on the mall a page that says so with status 200."""
    shop = world.page(PLATFORM_HOST, "/shop/songyun/item/1.html")
    assert (shop.status, "松韵" in shop.body.decode()) == (404, True)
    assert world.page(PLATFORM_HOST, "/nothing").status == 404
    assert world.page("elsewhere.example.test", "/").status == 404
    soft = world.page(MALL_HOST, "/goods.php?id=1")
    assert (soft.status, "不存在" in soft.body.decode("gbk")) == (200, True)


def test_a_tracking_query_shows_the_same_page(world: World) -> None:
    """The same listing under another query string, with a canonical link."""
    path = next(path for host, path in world.paths() if host == PLATFORM_HOST and "/shangpin/item/" in path)
    assert world.page(PLATFORM_HOST, path + "?spm=a1.rec.1") is world.page(PLATFORM_HOST, path)
    assert b'rel="canonical"' in world.page(PLATFORM_HOST, path).body


def test_the_scripted_shop_is_empty_without_a_browser(world: World) -> None:
    """Its pages hold no title, no price, no link; its data is JSON beside them."""
    shop = next(one for one in world.shops if one.scripted)
    u = world.addresses(shop)
    for path in (u.home, u.list_page(2), u.licence, u.rules, u.item(world.listings_of(shop)[0])):
        page = world.page(shop.host, path)
        assert page.kind == "empty"
        assert b"<a " not in page.body
        name = re.findall(r'data-page="([^"]+)"', page.body.decode())[0]
        assert world.page(shop.host, f"{u.home}api/{name}").content_type.startswith("application/json")


def test_robots_and_sitemaps(world: World) -> None:
    """Each host says what may be fetched; the outdoor site has a sitemap of all its goods."""
    assert b"Disallow: /cart/" in world.page(PLATFORM_HOST, "/robots.txt").body
    assert b"Crawl-delay" in world.page(MALL_HOST, "/robots.txt").body
    sitemap = world.page(OUTDOOR_HOST, "/sitemap.xml").body.decode()
    shop = next(one for one in world.shops if one.host == OUTDOOR_HOST)
    assert sitemap.count("/products/") == len(world.listings_of(shop))


def test_half_of_the_pages_can_be_asked_for_again(world: World) -> None:
    """About a quarter carry an ETag, about a quarter a date."""
    how = [world.validators(path) for _, path in world.paths()]
    assert 0.2 < how.count("etag") / len(how) < 0.3
    assert 0.2 < how.count("date") / len(how) < 0.3


def test_a_day_before_the_first_is_refused() -> None:
    """There is no day before day 0."""
    with pytest.raises(ValueError, match="day 0"):
        World(-1)


def test_ports_stand_in_absolute_urls() -> None:
    """Canonical links name the ports they are served on."""
    made = World(0, Ports(9001, 9002))
    path = next(path for host, path in made.paths() if host == OUTDOOR_HOST and path.startswith("/products/"))
    assert b"https://lvye.example.test:9002/products/" in made.page(OUTDOOR_HOST, path).body
