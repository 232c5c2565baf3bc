"""Pictures that look the same, and files that are none."""

import io

import pytest
from PIL import Image, ImageDraw

from identity_verify.badge_id import new_badge_id
from identity_verify.badge_picture import static_picture, static_png
from identity_verify.picture_hash import MAX_BYTES, hash_bytes, hash_picture


def _saved(picture: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _likeness(data: bytes) -> float:
    known, seen = hash_picture(static_picture(new_badge_id())), hash_bytes(data)
    assert known is not None
    assert seen is not None
    return seen.likeness(known)


@pytest.mark.parametrize("share", [0.4, 0.7, 1.0, 1.6])
@pytest.mark.parametrize("quality", [30, 90])
def test_a_copy_of_another_number_is_the_same_picture(share: float, quality: int) -> None:
    """Re-saved, smaller or larger, grey, with a margin."""
    picture = static_picture(new_badge_id())
    picture = picture.resize((round(picture.width * share), round(picture.height * share)))
    assert _likeness(_saved(picture, quality=quality)) > 0.7
    assert _likeness(_saved(picture.convert("L"), quality=quality)) > 0.7
    framed = Image.new("RGB", (picture.width + 40, picture.height + 30), "#ffffff")
    framed.paste(picture, (20, 15))
    assert _likeness(_saved(framed, quality=quality)) > 0.7


def test_other_pictures_are_not() -> None:
    """Another form, another drawing, the same form without anything on it."""
    other = Image.new("RGB", (520, 184), "#ffffff")
    ImageDraw.Draw(other).ellipse((20, 20, 160, 160), fill="#b3261e")
    assert _likeness(_saved(other)) < 0.5
    assert _likeness(_saved(static_picture(new_badge_id()).rotate(90, expand=True))) == 0.0
    assert hash_picture(Image.new("RGB", (200, 80), "#ffffff")) is None


def test_files_that_are_no_picture() -> None:
    """Broken, hostile, too large, too small: none of them is looked at."""
    whole = static_png(new_badge_id(), "valid")
    bomb = _saved(Image.new("1", (9_000, 9_000)), "PNG")
    for data in (b"", b"GIF89a", whole[:200], b"\0" * (MAX_BYTES + 1), bomb, _saved(Image.new("RGB", (4, 4)), "PNG")):
        assert hash_bytes(data) is None
