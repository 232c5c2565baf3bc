"""Pictures for the report."""

from pathlib import Path

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
