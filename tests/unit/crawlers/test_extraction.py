"""The one door to extraction: dispatch, and that no bytes make it fail."""

from hypothesis import example, given
from hypothesis import strategies as st

from crawlers.extraction import EXTRACTORS, extract
from crawlers.reading.facts import MAX_RAW
from crawlers.reading.locator import resolve
from kernel.facts import PageFacts

URL = "https://shop.example.test/item/1.html"
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>保温杯 - 好货商城</title></head><body>
<a href="/">首页</a><h1>保温杯</h1><p class="price">¥89.00 <del>¥129.00</del></p><button>加入购物车</button>
<p>库存 5 件</p><footer>沪ICP备12345678号-1</footer></body></html>""".encode()

_PIECES = st.sampled_from(
    [
        "<div>",
        "</div>",
        "<h1>",
        "</h1>",
        "<a href=/i/1>",
        "</a>",
        "<del>",
        "<b class=price>",
        "<table><tr><td>",
        "</table>",
        "<form action=/cart>",
        "<input type=checkbox checked>",
        "<select name=sku><option value=1>",
        "<script type='application/ld+json'>",
        "</script>",
        "<title>",
        "</title>",
        '{"@type":"Product","name":"杯","offers":{"price":"9"}}',
        "¥1,299.00",
        "9.9元起",
        "面议",
        "1.2万元",
        "统一社会信用代码：",
        "91310115XX0000019T",
        "<li class=item><a href='/p/{n}'><img src=x>名</a>¥3</li>",
        "\0",
        "<!--",
        "-->",
        "&#xD800;",
        "<svg>",
        "<style>",
        "<meta property=og:title content=杯>",
        "<p itemprop=price itemscope itemtype=https://schema.org/Product>",
        "月销1.2万+",
        "\n",
        " ",
        "<template>",
        "<base href='//['>",
        "<a href='http://['>",
    ]
)


def test_known_platform_folders_are_loaded() -> None:
    """Every platform folder has an extractor, generic among them."""
    assert {"generic", "pinjishi"} <= set(EXTRACTORS)


def test_unknown_platform_is_read_as_generic() -> None:
    """An unknown platform name is no error."""
    assert extract(PAGE, url=URL, platform="never-heard-of") == extract(PAGE, url=URL)


def test_detail_page_gives_title_and_price() -> None:
    """The door gives what the generic extractor reads."""
    page = extract(PAGE, url=URL)
    assert page.kind == "detail"
    assert page.listings[0].facts[0].value == "保温杯"
    assert isinstance(page.listings[0].facts[1].value, dict)
    assert page.listings[0].facts[1].value["fen"] == 8900


@given(
    st.binary(max_size=600),
    st.sampled_from(["", "text/html; charset=gbk", "text/html; charset=utf-16", "x; charset=\x00"]),
)
@example(b"\xff\xfe<\x00h\x001\x00", "")
@example(b"<meta charset=utf-7>+AGE-", "")
def test_arbitrary_bytes_never_raise(body: bytes, content_type: str) -> None:
    """Hostile bytes give few facts, never an error."""
    assert isinstance(extract(body, url=URL, content_type=content_type), PageFacts)


@given(st.lists(_PIECES, max_size=60), st.sampled_from([URL, "", "http://[", "https://shop.example.test/"]))
def test_locators_resolve_to_raw(pieces: list[str], url: str) -> None:
    """Whatever the markup, every fact's locator leads back to its raw text."""
    body = "".join(pieces).encode("utf-8", "replace")
    page = extract(body, url=url)
    facts = [*page.shop, *(fact for listing in page.listings for fact in listing.facts)]
    for fact in facts:
        assert resolve(body, fact.locator, url=url)[:MAX_RAW] == fact.raw


@given(st.lists(_PIECES, max_size=40))
def test_links_are_absolute_and_each_once(pieces: list[str]) -> None:
    """Links carry no fragment, stay on the site and come once."""
    page = extract("".join(pieces).encode("utf-8", "replace"), url=URL)
    urls = [link.url for link in page.links]
    assert len(urls) == len(set(urls))
    assert all(
        url.startswith(("http://shop.example.test", "https://shop.example.test")) and "#" not in url for url in urls
    )


def test_same_bytes_same_facts() -> None:
    """Extraction is a function of its input alone."""
    assert extract(PAGE, url=URL) == extract(PAGE, url=URL)
