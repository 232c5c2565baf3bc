"""How characters sound."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from identity_verify.sound import is_pinyin, near_sound, readings, same_sound, sound_of


def test_readings_have_no_tones_and_may_be_several() -> None:
    """重 is zhong and chong; what has no reading is itself."""
    assert {"zhong", "chong"} <= set(readings("重"))
    assert readings("a") == ("a",)
    assert sound_of("青禾绿a") == "qinghelva"


def test_every_character_of_the_list_has_its_readings() -> None:
    """None is left out, also beyond the basic plane; nor is anything made up."""
    package = find_spec("pypinyin")
    assert package is not None
    listed = json.loads(Path(str(package.origin)).with_name("pinyin_dict.json").read_text("utf-8"))
    known = {code for code in range(0x40000) if readings(chr(code)) != (chr(code),)}
    assert known == {int(code) for code in listed}
    assert all(len(readings(chr(int(code)))) <= len(toned.split(",")) for code, toned in listed.items())


def test_the_package_itself_is_not_loaded() -> None:
    """Only its list is read."""
    asked = "import sys; from identity_verify.sound import readings as r; print(r('行')[0], 'pypinyin' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == ["xing", "False"]


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
