"""How characters sound."""

import pytest

from identity_verify.sound import is_pinyin, near_sound, readings, same_sound, sound_of


def test_readings_have_no_tones_and_may_be_several() -> None:
    """重 is zhong and chong; what has no reading is itself."""
    assert {"zhong", "chong"} <= set(readings("重"))
    assert readings("a") == ("a",)
    assert sound_of("青禾绿a") == "qinghelva"


@pytest.mark.parametrize(
    ("left", "right", "same", "near"),
    [
        ("鸿", "宏", True, True),
        ("青", "侵", False, True),
        ("商", "桑", False, True),
        ("青", "禾", False, False),
        ("牛", "刘", False, True),
    ],
)
def test_homophones(left: str, right: str, same: bool, near: bool) -> None:  # noqa: FBT001 - columns of the table
    """Tones do not count; near sounds are told apart from same ones."""
    assert same_sound(left, right) is same
    assert near_sound(left, right) is near


def test_pinyin_is_recognised() -> None:
    """Letters that can be cut into syllables."""
    assert is_pinyin("qingheshangmao")
    assert not is_pinyin("trading")
    assert not is_pinyin("he")
