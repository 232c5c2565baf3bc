"""The hostile host: pages that try to hurt, confuse or lead astray whoever reads them."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

from simulators.market.model import Ports
from simulators.market.wire import Reply, Request

HTML = ("Content-Type", "text/html; charset=utf-8")
BOMB_BYTES = 1 << 30
HUGE_IMAGE = 50 * 1024 * 1024
DEPTH = 20_000
LINE = 2_000_000
DRIP_SECONDS = 0.5
DRIP_PIECES = 600
PRIVATE_DEFAULT = "http://10.0.0.1/"
FIRST_MONTH = date(2026, 11, 1)
SENTENCE = "本店主营日用百货，欢迎选购，售价 ￥19.90 元。"


def _html(title: str, body: str, head: str = "") -> bytes:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
        f"<body>{body}</body></html>"
    ).encode()


def _page(title: str, body: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, _html(title, body), (HTML, *headers))


def _redirect(target: str) -> Reply:
    return Reply(302, b"", (("Location", target),))


def bomb() -> bytes:
    """A gzip stream of about one megabyte that inflates to ``BOMB_BYTES`` of spaces."""
    block = b" " * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it may be repeated
    check = 0
    for _ in range(BOMB_BYTES >> 20):
        check = zlib.crc32(block, check)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + piece * (BOMB_BYTES >> 20) + packer.flush() + struct.pack("<II", check, BOMB_BYTES & 0xFFFFFFFF)


async def _drip() -> AsyncIterator[bytes]:
    yield "<!DOCTYPE html><html><head><meta charset='utf-8'><title>慢速页面</title></head><body>".encode()
    for number in range(DRIP_PIECES):
        await asyncio.sleep(DRIP_SECONDS)
        yield f"<p>{number}</p>".encode()


async def _endless_html() -> AsyncIterator[bytes]:
    yield "<!DOCTYPE html><html><head><meta charset='utf-8'><title>没有结尾</title></head><body>".encode()
    block = "<p>更多内容还在加载。</p>".encode() * 2000
    while True:
        yield block
        await asyncio.sleep(0)


async def _huge_image() -> AsyncIterator[bytes]:
    yield b"\x89PNG\r\n\x1a\n"
    block = bytes(1 << 16)
    for _ in range((HUGE_IMAGE - 8) // len(block)):
        yield block
        await asyncio.sleep(0)
    yield bytes((HUGE_IMAGE - 8) % len(block))


class HostileHost:
    """Answers for the hostile host; every page is linked from its home page.

    Query parameter ``target`` (an absolute URL) names the forbidden address for the redirect, the
    sub-resources, the WebSocket and the service worker.
    """

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self._bomb: bytes | None = None
        self._seen: dict[str, int] = {}
        self.routes: dict[str, tuple[str, Callable[[Request, dict[str, str]], Reply]]] = {
            "/redirect/ten": ("跳转到内网地址", lambda _r, _q: _redirect("http://10.0.0.1/")),
            "/redirect/metadata": (
                "跳转到元数据地址",
                lambda _r, _q: _redirect("http://169.254.169.254/latest/meta-data/"),
            ),
            "/redirect/loopback": ("跳转到本机", lambda _r, q: _redirect(q.get("target", "http://127.0.0.1:9/"))),
            "/redirect/chain": (
                "两次跳转后到内网",
                lambda _r, q: _redirect(f"/redirect/to?target={q.get('target', PRIVATE_DEFAULT)}"),
            ),
            "/redirect/to": ("跳转到指定地址", lambda _r, q: _redirect(q.get("target", PRIVATE_DEFAULT))),
            "/redirect/file": ("跳转到本地文件", lambda _r, _q: _redirect("file:///etc/passwd")),
            "/redirect/ipv6": ("跳转到 IPv6 本机", lambda _r, _q: _redirect("http://[::1]:9/")),
            "/redirect/decimal": ("跳转到十进制写法的本机", lambda _r, _q: _redirect("http://2130706433:9/")),
            "/loop": ("循环跳转", lambda _r, _q: _redirect("/loop?again=1")),
            "/calendar": ("无尽日历", self._calendar),
            "/bomb": ("压缩炸弹", self._gzip_bomb),
            "/drip": ("慢速页面", lambda _r, _q: Reply(200, b"", (HTML,), _drip())),
            "/gbk-as-utf8": ("编码声明错误一", lambda _r, _q: self._miscoded("gbk", "utf-8")),
            "/utf8-as-gbk": ("编码声明错误二", lambda _r, _q: self._miscoded("utf-8", "gbk")),
            "/script-title": ("标题带脚本", self._script_title),
            "/big-image": ("超大图片页", lambda _r, _q: _page("超大图片", "<p>商品图片</p><img src='/big.png'>")),
            "/big.png": ("超大图片", self._big_image),
            "/login": ("登录墙", lambda _r, _q: self._login()),
            "/members/item/1": ("需要登录的商品", lambda _r, _q: _redirect("/login?next=/members/item/1")),
            "/captcha": ("验证码", lambda _r, _q: self._captcha()),
            "/private/secret": ("禁止抓取的页面", lambda _r, _q: _page("内部页面", "<p>robots.txt 禁止访问本页。</p>")),
            "/busy": ("请求过多", self._busy),
            "/down": ("暂停服务", lambda _r, _q: _page("维护中", "<p>系统维护中。</p>", status=503)),
            "/endless": ("没有结尾的网页", lambda _r, _q: Reply(200, b"", (HTML,), _endless_html())),
            "/cut": ("提前断开", lambda _r, _q: Reply(200, b"", (HTML,), _cut(), length=100_000)),
            "/nul": ("空字节", self._nul),
            "/deep": ("深层嵌套", lambda _r, _q: _page("深层嵌套", "<div>" * DEPTH + SENTENCE + "</div>" * DEPTH)),
            "/line": ("超长单行", lambda _r, _q: _page("超长单行", "<p>" + "长" * LINE + "</p>")),
            "/links": ("危险链接", lambda _r, _q: self._links()),
            "/egress": ("越界子资源", self._egress),
            "/sw.js": ("服务工作线程", self._service_worker),
            "/headers": ("超多响应头", self._headers),
            "/soft404": ("软404", lambda _r, _q: _page("页面不存在", "<h1>页面不存在</h1>")),
        }

    def forget(self) -> None:
        """Let the pages that answer differently the first time start anew."""
        self._seen.clear()

    def __call__(self, request: Request) -> Reply:
        """The answer to a request."""
        parts = urlsplit(request.path)
        if parts.path == "/":
            return self._home()
        if parts.path == "/robots.txt":
            text = "User-agent: *\nDisallow: /private/\n"
            return Reply(200, text.encode(), (("Content-Type", "text/plain; charset=utf-8"),))
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        found = self.routes.get(parts.path)
        if found is None:
            return _page("404", "<h1>页面不存在</h1>", status=404)
        return found[1](request, query)

    def _home(self) -> Reply:
        items = "".join(f'<li><a href="{path}">{title}</a></li>' for path, (title, _) in self.routes.items())
        return _page("恶意样本店", f"<h1>恶意样本店</h1><ul>{items}</ul>")

    def _calendar(self, _request: Request, query: dict[str, str]) -> Reply:
        """A page for every month, each leading to the next and to its days, without end."""
        text = query.get("month", "0")
        number = int(text) if text.isdecimal() and len(text) < 7 else 0
        at = FIRST_MONTH + timedelta(days=31 * min(number, 90_000))
        days = "".join(f'<a href="/calendar?month={number}&day={day}">{day}日</a> ' for day in range(1, 29))
        body = f'<h1>{at.year}年{at.month}月</h1>{days}<a rel="next" href="/calendar?month={number + 1}">下个月</a>'
        return _page(f"活动日历 {at.year}年{at.month}月", body)

    def _gzip_bomb(self, _request: Request, _query: dict[str, str]) -> Reply:
        if self._bomb is None:
            self._bomb = bomb()
        return Reply(200, self._bomb, (HTML, ("Content-Encoding", "gzip")))

    def _miscoded(self, real: str, claimed: str) -> Reply:
        """Bytes in one encoding, the header and the meta element naming another."""
        title = "编码混乱的商店"
        text = (
            f'<html><head><meta charset="{claimed}"><title>{title}</title></head>'
            f"<body><h1>{title}</h1><p>{SENTENCE}</p></body></html>"
        )
        return Reply(200, text.encode(real), (("Content-Type", f"text/html; charset={claimed}"),))

    def _script_title(self, _request: Request, _query: dict[str, str]) -> Reply:
        """A title and a shop name that are scripts to whoever shows them unescaped."""
        bad = "<script>alert('title')</script><img src=x onerror=alert(1)>精品茶杯"
        shop = "\"><svg onload=alert('shop')>小店"
        body = (
            f'<div class="shop-name">{escape(shop)}</div><h1>{escape(bad)}</h1><p class="price">¥25.00</p>'
            '<p class="desc">{{7*7}} ${7*7} &lt;/textarea&gt; =cmd()</p>'
        )
        return _page(bad, body)

    def _big_image(self, _request: Request, _query: dict[str, str]) -> Reply:
        return Reply(200, b"", (("Content-Type", "image/png"),), _huge_image(), HUGE_IMAGE)

    def _login(self) -> Reply:
        form = (
            '<form action="/login" method="post"><input name="user" placeholder="手机号/邮箱">'
            '<input type="password" name="password" placeholder="请输入密码"><button>登录</button></form>'
        )
        return _page("请登录", f"<h1>请登录后继续访问</h1>{form}<p>登录后可查看商品价格。</p>")

    def _captcha(self) -> Reply:
        body = (
            "<h1>安全验证</h1><p>访问过于频繁，请拖动滑块完成验证后继续访问。</p>"
            '<div id="nc_1_wrapper" class="captcha">'
            '<input name="captcha" placeholder="请输入验证码"></div>'
        )
        return _page("安全验证", body)

    def _busy(self, request: Request, _query: dict[str, str]) -> Reply:
        """429 with Retry-After: 1 on the first hit, then the page."""
        self._seen[request.path] = self._seen.get(request.path, 0) + 1
        if self._seen[request.path] == 1:
            return _page("请求过多", "<p>请稍后再试。</p>", status=429, headers=(("Retry-After", "1"),))
        return _page("不忙了", f"<h1>竹编果篮</h1><p>{SENTENCE}</p>")

    def _nul(self, _request: Request, _query: dict[str, str]) -> Reply:
        body = _html("空\0字节", f"<h1>带空\0字节的商品</h1><p>{SENTENCE}\0\0</p>")
        return Reply(200, body + bytes(512), (HTML,))

    def _links(self) -> Reply:
        hrefs = (
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,<h1>x</h1>",
            "vbscript:x",
            "file:///etc/passwd",
            "mailto:a@example.test",
            "tel:02100000000",
            "//10.0.0.1/x",
            "http://user:pass@pingtai.example.test/",
            "http://[::ffff:10.0.0.1]/",
            "ftp://ftp.example.test/",
            "http://",
            "\x01javascript:alert(1)",
        )
        items = "".join(
            f'<li><a href="{escape(href, quote=True)}">{number}</a></li>' for number, href in enumerate(hrefs)
        )
        return _page("危险链接", f"<ul>{items}</ul><iframe src='data:text/html,x'></iframe>")

    def _egress(self, _request: Request, query: dict[str, str]) -> Reply:
        """A page that reaches for a forbidden address in every way a browser knows."""
        target = query.get("target", PRIVATE_DEFAULT)
        safe = escape(target, quote=True)
        socket = escape(target.replace("http", "ws", 1), quote=True)
        head = (
            f'<link rel="stylesheet" href="{safe}style.css"><link rel="prefetch" href="{safe}prefetch">'
            f'<link rel="preconnect" href="{safe}"><link rel="icon" href="{safe}favicon.ico">'
        )
        body = (
            f'<h1>越界子资源</h1><img src="{safe}image.png"><iframe src="{safe}frame"></iframe>'
            f'<object data="{safe}object"></object><video src="{safe}video.mp4"></video>'
            f'<script src="{safe}script.js"></script>'
            f'<div id="cfg" data-target="{safe}" data-socket="{socket}"></div>'
            f'<img src="/redirect/to?target={safe}redirected">'
            "<script>var c=document.getElementById('cfg').dataset,n=function(){};"
            "fetch(c.target+'fetch',{mode:'no-cors'}).catch(n);navigator.sendBeacon(c.target+'beacon','x');"
            "try{new WebSocket(c.socket+'socket')}catch(e){}try{new EventSource(c.target+'events')}catch(e){}"
            "try{new RTCPeerConnection({iceServers:[{urls:'stun:'+new URL(c.target).host}]})"
            ".createDataChannel('x')}catch(e){}"
            "if(navigator.serviceWorker){navigator.serviceWorker.register('/sw.js?target='"
            "+encodeURIComponent(c.target)).catch(n)}</script>"
        )
        return Reply(200, _html("越界子资源", body, head), (HTML,))

    def _service_worker(self, _request: Request, query: dict[str, str]) -> Reply:
        target = query.get("target", PRIVATE_DEFAULT).replace("'", "%27").replace("<", "%3C")
        script = (
            f"var t='{target}';self.addEventListener('install',function(e){{e.waitUntil(fetch(t+'worker',"
            "{mode:'no-cors'}).catch(function(){}))});self.addEventListener('fetch',function(e)"
            "{e.respondWith(fetch(e.request))});"
        )
        return Reply(200, script.encode(), (("Content-Type", "text/javascript"),))

    def _headers(self, _request: Request, _query: dict[str, str]) -> Reply:
        many = tuple((f"X-Filler-{number}", "x" * 400) for number in range(300))
        return _page("超多响应头", "<p>响应头很多。</p>", headers=many)


async def _cut() -> AsyncIterator[bytes]:
    yield _html("提前断开", f"<h1>说好十万字节，只给这些</h1><p>{SENTENCE}</p>")


def inflated(body: bytes) -> int:
    """Length of a gzip stream inflated, without keeping it."""
    opener = zlib.decompressobj(31)
    total = len(opener.decompress(body, 1 << 20))
    while opener.unconsumed_tail:
        total += len(opener.decompress(opener.unconsumed_tail, 1 << 20))
    return total + len(opener.flush())
