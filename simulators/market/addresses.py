"""Where each page of the market lives."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.market.model import Listing, Ports, Shop

PLATFORM_HOST = "pingtai.example.test"
OUTDOOR_HOST = "lvye.example.test"
MALL_HOST = "baihuo.example.test"
HOSTILE_HOST = "hostile.example.test"
EXPIRED_HOST = "expired.example.test"
CONTROL_HOST = "control.example.test"
LICENCE_HOST = "liangzhao.example.test"
"""Of the 亮照 system of the sample market."""
LICENCE_PATH = "/lz?id={slug}"
HOSTS = (PLATFORM_HOST, OUTDOOR_HOST, MALL_HOST, HOSTILE_HOST, EXPIRED_HOST, CONTROL_HOST, LICENCE_HOST)

PATTERNS: Mapping[str, Mapping[str, str]] = {
    "outdoor": {
        "home": "/",
        "list": "/collections/all",
        "item": "/products/{id}",
        "licence": "/about/licence",
        "rules": "/policies/terms",
    },
    "mall": {
        "home": "/",
        "list": "/goods_list.php",
        "item": "/goods.php?id={id}",
        "licence": "/page.php?id=licence",
        "rules": "/page.php?id=terms",
    },
    "platform": {
        "home": "/shop/{slug}/",
        "list": "/shop/{slug}/list",
        "item": "/shop/{slug}/item/{id}.html",
        "licence": "/shop/{slug}/licence",
        "rules": "/shop/{slug}/rules",
    },
}


def origin(host: str, ports: Ports) -> str:
    """Scheme, host and port of a host of the market; default ports are left out."""
    if host in {OUTDOOR_HOST, EXPIRED_HOST}:
        return f"https://{host}" if ports.tls == 443 else f"https://{host}:{ports.tls}"
    return f"http://{host}" if ports.http == 80 else f"http://{host}:{ports.http}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Paths (with query) and absolute URLs of one shop's pages."""

    shop: Shop
    ports: Ports

    def _path(self, name: str, number: int = 0) -> str:
        patterns = PATTERNS[self.shop.theme if self.shop.own_site else "platform"]
        return patterns[name].format(slug=self.shop.slug, id=number)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return origin(self.shop.host, self.ports)

    @property
    def home(self) -> str:
        """Path of the home page."""
        return self._path("home")

    @property
    def licence(self) -> str:
        """Path of the 证照 page."""
        return self._path("licence")

    @property
    def rules(self) -> str:
        """Path of the service terms."""
        return self._path("rules")

    def list_page(self, number: int) -> str:
        """Path of the n-th list page, from 1."""
        path = self._path("list")
        return path if number == 1 else f"{path}?page={number}"

    def item(self, listing: Listing) -> str:
        """Path of a detail page."""
        return self._path("item", listing.id)

    def image(self, listing: Listing, number: int) -> str:
        """Path of the n-th image of a listing, from 1; every third is a PNG."""
        return f"/img/{listing.id}-{number}.{'png' if listing.id % 3 == 0 else 'jpg'}"

    @property
    def licence_image(self) -> str:
        """Path of the picture of the licence."""
        return f"/img/licence-{self.shop.slug}.png"

    @property
    def licence_link(self) -> str:
        """The shop's page of the 亮照 system, absolute."""
        return origin(LICENCE_HOST, self.ports) + LICENCE_PATH.format(slug=self.shop.slug)

    def url(self, path: str) -> str:
        """A path of this shop as an absolute URL."""
        return self.origin + path
