"""What a page shows: links, pictures, frames, drawings, words."""

from hypothesis import given
from hypothesis import strategies as st

from identity_verify.page_look import look_at

URL = "https://shop.example.test/a/b.html"


def test_all_that_is_looked_for() -> None:
    """Absolute addresses, the link around a picture, bytes that stand in the page; scripts are no words."""
    look = look_at(
        "<body><p>文字</p><script>红盾</script><a href='../v'>查 <b>验</b><img src=x.png alt=标></a>"
        "<footer><img data-src=//cdn.example.test/y.gif title=t></footer><figure><img src='data:image/png;base64,QUJD'>"
        "</figure><div style=\"background:url('/bg.png')\"></div><iframe src=/f></iframe>"
        "<svg><text>印</text></svg></body>",
        url=URL,
    )
    assert look.text == "文字 查 验 印"
    assert [(link.target, link.words, link.pictured) for link in look.links] == [
        ("https://shop.example.test/v", "查 验 标 x.png", True)
    ]
    shown = {picture.address or "data": picture for picture in look.pictures}
    assert set(shown) == {
        "https://shop.example.test/a/x.png", "https://cdn.example.test/y.gif", "data", "https://shop.example.test/bg.png",
    }  # fmt: skip
    assert shown["https://shop.example.test/a/x.png"].target == "https://shop.example.test/v"
    assert shown["https://cdn.example.test/y.gif"].footed
    assert (shown["data"].data, shown["data"].told, shown["data"].target) == (b"ABC", True, None)
    assert look.frames == ("https://shop.example.test/f",)
    assert look.drawings[0].strip() == "印"


def test_odd_addresses() -> None:
    """Nothing of them is an error."""
    look = look_at(
        "<a href='http://[x'>a</a><img src='data:image/png;base64,@'><img src='data:image/svg+xml,%3Csvg'>", url=URL
    )
    assert look.links[0].target == ""
    assert {picture.data for picture in look.pictures} == {b"", b"<svg"}


@given(st.text(max_size=400))
def test_no_text_breaks_it(html: str) -> None:
    """Whatever a page holds."""
    assert look_at(html, url=URL).url == URL
