"""Packages opened and unpacked."""

from pathlib import Path

import pytest

from evidence.container import ContainerRefusedError
from evidence.errors import PackageError, PackageUnreadableError
from evidence.package import MAX_FOLDERS, extract, open_package
from evidence.seal import Sealed
from tests.data.evidence.forge import Bag, Entry, flip, zip_bytes


def test_reads_members(sealed: Sealed, bag: Bag) -> None:
    """Every member gives its bytes, in parts too."""
    package = open_package(sealed.path)
    assert set(package.members) == set(bag.files)
    for name, data in bag.files.items():
        assert package.read(name) == data
    with package.open("README.txt") as stream:
        assert stream.seekable()
        stream.seek(-4, 2)
        assert stream.read() == bag.files["README.txt"][-4:]
        assert stream.read(1) == b""
        stream.seek(3)
        stream.seek(2, 1)
        assert stream.read(4) == bag.files["README.txt"][5:9]


def test_read_limits(sealed: Sealed) -> None:
    """A member longer than asked for, or not there, is an error."""
    package = open_package(sealed.path)
    with pytest.raises(PackageError, match="at most 3 bytes"):
        package.read("README.txt", 3)
    with pytest.raises(PackageError, match="no such file"):
        package.read("data/nothing")


def test_extract_is_whole(sealed: Sealed, bag: Bag, tmp_path: Path) -> None:
    """Unpacking gives exactly the files; a folder opens like the package."""
    folder = extract(sealed.path, tmp_path / "out" / "bag")
    assert {name: (folder / name).read_bytes() for name in bag.files} == bag.files
    assert set(open_package(folder).members) == set(bag.files)
    assert [path.name for path in folder.parent.iterdir()] == ["bag"]
    with pytest.raises(PackageError, match="not there yet"):
        extract(sealed.path, folder)


def test_extract_leaves_nothing_of_a_damaged_package(bag: Bag, tmp_path: Path) -> None:
    """A wrong CRC-32 is found before the folder appears."""
    good = bag.zip()
    place = good.index(bag.files["data/dom.html"])
    (tmp_path / "bad.zip").write_bytes(flip(good, place))
    with pytest.raises(ContainerRefusedError):
        extract(tmp_path / "bad.zip", tmp_path / "out" / "bag")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_extract_never_leaves_its_folder(name: str, tmp_path: Path) -> None:
    """Climbing names are refused."""
    (tmp_path / "bad.zip").write_bytes(zip_bytes([Entry(name, b"x")]))
    with pytest.raises(ContainerRefusedError):
        extract(tmp_path / "bad.zip", tmp_path / "in" / "bag")
    assert not (tmp_path / "evil").exists()


def test_extract_into_a_place_that_cannot_be(sealed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file system refuses is a typed error and leaves nothing."""

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PackageError, match="input/output"):
        extract(sealed.path, tmp_path / "out" / "bag")
    assert list((tmp_path / "out").iterdir()) == []


def test_not_there(tmp_path: Path) -> None:
    """A missing file is unreadable."""
    with pytest.raises(PackageUnreadableError):
        open_package(tmp_path / "nothing.zip")


def test_folder_with_links_or_bad_names(tmp_path: Path) -> None:
    """A folder is looked at without following links."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to("/etc/passwd")
    with pytest.raises(ContainerRefusedError) as refused:
        open_package(tmp_path)
    assert refused.value.step_code == "E113"
    (tmp_path / "a" / "b").unlink()
    (tmp_path / "a" / "b c").touch()
    with pytest.raises(ContainerRefusedError) as refused:
        open_package(tmp_path)
    assert refused.value.step_code == "E111"


def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    """Deeper than any name may be: E111, no fall."""
    (tmp_path / "bag" / "/".join("d" * MAX_FOLDERS)).mkdir(parents=True)
    assert open_package(tmp_path / "bag").members == {}
    (tmp_path / "bag" / "/".join("d" * (MAX_FOLDERS + 1))).mkdir()
    with pytest.raises(ContainerRefusedError, match=str(MAX_FOLDERS)) as caught:
        open_package(tmp_path / "bag")
    assert caught.value.step_code == "E111"
