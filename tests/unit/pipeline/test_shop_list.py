"""Lists of shops: every line is taken or told about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from kernel.clock import now
from kernel.db import Database
from kernel.models import Shop
from pipeline.errors import ShopListError
from pipeline.shop_list import ShopRow, add_shops, known_platforms, parse_csv


def test_a_good_list() -> None:
    """Names in Chinese, blank lines and a missing column do no harm."""
    shops = parse_csv("url,name,reason\nhttp://a.example.test/,甲店,双11\n\nhttp://b.example.test,,\n".encode())
    assert [(row.url, row.name, row.platform) for row in shops.rows] == [
        ("http://a.example.test/", "甲店", "generic"),
        ("http://b.example.test/", "", "generic"),
    ]
    assert not shops.errors


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_spreadsheets(encoding: str) -> None:
    """UTF-8 with and without mark, and GB 18030, read alike."""
    shops = parse_csv("url,name\nhttp://a.example.test/,测试店铺\n".encode(encoding))
    assert shops.rows[0].name == "测试店铺"


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "an empty file"),
        (b"address,name\nhttp://a.example.test/,x\n", "address,name"),
        (b"url,secret\nhttp://a.example.test/,x\n", "url,secret"),
        ("url\nhttp://a.example.test/".encode("utf-16"), "other bytes"),
        (b'url,name\n"http://a.example.test/,x\n', "broken line"),
    ],
)
def test_unreadable_lists_say_why(data: bytes, part: str) -> None:
    """Wrong columns, encoding or quoting: one error that says what came."""
    with pytest.raises(ShopListError) as caught:
        parse_csv(data)
    assert part in caught.value.message
    assert caught.value.hint


def test_bad_lines_are_told_and_the_others_taken() -> None:
    """Not a URL, unknown scheme, unknown platform, too many cells, duplicates: each has its line."""
    text = """url,name,platform,reason
http://good.example.test/,a,,
not a url,b,,
ftp://c.example.test/,c,,
http://d.example.test/,d,nosuch,
http://e.example.test/,e,,x,y
http://GOOD.example.test,f,,
"""
    shops = parse_csv(text.encode())
    assert [row.url for row in shops.rows] == ["http://good.example.test/"]
    assert [error.line for error in shops.errors] == [3, 4, 5, 6, 7]
    assert shops.errors[-1].code == "pipeline.shop_duplicate"
    assert all(error.message and error.hint for error in shops.errors)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_list_or_our_error(data: bytes) -> None:
    """Whatever is uploaded, no other exception comes out."""
    try:
        parse_csv(data)
    except ShopListError:
        return


def test_adding_twice_keeps_one_row(database: Database) -> None:
    """A shop that is known keeps its id and its name."""
    row = ShopRow(url="http://a.example.test/", name="甲")
    with database.write() as session:
        first = add_shops(session, [row], actor="a", at=now())
    with database.write() as session:
        again = add_shops(session, [ShopRow(url=row.url), ShopRow(url="http://b.example.test/")], actor="a", at=now())
    assert again[0] == first[0]
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Shop)).scalar_one() == 2
        assert session.get_one(Shop, first[0]).name == "甲"


def test_platforms_come_from_their_folders() -> None:
    """The generic platform is always there."""
    assert "generic" in known_platforms()
