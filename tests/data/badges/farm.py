"""Two hundred sites, half of them with copied badges; the truth is known because it was planted.

The half that copies does so in ten ways, with pictures re-saved, shrunk, cut, greyed and marked. The other half is
what a search for copies could take for one: registered sites, forums and newspapers that speak of badges, directories,
shops with seals of others, shops that lead rightly to an authority, second shops of the same company.
"""

import base64
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from identity_verify.badge_id import new_badge_id, shown
from identity_verify.badge_picture import static_png, static_svg
from identity_verify.copied_badge import KnownBadge, KnownBadges
from tests.data.badges.issuing import ORIGIN, synthetic_code

GOODS = "保温杯 帆布包 蓝牙耳机 羊毛围巾 儿童积木 不锈钢锅 护手霜 速干毛巾 台灯 登山杖".split()
PARTS = "青禾 云帆 溪山 朗月 北辰 嘉木 星野 海棠 沐风 南屿".split()
TRADES = "商贸 日用品 电子 服饰 文具".split()


@dataclass
class Site:
    """One page of the farm. ``copies`` is the truth; ``pictures`` are what its addresses give."""

    url: str
    html: str
    copies: bool
    way: str
    pictures: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Farm:
    """The sites and the badges that are registered."""

    sites: tuple[Site, ...]
    known: KnownBadges


@dataclass
class _Maker:
    rng: random.Random
    badges: list[KnownBadge]
    number: int = 0

    def badge(self) -> KnownBadge:
        """Any of the registered ones."""
        return self.rng.choice(self.badges)

    def host(self, word: str) -> str:
        """A host of its own."""
        self.number += 1
        return f"{word}{self.number}.example.test"

    def shop(self, title: str, *, foot: str = "") -> str:
        """A page as shops have them: navigation, goods with prices, a foot; some hide the foot in other markup."""
        rows = []
        for _ in range(self.rng.randint(3, 9)):
            price = self.rng.randint(900, 90_000) / 100
            label = self.rng.choice(["加入购物车", "立即购买", "查看详情"])
            rows.append(
                f'<li><img src="/g/{self.rng.randint(1, 999)}.jpg" alt="{self.rng.choice(GOODS)}">'
                f'<b>{self.rng.choice(GOODS)}</b> ¥{price:.2f} <a href="/i/{self.rng.randint(1, 999)}">{label}</a></li>'
            )
        tag = self.rng.choice(["footer", "footer", "div", "article", "figure"])
        return (
            f"<!doctype html><html><head><title>{title}</title></head><body><nav><a href='/'>首页</a> "
            f"<a href='/about'>关于我们</a></nav><h1>{title}</h1><ul>{''.join(rows)}</ul>"
            f"<{tag}>{foot}</{tag}></body></html>"
        )

    def text_page(self, title: str, body: str) -> str:
        """A page of words: an article, a thread; some without the markup of one."""
        tag = self.rng.choice(["article", "div", "main"])
        return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><{tag}>{body}</{tag}></body></html>"

    def presented(self, foot: str) -> str:
        """A company's page without goods, with a foot."""
        words = "我们专注品质生活，服务全国客户。欢迎来电洽谈合作。"
        return f"<html><body><h1>公司简介</h1><p>{words * 3}</p><footer>{foot}</footer></body></html>"


def build(seed: int = 20_261_125) -> Farm:
    """The farm; the same seed gives the same sites but for the badges' numbers."""
    rng = random.Random(seed)  # noqa: S311 - fiction
    badges = []
    for number in range(40):
        name = f"上海{rng.choice(PARTS)}{number}(测试){rng.choice(TRADES)}有限公司"
        sites = [f"shop{number}.example.test"] + ([f"*.brand{number}.example.test"] if number % 3 == 0 else [])
        badges.append(KnownBadge(new_badge_id(), synthetic_code(5_000 + number), name, tuple(sites)))
    maker = _Maker(rng, badges)
    farm = [*_copies(maker), *_others(maker)]
    rng.shuffle(farm)
    return Farm(tuple(farm), KnownBadges.of(ORIGIN, badges))


def _copies(maker: _Maker) -> Iterator[Site]:
    ways: tuple[tuple[int, Callable[[_Maker], Site]], ...] = (
        (22, _saved_picture), (8, _saved_svg), (10, _hot_linked), (8, _framed), (6, _drawn), (6, _in_page),
        (16, _screenshot), (10, _false_office), (7, _claims), (7, _old_seal),
    )  # fmt: skip
    for count, way in ways:
        for _ in range(count):
            yield way(maker)


