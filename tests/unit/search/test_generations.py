"""The alias file and the locks."""

from pathlib import Path

import pytest

from search.errors import SearchUnavailableError, WriterBusyError
from search.generations import Alias, FileLock, Generations, is_current


def test_the_alias_is_replaced_in_one_step(tmp_path: Path) -> None:
    """Nothing at first, then what was written last; no half file is left."""
    generations = Generations(tmp_path / "index")
    assert generations.read() == Alias()
    assert generations.names() == []
    with generations.changing(1) as alias:
        assert alias.targets() == ()
        generations.write(Alias("a", "b"))
    assert generations.read().targets() == ("a", "b")
    assert {path.name for path in generations.root.iterdir()} == {"alias.json", "alias.lock"}


@pytest.mark.parametrize("content", ["", "[]", '{"live": "a"}', "\x00"])
def test_a_damaged_alias_is_said(tmp_path: Path, content: str) -> None:
    """And not taken for an empty index."""
    (tmp_path / "alias.json").write_text(content)
    with pytest.raises(SearchUnavailableError):
        Generations(tmp_path).read()


def test_names_are_never_used_twice(tmp_path: Path) -> None:
    """The number rises; the version leads."""
    generations = Generations(tmp_path)
    first = generations.new_name()
    generations.path(first).mkdir()
    second = generations.new_name()
    assert first < second
    assert is_current(second)
    assert not is_current("00000000-000001")
    generations.remove(first)
    assert generations.names() == []


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    """The other waits, then is told; after release it gets the lock."""
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    one.acquire(0)
    with pytest.raises(WriterBusyError):
        other.acquire(0.05)
    one.release()
    one.release()
    other.acquire(0)
    other.release()
