"""A fast page server for the benchmarks: prebuilt answers, one process, uvloop.

``python -m benchmarks.page_server --ready-file FILE [--pages 2000] [--images 0]``

``/p/<n>``: a Chinese product page of some 20 KB with JSON-LD and 60 links to other product pages; ``/`` is
page 0. ``/i/<n>.png``: small pictures, ``--images`` of them on each page. ``/_first``: when the first request
since ``/_reset`` came, on the machine's monotonic clock; so every client is timed from the same event.
"""

import argparse
import asyncio
import io
import json
from pathlib import Path
from random import Random
from typing import cast

import uvloop
from PIL import Image

from kernel.clock import monotonic

PAGE_BYTES = 20_000
NAV_LINKS, RELATED_LINKS = 20, 40
WORDS = """
春季 新款 女装 连衣裙 修身 显瘦 中长款 碎花 裙子 面料 柔软 透气 做工 精细 多色 可选 家用 厨房 不锈钢
炒锅 电磁炉 通用 加厚 儿童 书包 小学生 轻便 护脊 大容量 蓝牙 耳机 降噪 长续航 充电宝 快充 移动电源
茶叶 绿茶 明前 手工 炒制 礼盒 装 红枣 枸杞 银耳 莲子 即食 坚果 每日 混合 果仁 宠物 猫粮 幼猫 成猫
通用型 抽纸 整箱 家庭装 洗衣液 薰衣草 持久 留香 台灯 护眼 学习 卧室 书桌 阅读 灯 尺码 颜色 白色 黑色 蓝色
""".split()  # noqa: SIM905 - words are read and edited as a text
BRANDS = ("青石", "南枝", "沐禾", "云舟", "小满", "知微")


def product_page(number: int, pages: int, images: int) -> bytes:
    """One product page; the same number gives the same bytes."""
    rng = Random(number)
    title = " ".join(rng.choices(WORDS, k=8)) + f" {number}号"
    price = f"{rng.randint(900, 99_900) / 100:.2f}"
    brand = rng.choice(BRANDS)
    offer = {"@type": "Offer", "price": price, "priceCurrency": "CNY", "availability": "https://schema.org/InStock"}
    data = {
        "@context": "https://schema.org", "@type": "Product", "name": title, "sku": f"SKU{number:06d}",
        "brand": {"@type": "Brand", "name": brand}, "image": f"/i/{number % 25}.png", "offers": offer,
    }  # fmt: skip
    targets = [(number * 7 + step * 31 + 1) % pages for step in range(NAV_LINKS + RELATED_LINKS)]
    nav = "".join(f'<li><a href="/p/{to}">{rng.choice(WORDS)}</a></li>' for to in targets[:NAV_LINKS])
    related = "".join(
        f'<li class="rel"><a href="/p/{to}" title="{rng.choice(WORDS)}">{rng.choice(WORDS)}{rng.choice(WORDS)}</a></li>'
        for to in targets[NAV_LINKS:]
    )
    pictures = "".join(f'<img src="/i/{place}.png?p={number}" width="180" height="180">' for place in range(images))
    head = (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title} - {brand}旗舰店</title>'
        f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script></head><body>'
        f'<nav><ul>{nav}</ul></nav><main><h1>{title}</h1><div class="price">¥<span>{price}</span></div>'
        f'<div class="stock">库存 {rng.randint(1, 900)} 件</div><div class="sales">月销 {rng.randint(1, 9000)}</div>'
        f"<dl><dt>品牌</dt><dd>{brand}</dd><dt>货号</dt><dd>SKU{number:06d}</dd><dt>产地</dt><dd>浙江</dd></dl>"
        f'<div class="pics">{pictures}</div><section class="desc"><h2>商品详情</h2>'
    )
    tail = f"</section></main><aside><h3>看了又看</h3><ul>{related}</ul></aside><footer>客服</footer></body></html>"
    room = PAGE_BYTES - len(head.encode()) - len(tail.encode())
    paragraphs: list[str] = []
    while room > 0:
        text = "<p>" + "，".join("".join(rng.choices(WORDS, k=3)) for _ in range(12)) + "。</p>\n"
        paragraphs.append(text)
        room -= len(text.encode())
    return (head + "".join(paragraphs) + tail).encode()


def picture(number: int) -> bytes:
    """A small PNG that does not compress to nothing."""
    rng = Random(number)
    image = Image.frombytes("RGB", (60, 60), rng.randbytes(60 * 60 * 3)).resize((180, 180))
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def answer(body: bytes, kind: str, status: str = "200 OK") -> bytes:
    """A whole HTTP answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n"
    return head.encode() + body


class Site:
    """All answers, and when the first of them was asked for."""

    def __init__(self, pages: int, images: int) -> None:
        html = "text/html; charset=utf-8"
        self._answers = {f"/p/{n}".encode(): answer(product_page(n, pages, images), html) for n in range(pages)}
        self._answers[b"/"] = self._answers[b"/p/0"]
        if images:
            self._answers.update({f"/i/{n}.png".encode(): answer(picture(n), "image/png") for n in range(25)})
        self._missing = answer(b"not found", "text/plain", "404 Not Found")
        self.first = 0.0
        self.asked = 0

    def reply(self, target: bytes) -> bytes:
        """The answer to one request."""
        if target == b"/_reset":
            self.first, self.asked = 0.0, 0
            return answer(b"{}", "application/json")
        if target == b"/_first":
            told = json.dumps({"first": self.first, "asked": self.asked})
            return answer(told.encode(), "application/json")
        self.first = self.first or monotonic()
        self.asked += 1
        return self._answers.get(target.partition(b"?")[0], self._missing)


class Talk(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in the buffer."""
        *whole, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in whole:
            self._transport.write(self._site.reply(request.split(b" ", 2)[1]))


async def serve(site: Site, ready: Path) -> None:
    """Listen on a free loopback port, told in the ready file, until killed."""
    server = await asyncio.get_running_loop().create_server(lambda: Talk(site), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.to_thread(ready.write_text, json.dumps({"port": port}))
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_server")
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--images", type=int, default=0)
    options = parser.parse_args()
    uvloop.run(serve(Site(options.pages, options.images), options.ready_file))


if __name__ == "__main__":
    main()