def _others(maker: _Maker) -> Iterator[Site]:
    ways: tuple[tuple[int, Callable[[_Maker], Site]], ...] = (
        (18, _registered), (6, _registered_below), (10, _forum), (7, _news), (10, _directory), (8, _profile),
        (10, _second_shop), (13, _seal_of_others), (8, _official), (6, _plain), (4, _rules),
    )  # fmt: skip
    for count, way in ways:
        for _ in range(count):
            yield way(maker)


# --- pictures ---------------------------------------------------------------------------------------------------


def _spoiled(maker: _Maker, data: bytes, *, hard: bool) -> bytes:
    """A picture as it looks after it was saved by people."""
    rng = maker.rng
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    share = rng.uniform(0.35, 1.2)
    picture = picture.resize((max(90, round(picture.width * share)), max(32, round(picture.height * share))))
    if hard:
        if rng.random() < 0.4:
            left, top = rng.randint(0, 4), rng.randint(0, 4)
            picture = picture.crop((left, top, picture.width - rng.randint(0, 4), picture.height - rng.randint(0, 4)))
        if rng.random() < 0.4:
            framed = Image.new("RGB", (picture.width + 30, picture.height + 24), rng.choice(["#ffffff", "#f2f2f2"]))
            framed.paste(picture, (15, 12))
            picture = framed
        if rng.random() < 0.3:
            picture = picture.convert("L").convert("RGB")
        if rng.random() < 0.3:
            picture = picture.filter(ImageFilter.GaussianBlur(0.8))
        if rng.random() < 0.3:
            picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.8, 1.2))
    stream = io.BytesIO()
    kind = rng.choice(["JPEG", "PNG", "WEBP"] if not hard else ["JPEG", "WEBP"])
    picture.save(stream, kind, **({} if kind == "PNG" else {"quality": rng.randint(35, 92)}))
    return stream.getvalue()


