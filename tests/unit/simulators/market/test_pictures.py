import io

import pytest
from PIL import Image

from simulators.market import World, pictures
from simulators.market.pictures import goods_picture, licence_picture


@pytest.mark.parametrize(("kind", "form"), [("png", "PNG"), ("jpg", "JPEG")])
def test_pictures_are_real_and_the_same_each_time(world: World, kind: str, form: str) -> None:
    """A picture of 320 by 240 that any decoder reads."""
    body = goods_picture(world.listings[0], 1, kind)
    assert body == goods_picture(world.listings[0], 1, kind)
    picture = Image.open(io.BytesIO(body))
    picture.load()
    assert (picture.format, picture.size) == (form, (320, 240))
    assert body != goods_picture(world.listings[1], 1, kind)


def test_a_licence_picture(world: World) -> None:
    """The licence is a PNG one can read."""
    assert Image.open(io.BytesIO(licence_picture(world.shops[0]))).size == (760, 480)


def test_without_a_chinese_font_pictures_are_still_drawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow's own font takes over."""
    monkeypatch.setattr(pictures, "FONTS", ())
    pictures._font.cache_clear()
    try:
        assert goods_picture(world.listings[0], 1, "png")
    finally:
        pictures._font.cache_clear()
