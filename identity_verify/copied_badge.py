"""Copied badges: what a crawled page shows of a badge that does not belong to it.

The live badge defends itself; pictures of it do not. Each sign has a score, and a page is sighted from
``REPORTED`` on. A page that only speaks of a badge (a forum, a news article, a directory) stays below it; a page
that sells is never taken for one of those, whatever its markup says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from identity_verify.badge_id import new_badge_id, read_badge_id
from identity_verify.badge_picture import TITLE, static_picture
from identity_verify.page_look import PageLook, SeenLink, SeenPicture
from identity_verify.picture_hash import PictureHash, hash_bytes, hash_picture
from identity_verify.proven_site import covered, place_of
from identity_verify.sightings import Kind, Seen

REPORTED = 60
ALIKE = 0.6
"""Pictures this much alike are the same badge; unrelated ones stay far below (see ``benchmarks/lookalike.py``)."""
OFFICIAL = (".gov.cn", "gsxt.gov.cn", "12315.cn", "beian.miit.gov.cn")
_SEAL = re.compile(
    r"红盾|紅盾|亮照|电子标识|電子標識|工商网监|工商網監|网监标识|经营者标识|hongdun|liangzhao|gswj|netadreg"
)
_CLAIM = re.compile(
    r"(?:已通过|通过|持有|取得|获得|已获)[^。；]{0,16}(?:电子标识|红盾|亮照|网监|核验)|(?:电子标识|红盾)[^。；]{0,8}(?:已核验|认证|验证通过)"
)
_SELLS = re.compile(r"[¥￥]\s?\d|加入购物车|立即购买|立即抢购|在线下单|结算")
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
_GROUPED = re.compile(r"(?<![0-9A-Z])([0-9A-Z]{4}[ -]?[0-9A-Z]{4}[ -]?[0-9A-Z]{4})(?![0-9A-Z])")
_SHORT = 16
"""Longer words around a link are a sentence, not the label of a seal."""


@dataclass(frozen=True, slots=True)
class KnownBadge:
    """A badge as the search for copies needs it. Where it is not in force, its own sites show it wrongly too."""

    badge_id: str
    code: str
    name: str
    sites: tuple[str, ...]
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class KnownBadges:
    """All badges, to be found by number and by code. ``origin`` is the issuer's.

    Attributes:
        by_host: sites that badges in force are registered for, by the host in their written form.
    """

    origin: str
    by_id: Mapping[str, KnownBadge]
    by_code: Mapping[str, KnownBadge]
    by_host: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, origin: str, badges: Iterable[KnownBadge]) -> "KnownBadges":
        """From the list of them."""
        listed = list(badges)
        hosts: dict[str, tuple[str, ...]] = {}
        for one in listed:
            for site in one.sites if one.in_force else ():
                host = site.removeprefix("*.").partition("/")[0].partition(":")[0]
                hosts[host] = (*hosts.get(host, ()), site)
        return cls(origin, {one.badge_id: one for one in listed}, {one.code: one for one in listed}, hosts)

    def at_home(self, url: str) -> bool:
        """True when the address belongs to some badge, to the issuer or to an authority."""
        host = urlsplit(url).hostname or ""
        if is_official(host) or host == urlsplit(self.origin).hostname:
            return True
        labels = host.split(".")
        above = (".".join(labels[start:]) for start in range(len(labels)))
        return any(covered(self.by_host.get(name, ()), url) for name in above)


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign on a page. ``word`` is stable; ``what`` is the place on the page."""

    kind: Kind
    score: int
    word: str
    what: str
    badge_id: str = ""


def is_official(host: str) -> bool:
    """True for hosts of authorities, to which seals of old lead rightly."""
    return any(host == name.lstrip(".") or host.endswith(f".{name.lstrip('.')}") for name in OFFICIAL)


def may_show(raw: bytes, known: KnownBadges) -> bool:
    """A quick look at undecoded bytes: whether a page may hold any sign at all. Few pages do."""
    marks = ("红盾", "紅盾", "亮照", "电子标识", "電子標識", "网监", "網監", "经营者标识")
    words = [mark.encode(code) for mark in marks for code in ("utf-8", "gb18030")]
    host = (urlsplit(known.origin).netloc or "").encode()
    return any(word in raw for word in (*words, host, b"hongdun", b"liangzhao", b"data:image", b"<svg", b"badge"))


def find_copies(page: PageLook, known: KnownBadges, pictures: Mapping[str, bytes]) -> tuple[Seen, ...]:
    """What to report of a page, one for each kind of sign, the strongest of its kind.

    Args:
        pictures: bytes of the page's pictures by address, those that were fetched.
    """
    if known.at_home(page.url):
        return ()
    signs = [*_references(page, known), *_drawings(page, known), *_pictures(page, known, pictures)]
    signs += [*_false_links(page, known), *_texts(page, known, claimed=bool(signs))]
    place = place_of(page.url)
    strong = [sign for sign in signs if sign.score >= REPORTED]
    if not strong or place is None:
        return ()
    number = next((sign.badge_id for sign in sorted(signs, key=lambda one: -one.score) if sign.badge_id), "")
    found: dict[Kind, Seen] = {}
    for sign in sorted(strong, key=lambda one: -one.score):
        reasons = [{"word": one.word, "what": one.what[:300]} for one in signs if one.kind == sign.kind]
        found.setdefault(
            sign.kind,
            Seen(sign.badge_id or number, sign.kind, place.host, page.url, sign.score, reasons),
        )
    return tuple(found.values())


