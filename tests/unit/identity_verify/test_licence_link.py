"""The 亮照 link and the page behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity_verify.licence_display import LinkSeen
from identity_verify.licence_link import declared_in, follow_link, link_in
from tests.servers.paper_net import PaperNet

HOSTS = frozenset({"zzlz.example"})
PAGE = "https://www.qinghe.example/about/"
LINK = "https://zzlz.example/lz?id=1"


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (f'<a href="{LINK}"><img></a>', LINK),
        ('<a href="//ZZLZ.example/lz?id=1">照</a>', "https://ZZLZ.example/lz?id=1"),
        ('<a href="https://zzlz.example.evil.example/1">照</a>', ""),
        ('<a href="javascript:x">a</a><a href="https://[bad">b</a><a>c</a>', ""),
        ("", ""),
    ],
)
def test_the_link_is_found(body: str, url: str) -> None:
    """To the system's own host and no other."""
    assert link_in(body.encode(), PAGE, HOSTS) == url


@pytest.mark.parametrize(
    ("body", "hosts"),
    [
        ("<p>网站名称：青禾 网址：https://www.qinghe.example/index</p>", ("www.qinghe.example/index",)),
        ("<p>网址：http://pt.example:8610/shop/qinghe/</p>", ("pt.example/shop/qinghe",)),
        ("<table><tr><td>域名<td>qinghe.example<tr><td>域名<td>QINGHE.example</table>", ("qinghe.example",)),
        ("<p>网址：茶叶.公司.cn</p>", ("xn--qpr921i.xn--55qx5d.cn",)),
        ("<p>网址：192.0.2.1</p><p>无</p>", ()),
    ],
)
def test_what_the_page_names(body: str, hosts: tuple[str, ...]) -> None:
    """Each site once, hosts in A-labels, with the path where there is one."""
    assert declared_in(body.encode()) == hosts


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Hostile pages name something or nothing."""
    link_in(body, PAGE, HOSTS)
    declared_in(body)


def test_following(net: PaperNet) -> None:
    """What is behind it, or why it was not read; nothing is asked without a link."""
    assert follow_link("", net).url == ""
    assert net.asked == []
    assert follow_link(LINK, net).error == "http-status"
    net.fail(LINK, "timeout")
    assert follow_link(LINK, net).error == "timeout"
    net.serve(LINK, "<p>网址：www.qinghe.example</p>")
    assert follow_link(LINK, net, page_id=7) == LinkSeen(LINK, ("www.qinghe.example",), page_id=7)
