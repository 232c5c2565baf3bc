"""Pictures for the report."""

from pathlib import Path

import pytest
from PIL import Image

from evidence import pictures


def test_screens(tmp_path: Path) -> None:
    """Tall pictures are cut into pages, wide ones shrunk, unreadable ones told; in name order."""
    folder = tmp_path / "data" / "screens"
    folder.mkdir(parents=True)
    Image.new("RGBA", (1400, 9000), "red").save(folder / "1-tall.png")
    Image.new("P", (40, 30)).save(folder / "2-small.png")
    (folder / "3-bad.png").write_bytes(b"no picture")
    tall, small, bad = pictures.screens_of(tmp_path)
    assert [len(shown.parts) for shown in (tall, small, bad)] == [pictures.MAX_TILES, 1, 0]
    assert [shown.whole for shown in (tall, small, bad)] == [False, True, False]
    assert tall.name == "data/screens/1-tall.png"
    assert bad.thumb == b""
    assert tall.thumb.startswith(b"\xff\xd8")


def test_the_same_bytes_are_worked_on_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second picture that equals the first has its parts under its own name; another one has its own."""
    folder = tmp_path / "data" / "screens"
    folder.mkdir(parents=True)
    for name, colour in (("1", "red"), ("2", "red"), ("3", "blue")):
        Image.new("RGB", (40, 30), colour).save(folder / f"{name}.png")
    worked: list[str] = []
    screen = pictures.screen

    def counted(path: Path, name: str) -> pictures.Screen:
        worked.append(path.name)
        return screen(path, name)

    monkeypatch.setattr(pictures, "screen", counted)
    one, two, three = pictures.screens_of(tmp_path)
    assert worked == ["1.png", "3.png"]
    assert (two.name, two.parts) == ("data/screens/2.png", one.parts)
    assert three.parts != one.parts
