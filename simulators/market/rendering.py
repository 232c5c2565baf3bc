"""Pages from the model: templates, structured data, and the JSON of the script-rendered shop."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from simulators.market.addresses import Addresses
from simulators.market.model import Listing, Merchant, Shop
from simulators.market.wording import read

TEMPLATES = Path(__file__).parent / "templates"
KIND_WORDS = {"company": "有限责任公司（自然人独资）", "trader": "个体工商户"}
ENCODINGS = {"mall": "gbk"}


def yuan(fen: int) -> str:
    """分 as 元 with two decimals: 1299.00."""
    return f"{fen / 100:.2f}"


def grouped(fen: int) -> str:
    """分 as 元 with thousands separators: 1,299.00."""
    return f"{fen / 100:,.2f}"


def sales_words(count: int) -> str:
    """A count as shops write it: 380, 1.2万+. Above ten thousand only whole thousands are exact."""
    if count < 10_000:
        return str(count)
    return f"{count / 10_000:.1f}".removesuffix(".0") + "万+"


@cache
def environment() -> Environment:
    """The template environment: escaping on, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "yuan": yuan,
        "grouped": grouped,
        "yuan_int": lambda fen: str(fen // 100),
        "yuan_dec": lambda fen: f"{fen % 100:02d}",
        "sales": sales_words,
    }
    return made


def licence_rows(shop: Shop) -> tuple[tuple[str, str], ...]:
    """Label and value of each line of a licence page, in order. Spec: NTM art 12(3)."""
    who: Merchant = shop.merchant
    code = who.code_shown or who.code
    code_word = "注册号" if len(who.code) == 15 else "统一社会信用代码"
    since = f"20{10 + int(who.region[-2:]) % 14}年03月15日"
    scope = (
        "一般项目：" + "、".join(shop.categories) + "的销售（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）"
    )
    if who.kind == "trader":
        return (
            (code_word, code),
            ("名称", who.name),
            ("类型", KIND_WORDS["trader"]),
            ("经营者", who.legal),
            ("经营场所", who.address),
            ("组成形式", "个人经营"),
            ("注册日期", since),
            ("经营范围", scope),
        )
    return (
        (code_word, code),
        ("企业名称", who.name),
        ("类型", KIND_WORDS["company"]),
        ("法定代表人", who.legal),
        ("住所", who.address),
        ("注册资本", who.capital),
        ("成立日期", since),
        ("经营范围", scope),
    )


def terms(shop: Shop) -> tuple[str, ...]:
    """The sentences of a shop's service terms, planted ones last."""
    words = read("terms")
    own = [one["text"] for kind in ("planted", "near") for one in words[kind] if one["shop"] == shop.slug]
    return (*words["common"], *own)


def json_ld(listing: Listing, u: Addresses) -> str:
    """A schema.org Product; no offer where no amount is shown."""
    first = listing.prices[0]
    product: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "sku": str(listing.id),
        "category": listing.category,
        "description": "\n".join(listing.description),
        "image": [u.url(u.image(listing, number)) for number in range(1, listing.images + 1)],
        "brand": {"@type": "Brand", "name": listing.brand},
    }
    if first.kind == "range" and first.fen is not None and first.fen_max is not None:
        product["offers"] = {
            "@type": "AggregateOffer",
            "lowPrice": yuan(first.fen),
            "highPrice": yuan(first.fen_max),
            "priceCurrency": "CNY",
        }
    elif first.fen is not None and not first.text:
        product["offers"] = {"@type": "Offer", "price": yuan(first.fen), "priceCurrency": "CNY"}
    if listing.rating:
        product["aggregateRating"] = {"@type": "AggregateRating", "ratingValue": listing.rating, "reviewCount": 20}
    return json.dumps(product, ensure_ascii=False).replace("<", "\\u003c")


class Renderer:
    """Renders the pages of one shop. ``recommended`` are the goods of its sidebar."""

    def __init__(self, u: Addresses, recommended: Sequence[Listing]) -> None:
        self.u = u
        self.shop = u.shop
        self.encoding = ENCODINGS.get(self.shop.theme, "utf-8")
        self.recommended = tuple(recommended)

    @property
    def content_type(self) -> str:
        """The Content-Type of its HTML pages."""
        return f"text/html; charset={self.encoding}"

    def page(self, name: str, **values: Any) -> bytes:
        """The template of that name: the shop's own, else the shared one."""
        own = TEMPLATES / self.shop.theme / f"{name}.html"
        template = environment().get_template(f"{self.shop.theme if own.exists() else 'shared'}/{name}.html")
        text = template.render(
            {
                "u": self.u,
                "shop": self.shop,
                "who": self.shop.merchant,
                "theme": self.shop.theme,
                "recommended": self.recommended,
                "platform_icp": read("shops")["platform"]["icp"],
                **values,
            }
        )
        text = text.replace("charset=utf-8", f"charset={self.encoding}")
        return text.encode(self.encoding, "xmlcharrefreplace")

    def detail(self, listing: Listing) -> bytes:
        """A detail page."""
        return self.page(
            "detail",
            it=listing,
            main_prices=[price for price in listing.prices if price.sku is None],
            sku_fen={price.sku: price.fen for price in listing.sku_prices},
            json_ld=Markup(json_ld(listing, self.u)) if self.shop.structured == "json-ld" else "",  # noqa: S704 - our own JSON, "<" escaped
        )

    def data(self, view: str, title: str, **values: Any) -> bytes:
        """The JSON a script-rendered page asks for."""
        platform = read("shops")["platform"]
        frame = {
            "view": view,
            "title": title,
            "shop": self.shop.name,
            "icp": self.shop.icp or platform["icp"],
            "phone": self.shop.merchant.phone,
        }
        return json.dumps({**frame, **values}, ensure_ascii=False).encode()

    def card(self, listing: Listing) -> dict[str, Any]:
        """One listing of a list, for the script."""
        return {
            "href": self.u.item(listing),
            "image": self.u.image(listing, 1),
            "title": listing.title,
            "fen": listing.list_fen,
            "note": listing.list_note,
            "list_text": listing.list_text,
            "sales": "" if listing.sales is None else sales_words(listing.sales),
        }

    def item(self, listing: Listing) -> dict[str, Any]:
        """One whole listing, for the script."""
        by_sku = {price.sku: price.fen for price in listing.sku_prices}
        return {
            "title": listing.title,
            "category": listing.category,
            "brand": listing.brand,
            "prices": [{**price.as_fact(), "text": price.text} for price in listing.prices],
            "skus": [{"name": sku, "fen": by_sku.get(sku)} for sku in listing.skus],
            "images": [self.u.image(listing, number) for number in range(1, listing.images + 1)],
            "stock": listing.stock,
            "sales": "" if listing.sales is None else sales_words(listing.sales),
            "rating": listing.rating,
            "description": listing.description,
            "attributes": listing.attributes,
            "promotions": listing.promotions,
            "gifts": listing.gifts,
            "options": [{"label": one.label, "checked": one.checked, "fen": one.fen} for one in listing.options],
            "reviews": listing.reviews,
        }
