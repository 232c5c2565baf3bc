"""Pictures of badges: what they show in each state."""

import io
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from identity_verify.badge_id import new_badge_id, shown
from identity_verify.badge_picture import HEIGHT, WIDTH, qr_svg, static_png, static_svg


@pytest.mark.parametrize(
    ("word", "said"), [("valid", "已核验"), ("revoked", "已撤销"), ("expired", "已过期"), ("unknown", "暂不可用")]
)
def test_a_static_badge_says_its_state_and_number(word: str, said: str) -> None:
    """As SVG that needs no style sheet, and as PNG of the same form."""
    number = new_badge_id()
    drawn = static_svg(number, word)
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    assert said in drawn
    assert shown(number) in "".join(root.itertext())
    assert "style=" not in drawn
    picture = Image.open(io.BytesIO(static_png(number, word)))
    assert picture.size == (WIDTH * 2, HEIGHT * 2)
    red, _, blue = picture.convert("RGB").getpixel((64, 30))  # type: ignore[misc]
    assert (red > blue + 80) is (word == "valid")


def test_a_qr_code_holds_the_address() -> None:
    """Level M, with its quiet zone; drawn once."""
    drawn = qr_svg("https://badge.example.test/v/X")
    assert "https://badge.example.test/v/X" in drawn
    assert "style=" not in drawn
    assert qr_svg("https://badge.example.test/v/X") is drawn