def candidates(page: PageLook, *, most: int = 8) -> list[str]:
    """Addresses of pictures that are worth fetching: those with words of a seal, in links, small names first."""

    def rank(picture: SeenPicture) -> tuple[bool, bool]:
        return (not _SEAL.search(picture.words.lower()), picture.target is None)

    addresses = [picture.address for picture in sorted(page.pictures, key=rank) if picture.address.startswith("http")]
    return list(dict.fromkeys(addresses))[:most]


def _number_in(address: str, known: KnownBadges) -> tuple[str, str]:
    """What an address of the issuer is (``page``, ``badge``), and the number in it; empty for others."""
    parts = urlsplit(address)
    if parts.netloc != urlsplit(known.origin).netloc:
        return "", ""
    pieces = [piece for piece in parts.path.split("/") if piece]
    if len(pieces) < 2 or pieces[0] not in {"v", "badge"}:
        return "", ""
    number = read_badge_id(pieces[1].partition(".")[0]) or ""
    embedded = pieces[0] == "badge" or pieces[-1] == "qr.svg"
    return ("badge" if embedded else "page"), number


def _references(page: PageLook, known: KnownBadges) -> Iterable[Sign]:
    """Frames, pictures and links that name a badge of the issuer's."""
    for address in (*page.frames, *(picture.address for picture in page.pictures)):
        what, number = _number_in(address, known)
        if what == "badge":
            yield Sign("link", 95, "embeds", address, number)
    sells = _sells(page)
    for link in page.links:
        what, number = _number_in(link.target, known)
        if what and number:
            yield _linked(link, number, speaks=link.told and not sells)


def _sells(page: PageLook) -> bool:
    return _SELLS.search(page.text) is not None


def _linked(link: SeenLink, number: str, *, speaks: bool) -> Sign:
    """A picture or the label of a seal that leads to the badge claims it; a sentence with a link only speaks of it."""
    short = len(link.words) <= _SHORT and bool(_SEAL.search(link.words.lower()) or "查验" in link.words)
    claims = (link.pictured or short) and not speaks
    return Sign("link", 85 if claims else 30, "links-as-seal" if claims else "mentions", link.target, number)


def _drawings(page: PageLook, known: KnownBadges) -> Iterable[Sign]:
    for text in page.drawings:
        if TITLE in text or TITLE in text.replace(" ", ""):
            yield Sign("image", 90, "drawn", text[:120], _number_of(text, known))


def _number_of(text: str, known: KnownBadges) -> str:
    for match in _GROUPED.finditer(text):
        number = read_badge_id(match[1])
        if number in known.by_id:
            return number or ""
    return ""


def _pictures(page: PageLook, known: KnownBadges, fetched: Mapping[str, bytes]) -> Iterable[Sign]:
    """Pictures that look like the badge, or are its SVG."""
    sells = _sells(page)
    for picture in page.pictures:
        data = picture.data or fetched.get(picture.address, b"")
        if not data:
            continue
        what = picture.address or "data:"
        speaks = not sells and picture.target is None and (picture.told or not picture.footed)
        if b"<svg" in data[:2_000]:
            text = data[:20_000].decode("utf-8", "replace")
            if TITLE in text:
                yield Sign("image", 45 if speaks else 92, "svg", what, _number_of(text, known))
            continue
        share = _likeness(data)
        if share >= ALIKE:
            score = 45 if speaks else min(95, 60 + round(share * 40))
            yield Sign("image", score, "looks-alike", f"{what} {share:.2f}")


@lru_cache(maxsize=1)
def _references_hashed() -> tuple[PictureHash, ...]:
    one = hash_picture(static_picture(new_badge_id(), scale=2))
    return (one,) if one else ()


def _likeness(data: bytes) -> float:
    seen = hash_bytes(data)
    return max((seen.likeness(known) for known in _references_hashed()), default=0.0) if seen else 0.0


def _false_links(page: PageLook, known: KnownBadges) -> Iterable[Sign]:
    """The label or picture of a seal that leads to no issuer."""
    sells = _sells(page)
    for link in page.links:
        label = link.words.lower()
        if (link.told and not sells) or not _SEAL.search(label) or (not link.pictured and len(link.words) > _SHORT):
            continue
        host = urlsplit(link.target).hostname or ""
        if is_official(host) or urlsplit(link.target).netloc == urlsplit(known.origin).netloc:
            continue
        yield Sign("false-link", 80, "seal-leads-elsewhere", f"{link.words[:60]} → {link.target[:200]}")
    for picture in page.pictures:
        claims = sells or (picture.footed and not picture.told)
        if picture.target is None and claims and _SEAL.search(picture.words.lower()):
            yield Sign("false-link", 70, "seal-leads-nowhere", picture.words[:120])


def _texts(page: PageLook, known: KnownBadges, *, claimed: bool) -> Iterable[Sign]:
    """Name and code of a badge's holder on a page that sells and claims to be verified."""
    codes = set(_CODE.findall(page.text))
    for code in codes & known.by_code.keys():
        badge = known.by_code[code]
        if badge.name not in page.text or len(codes) > 2:
            continue
        claims = _CLAIM.search(page.text)
        if claims and _sells(page):
            yield Sign("text", 75, "claims-as", f"{badge.name} {claims[0][:80]}", badge.badge_id)
        else:
            yield Sign("text", 55 if claimed else 40, "same-name-and-code", badge.name, badge.badge_id)