def _seal_picture(maker: _Maker) -> bytes:
    """A seal of somebody else's: another form, other words, often red or with a tick."""
    rng = maker.rng
    width, height = rng.choice([(220, 80), (180, 64), (120, 120), (300, 100)])
    picture = Image.new("RGB", (width, height), rng.choice(["#ffffff", "#fff7e0", "#eef5ff"]))
    draw = ImageDraw.Draw(picture)
    colour = rng.choice(["#b3261e", "#1c7a3d", "#f08c00", "#1c5a9e"])
    middle = height // 2
    form = rng.choice(["circle", "shield", "bar"])
    if form == "circle":
        draw.ellipse((6, 6, height - 6, height - 6), fill=colour)
    elif form == "shield":
        points = [
            (height // 2, 6),
            (height - 8, 18),
            (height - 10, middle + 8),
            (height // 2, height - 6),
            (10, middle + 8),
            (8, 18),
        ]
        draw.polygon(points, fill=colour)
    else:
        draw.rectangle((0, 0, width, height // 3), fill=colour)
    if rng.random() < 0.5:
        draw.line(
            [(height * 0.3, middle), (height * 0.45, height * 0.65), (height * 0.7, height * 0.35)],
            fill="#fff",
            width=5,
        )
    for row in range(rng.randint(1, 3)):
        top = 14 + row * height // 4
        draw.rectangle(
            (height + 8, top, rng.randint(height + 20, max(height + 21, width - 8)), top + 7), fill="#3a4550"
        )
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


# --- the half that copies ---------------------------------------------------------------------------------------


def _saved_picture(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("cheap")
    address = f"https://{host}/img/{maker.rng.choice(['a1', 'renzheng', 'footer3', 'logo-2'])}.png"
    target = maker.rng.choice(["", "/", "#", "/about"])
    image = f'<img src="{address}">'
    foot = f'<a href="{target}">{image}</a>' if target else image
    data = _spoiled(maker, static_png(badge.badge_id, "valid"), hard=False)
    html = maker.presented(foot) if maker.rng.random() < 0.2 else maker.shop("特价商城", foot=foot)
    return Site(f"https://{host}/", html, copies=True, way="saved picture", pictures={address: data})


def _saved_svg(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("vec")
    address = f"https://{host}/static/badge.svg"
    data = static_svg(badge.badge_id, "valid").encode()
    return Site(
        f"https://{host}/",
        maker.shop("优选好货", foot=f'<img src="{address}" alt="认证">'),
        copies=True,
        way="saved SVG",
        pictures={address: data},
    )


def _hot_linked(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("hot")
    ending = maker.rng.choice([".svg", ".png"])
    foot = f'<a href="{ORIGIN}/v/{badge.badge_id}"><img src="{ORIGIN}/badge/{badge.badge_id}{ending}"></a>'
    return Site(f"https://{host}/index.html", maker.shop("折扣仓", foot=foot), copies=True, way="hot-linked")


def _framed(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("frm")
    rule = maker.rng.choice(["", 'referrerpolicy="no-referrer"'])
    foot = f'<iframe {rule} src="{ORIGIN}/badge/{badge.badge_id}" width="260" height="92"></iframe>'
    return Site(f"https://{host}/", maker.shop("品牌折扣", foot=foot), copies=True, way="live frame")


def _drawn(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("inl")
    return Site(
        f"https://{host}/",
        maker.shop("海淘馆", foot=static_svg(badge.badge_id, "valid")),
        copies=True,
        way="drawn in the page",
    )


def _in_page(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("dat")
    data = base64.b64encode(_spoiled(maker, static_png(badge.badge_id, "valid"), hard=False)).decode()
    foot = f'<img width="180" src="data:image/png;base64,{data}">'
    return Site(f"https://{host}/", maker.shop("工厂直营", foot=foot), copies=True, way="data address")


def _screenshot(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("scr")
    address = f"https://{host}/upload/{maker.rng.randint(1, 99_999)}.jpg"
    data = _spoiled(maker, static_png(badge.badge_id, "valid"), hard=True)
    return Site(
        f"https://{host}/",
        maker.shop("源头好物", foot=f'<img src="{address}">'),
        copies=True,
        way="screenshot",
        pictures={address: data},
    )


def _false_office(maker: _Maker) -> Site:
    host, fake = maker.host("fak"), maker.host("renzheng-chaxun")
    label = maker.rng.choice(["电子标识", "工商网监", "网上亮照", "红盾标识", "经营者标识查验"])
    foot = maker.rng.choice(
        [
            f'<a href="https://{fake}/v/{new_badge_id()}">{label}</a>',
            f'<a href="https://{fake}/check?id=1"><img src="https://{fake}/s.png" alt="{label}"></a>',
        ]
    )
    return Site(f"https://{host}/", maker.shop("正品保障", foot=foot), copies=True, way="false office")


def _claims(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("twn")
    words = maker.rng.choice(
        ["本站已通过网上经营者电子标识核验", "本店已获红盾认证，通过电子标识核验", "已取得网上经营者电子标识"]
    )
    foot = f"{badge.name} 统一社会信用代码 {badge.code} {words}"
    return Site(f"https://{host}/", maker.shop("旗舰店", foot=foot), copies=True, way="claims in words")


def _old_seal(maker: _Maker) -> Site:
    host = maker.host("old")
    target = maker.rng.choice(["#", "/hd.html", f"http://{maker.host('seal')}/"])
    words = maker.rng.choice(['alt="红盾"', 'alt="工商网监电子标识"', 'src="/images/hongdun.gif" alt=""'])
    source = "" if "src=" in words else 'src="/images/hd.gif"'
    foot = f'<a href="{target}"><img {source} {words}></a>'
    return Site(f"https://{host}/", maker.shop("百货批发", foot=foot), copies=True, way="old seal")


# --- the half that does not -------------------------------------------------------------------------------------


def _embed(maker: _Maker, badge: KnownBadge) -> str:
    frame = f'<iframe src="{ORIGIN}/badge/{badge.badge_id}" width="260" height="92"></iframe>'
    image = f'<img src="{ORIGIN}/badge/{badge.badge_id}.svg" alt="网上经营者电子标识">'
    picture = f'<a href="{ORIGIN}/v/{badge.badge_id}">{image}</a>'
    return str(maker.rng.choice([frame, picture, frame + picture]))


def _registered(maker: _Maker) -> Site:
    badge = maker.badge()
    maker.number += 1
    foot = f"{badge.name} {badge.code} {_embed(maker, badge)} 已通过电子标识核验"
    return Site(
        f"https://{badge.sites[0]}/p/{maker.number}", maker.shop("官方商城", foot=foot), copies=False, way="registered"
    )


def _registered_below(maker: _Maker) -> Site:
    badge = maker.rng.choice([one for one in maker.badges if len(one.sites) > 1])
    maker.number += 1
    base = badge.sites[1].removeprefix("*.")
    host = maker.rng.choice([base, f"www.{base}", f"m.{base}"])
    return Site(
        f"https://{host}/{maker.number}",
        maker.shop("品牌店", foot=_embed(maker, badge)),
        copies=False,
        way="registered below",
    )


def _forum(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("bbs")
    link = f'<a href="{ORIGIN}/v/{badge.badge_id}">{ORIGIN}/v/{badge.badge_id}</a>'
    body = maker.rng.choice(
        [
            f"<p>昨天在一家店买了{maker.rng.choice(GOODS)}，¥59，下单前查了它的电子标识 {link} ，是真的，放心。</p>",
            f"<p>求助：这家店有红盾吗？有人发了核验页 {link}，编号 {shown(badge.badge_id)}。</p>",
        ]
    )
    return Site(f"https://{host}/t/1", maker.text_page("这家店靠谱吗", body * 3), copies=False, way="forum")


def _news(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("news")
    address = f"https://{host}/pic/1.png"
    body = (
        "<p>为方便消费者识别网店真伪，市场监管部门推出网上经营者电子标识，页面底部亮照的网店可以点击查验。</p>"
        + maker.rng.choice(
            [
                f'<figure><img src="{address}" alt="电子标识样式"><figcaption>电子标识样式</figcaption></figure>',
                f'<p><img src="{address}"></p><p>图：标识样式</p>',
            ]
        )
    )
    pictures = {address: static_png(badge.badge_id, "valid")}
    return Site(
        f"https://{host}/a/2026", maker.text_page("网店有了新标识", body), copies=False, way="news", pictures=pictures
    )


def _directory(maker: _Maker) -> Site:
    host = maker.host("dir")
    rows = "".join(f"<li>{badge.name} {badge.code} 已获电子标识</li>" for badge in maker.rng.sample(maker.badges, 8))
    return Site(f"https://{host}/list", maker.text_page("企业名录", f"<ul>{rows}</ul>"), copies=False, way="directory")


def _profile(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("qy")
    body = f"<p>{badge.name}，统一社会信用代码 {badge.code}，成立于2020年。该公司官网持有网上经营者电子标识。</p>"
    return Site(f"https://{host}/c/{badge.code}", maker.text_page(badge.name, body), copies=False, way="profile")


def _second_shop(maker: _Maker) -> Site:
    badge, host = maker.badge(), maker.host("mall")
    foot = f"营业执照 {badge.name} 统一社会信用代码 {badge.code}"
    return Site(f"https://{host}/shop/9", maker.shop("平台店铺", foot=foot), copies=False, way="second shop")


def _seal_of_others(maker: _Maker) -> Site:
    host = maker.host("ord")
    address = f"https://{host}/seal.png"
    label = maker.rng.choice(["诚信网站", "可信网站", "安全联盟", "行业验证", "支付宝特约商家"])
    foot = f'<a href="https://{maker.host("trust")}/verify"><img src="{address}" alt="{label}"></a>'
    return Site(
        f"https://{host}/",
        maker.shop("普通商城", foot=foot),
        copies=False,
        way="seal of others",
        pictures={address: _seal_picture(maker)},
    )


def _official(maker: _Maker) -> Site:
    host = maker.host("lz")
    foot = maker.rng.choice(
        [
            '<a href="https://zzlz.gsxt.gov.cn/verifKey.do?x=1"><img src="/lz4.png" alt="电子营业执照亮照"></a>',
            '<a href="https://zzlz.gsxt.gov.cn/">营业执照亮照</a> <a href="https://beian.miit.gov.cn/">沪ICP备00000000号</a>',
        ]
    )
    return Site(f"https://{host}/", maker.shop("亮照商家", foot=foot), copies=False, way="official licence")


def _plain(maker: _Maker) -> Site:
    host = maker.host("pln")
    return Site(f"https://{host}/", maker.shop("小店", foot="版权所有"), copies=False, way="plain")


def _rules(maker: _Maker) -> Site:
    host = maker.host("law")
    body = (
        "<p>网络交易经营者应当在网站首页显著位置持续公示营业执照信息，俗称亮照。"
        f'详见<a href="https://{maker.host("read")}/liangzhao">亮照亮标专题：平台内经营者如何公示登记信息与许可信息</a>。</p>'
    )
    return Site(f"https://{host}/7", maker.text_page("亮照怎么亮", body), copies=False, way="rules")
