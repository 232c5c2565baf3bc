"""A tiny shop on loopback, in a thread: every page is known, every request is written down."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]


@dataclass
class Page:
    """One answer: status, headers, body; ``drip`` sends a byte each so many seconds."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    drip: float = 0.0


@dataclass
class Asked:
    """One request that came in."""

    path: str
    at: float
    headers: Headers


@dataclass
class TinyShop:
    """Pages by path; ``asked`` grows with every request."""

    pages: dict[str, Page | Callable[[Asked], Page]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    fallback: Callable[[Asked], Page] = lambda _: Page(b"gone", 404)

    @property
    def url(self) -> str:
        """Address of the home page."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def paths(self) -> list[str]:
        """Paths that were asked for, in order."""
        return [item.path for item in self.asked]

    def answer(self, asked: Asked) -> Page:
        """The answer to one request."""
        self.asked.append(asked)
        page = self.pages.get(asked.path) or self.fallback
        return page if isinstance(page, Page) else page(asked)


def html(title: str, body: str) -> Page:
    """A Chinese page."""
    head = f"<head><meta charset=utf-8><title>{title}</title></head>"
    text = f"<!doctype html><html lang=zh>{head}<body>{body}</body></html>"
    return Page(text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def detail(number: int, fen: int, extra: str = "") -> Page:
    """A product page with JSON-LD."""
    yuan = f"{fen / 100:.2f}"
    return html(
        f"商品{number}",
        f"<h1>山核桃礼盒{number}号</h1><p class=price>¥{yuan}</p><button>加入购物车</button>{extra}"
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product",'
        f'"name":"山核桃礼盒{number}号","offers":{{"@type":"Offer","price":"{yuan}","priceCurrency":"CNY"}}}}</script>',
    )


def stocked(shop: TinyShop, products: int, a_page: int = 20) -> TinyShop:
    """Fill a shop: home, list pages that follow one another, a page for each product."""
    lists = -(-products // a_page)
    shop.pages["/"] = html("首页", '<h1>小店</h1><a href="/list/1">全部商品</a>')
    for page in range(1, lists + 1):
        numbers = range((page - 1) * a_page + 1, min(page * a_page, products) + 1)
        items = "".join(f'<li><a href="/item/{n}">山核桃礼盒{n}号</a> <b>¥{n}.00</b></li>' for n in numbers)
        more = f'<a href="/list/{page + 1}">下一页</a>' if page < lists else ""
        shop.pages[f"/list/{page}"] = html(f"第{page}页", f"<ul>{items}</ul>{more}")
    for number in range(1, products + 1):
        shop.pages[f"/item/{number}"] = detail(number, number * 100)
    return shop


def bomb(size: int) -> Page:
    """A small answer that unpacks to ``size`` bytes."""
    packed = gzip.compress(b"0" * size)
    return Page(packed, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})


@contextmanager
def serving(shop: TinyShop) -> Iterator[TinyShop]:
    """Serve a shop on a free port of 127.0.0.1 until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            page = shop.answer(Asked(self.path, time.monotonic(), dict(self.headers.items())))
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            if not page.drip:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                self.wfile.write(bytes([byte]))
                time.sleep(page.drip)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError):
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
