"""The whole market on one day: which pages there are and what stands on them."""

import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from simulators.market.addresses import LICENCE_HOST, LICENCE_PATH, MALL_HOST, PLATFORM_HOST, Addresses, origin
from simulators.market.days import on_sale
from simulators.market.labels import labels
from simulators.market.merchants import shops
from simulators.market.model import Listing, Page, Ports, Shop
from simulators.market.pictures import goods_picture, licence_picture
from simulators.market.rendering import Renderer, environment, licence_rows, terms
from simulators.market.wording import dice, read

DEFAULT_SEED = 7
PAGE_SIZE = 10
HOME_SIZE = 6
SIDE_SIZE = 4
HTML = "text/html; charset=utf-8"
STATIC = Path(__file__).parent / "static"
ROBOTS = {
    PLATFORM_HOST: "User-agent: *\nDisallow: /cart/\nDisallow: /search\nDisallow: /user/\n",
    MALL_HOST: "User-agent: *\nDisallow: /flow.php\nCrawl-delay: 0.02\n",
}
Maker = Callable[[], Page]


class World:
    """A deterministic market.

    Args:
        day: days since day 0, not negative; prices, sales and texts of some listings move each day.
        ports: the ports that stand in absolute URLs.
        seed: another seed, another market.
    """

    def __init__(self, day: int = 0, ports: Ports | None = None, seed: int = DEFAULT_SEED) -> None:
        if day < 0:
            raise ValueError(f"expected day 0 or later, got {day}")
        self.day = day
        self.ports = ports or Ports()
        self.seed = seed
        self.shops = shops()
        self.listings = on_sale(seed, day)
        self._by_shop: dict[str, list[Listing]] = {shop.slug: [] for shop in self.shops}
        for listing in self.listings:
            self._by_shop[listing.shop].append(listing)
        self._makers: dict[tuple[str, str], Maker] = {}
        self._made: dict[tuple[str, str], Page] = {}
        self._enter_platform()
        for shop in self.shops:
            self._enter_shop(shop)

    def addresses(self, shop: Shop) -> Addresses:
        """Where a shop's pages live."""
        return Addresses(shop, self.ports)

    def listings_of(self, shop: Shop) -> tuple[Listing, ...]:
        """What a shop sells today, in the order of its list pages."""
        return tuple(self._by_shop[shop.slug])

    def listed(self, shop: Shop, number: int) -> tuple[Listing, ...]:
        """What stands on the n-th list page, from 1."""
        return self.listings_of(shop)[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]

    def pages_of(self, shop: Shop) -> int:
        """How many list pages a shop has."""
        return max(1, -(-len(self._by_shop[shop.slug]) // PAGE_SIZE))

    def featured(self, shop: Shop) -> tuple[Listing, ...]:
        """The listings on a shop's home page: only such as never change, so that it does not either."""
        return tuple(one for one in self._by_shop[shop.slug] if one.stable)[:HOME_SIZE]

    def recommended(self, shop: Shop, key: object) -> tuple[Listing, ...]:
        """The goods in a sidebar; they never change and carry no offence."""
        pool = [one for one in self._by_shop[shop.slug] if one.stable and not one.list_note]
        return tuple(dice(self.seed, "side", shop.slug, key).sample(pool, min(SIDE_SIZE, len(pool))))

    def paths(self) -> tuple[tuple[str, str], ...]:
        """Host and path (with query) of every page."""
        return tuple(self._makers)

    def page(self, host: str, path: str) -> Page:
        """The page at a path (with query); an unknown one is a 404, on the mall a soft one (200)."""
        key = (host, path)
        if key not in self._makers and host != MALL_HOST:
            key = (host, path.split("?", 1)[0])
        if key not in self._made:
            maker = self._makers.get(key)
            if maker is None:
                return self._missing(host, path)
            self._made[key] = maker()
        return self._made[key]

    def validators(self, path: str) -> str:
        """How a page can be asked for again: ``etag`` for a quarter of the paths, ``date`` for another."""
        return {0: "etag", 1: "date"}.get(zlib.crc32(path.encode()) % 4, "")

    def labels(self) -> Mapping[str, Any]:
        """The ground truth of the day; see ``simulators.market.labels.labels``."""
        return labels(self)

    def _enter(self, host: str, path: str, maker: Maker) -> None:
        self._makers[host, path] = maker

    def _enter_platform(self) -> None:
        words = read("shops")["platform"]
        terms_of_platform = read("terms")["platform"]
        template = partial(environment().get_template("shared/platform.html").render, words)
        streets = [shop for shop in self.shops if not shop.own_site]
        self._enter(PLATFORM_HOST, "/", lambda: Page(200, HTML, template(shops=streets, rules=()).encode()))
        self._enter(
            PLATFORM_HOST,
            "/help/rules",
            lambda: Page(200, HTML, template(shops=(), rules=terms_of_platform).encode(), "rules"),
        )
        for host in {shop.host for shop in self.shops}:
            self._enter_host(host)

    def _enter_host(self, host: str) -> None:
        default = f"User-agent: *\nAllow: /\nSitemap: {origin(host, self.ports)}/sitemap.xml\n"
        robots = ROBOTS.get(host, default)
        self._enter(host, "/robots.txt", lambda: Page(200, "text/plain; charset=utf-8", robots.encode()))
        for name, kind in (("market.css", "text/css; charset=utf-8"), ("shop.js", "text/javascript; charset=utf-8")):
            self._enter(host, f"/static/{name}", partial(self._static, name, kind))
        if host not in ROBOTS:
            self._enter(host, "/sitemap.xml", partial(self._sitemap, host))

    def _static(self, name: str, kind: str) -> Page:
        return Page(200, kind, (STATIC / name).read_bytes())

    def _sitemap(self, host: str) -> Page:
        shop = next(one for one in self.shops if one.host == host)
        u = self.addresses(shop)
        urls = [u.home, u.licence, u.rules, *(u.item(one) for one in self.listings_of(shop))]
        entries = "".join(f"<url><loc>{u.url(path)}</loc></url>" for path in urls)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        body = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}">{entries}</urlset>'
        return Page(200, "application/xml; charset=utf-8", body.encode())

    def _enter_shop(self, shop: Shop) -> None:
        u = self.addresses(shop)
        put = partial(self._enter, shop.host)
        views = {u.home: partial(self._home, shop), u.rules: partial(self._rules, shop)}
        views[u.licence] = partial(self._licence, shop)
        for number in range(1, self.pages_of(shop) + 1):
            views[u.list_page(number)] = partial(self._list, shop, number)
        for one in self.listings_of(shop):
            views[u.item(one)] = partial(self._detail, shop, one)
            for number in range(1, one.images + 1):
                put(u.image(one, number), partial(self._picture, one, number, u.image(one, number)))
        for path, maker in views.items():
            put(path, maker)
            if shop.scripted:
                self._enter_scripted(shop, path, maker)
        if shop.licence_link:
            self._enter(LICENCE_HOST, LICENCE_PATH.format(slug=shop.slug), partial(self._declared, shop))
        if shop.merchant.kind != "person":
            put(u.licence_image, lambda: Page(200, "image/png", licence_picture(shop)))

    def _enter_scripted(self, shop: Shop, path: str, maker: Maker) -> None:
        """The shell at the page's own path, its data beside it under ``api/``."""
        u = self.addresses(shop)
        name = path.removeprefix(u.home).replace("?page=", "-").removesuffix(".html") or "home"
        shell = partial(self._renderer(shop, "shell").page, "shell", page=name)
        self._enter(shop.host, path, lambda: Page(200, HTML, shell(), "empty"))
        self._enter(shop.host, f"{u.home}api/{name}", maker)

    def _renderer(self, shop: Shop, key: object) -> Renderer:
        return Renderer(self.addresses(shop), self.recommended(shop, key))

    def _answer(self, shop: Shop, renderer: Renderer, body: bytes, kind: str) -> Page:
        if shop.scripted:
            return Page(200, "application/json; charset=utf-8", body)
        return Page(200, renderer.content_type, body, kind)

    def _home(self, shop: Shop) -> Page:
        renderer = self._renderer(shop, "home")
        items = self.featured(shop)
        if shop.scripted:
            cards = [renderer.card(one) for one in items]
            body = renderer.data("list", shop.name, heading=shop.name, notice=shop.notice, items=cards, pages=1)
        else:
            body = renderer.page("home", items=items)
        return self._answer(shop, renderer, body, "home")

    def _list(self, shop: Shop, number: int) -> Page:
        renderer = self._renderer(shop, "list")
        items, pages = self.listed(shop, number), self.pages_of(shop)
        if shop.scripted:
            cards = [renderer.card(one) for one in items]
            body = renderer.data(
                "list", f"全部商品 - {shop.name}", heading="全部商品", notice="", items=cards, pages=pages
            )
        else:
            body = renderer.page("list", items=items, page=number, pages=pages)
        return self._answer(shop, renderer, body, "list")

    def _detail(self, shop: Shop, listing: Listing) -> Page:
        renderer = self._renderer(shop, listing.id)
        if shop.scripted:
            body = renderer.data("detail", f"{listing.title} - {shop.name}", item=renderer.item(listing))
        else:
            body = renderer.detail(listing)
        return self._answer(shop, renderer, body, "detail")

    def _licence(self, shop: Shop) -> Page:
        renderer = self._renderer(shop, "licence")
        who = shop.merchant
        rows = licence_rows(shop) if who.kind != "person" and who.showing == "text" else ()
        if shop.scripted:
            image = self.addresses(shop).licence_image
            body = renderer.data("rows", f"证照信息 - {shop.name}", heading="证照信息", rows=rows, image=image)
        else:
            body = renderer.page("licence", licence_rows=rows)
        return self._answer(shop, renderer, body, "licence")

    def _declared(self, shop: Shop) -> Page:
        """The shop's page of the 亮照 system: who, and for which address."""
        named = read("registry")["links"][shop.slug]
        template = environment().get_template("shared/declared.html")
        return Page(
            200, HTML, template.render(who=shop.merchant, named=named.format(shop=self._address(shop))).encode()
        )

    def _address(self, shop: Shop) -> str:
        u = self.addresses(shop)
        return u.url(u.home)

    def _rules(self, shop: Shop) -> Page:
        renderer = self._renderer(shop, "rules")
        if shop.scripted:
            rows = [("", line) for line in terms(shop)]
            body = renderer.data("rows", f"服务条款 - {shop.name}", heading="服务条款", rows=rows, image="")
        else:
            body = renderer.page("rules", terms=terms(shop))
        return self._answer(shop, renderer, body, "rules")

    def _picture(self, listing: Listing, number: int, path: str) -> Page:
        kind = path.rsplit(".", 1)[1]
        return Page(200, "image/png" if kind == "png" else "image/jpeg", goods_picture(listing, number, kind))

    def _missing(self, host: str, path: str) -> Page:
        """The 404 page in the clothes of the shop asked for; a soft one (status 200) on the mall."""
        parts = path.split("?", 1)[0].split("/")
        slug = parts[2] if len(parts) > 3 and parts[1] == "shop" else ""
        shop = next((one for one in self.shops if one.slug == slug or (one.own_site and one.host == host)), None)
        if shop is None or shop.scripted:
            body = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>404 页面不存在</h1></body></html>"
            return Page(404, HTML, body.encode())
        renderer = self._renderer(shop, "missing")
        return Page(200 if host == MALL_HOST else 404, renderer.content_type, renderer.page("missing"))
