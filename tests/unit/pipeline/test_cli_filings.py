"""Commands about ICP filings."""

from pathlib import Path

import pytest

from identity_verify.errors import FilingTableError
from pipeline.commands import action_of, command_line
from pipeline.errors import FilesError

TABLE = "number,holder_code,domains\n沪ICP备2026000001号-1,91310115XX0000019T,qinghe.example\n坏的,x,y\n"


def _run(*words: str) -> int:
    options = command_line().parse_args(words)
    return action_of(options)(options)


def test_a_table_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was taken is counted, what was not is named with its line; again changes nothing."""
    path = tmp_path / "filings.csv"
    path.write_text(TABLE, encoding="utf-8")
    assert _run("filings", "import", str(path)) == 0
    assert "taken 1" in capsys.readouterr().out
    assert _run("filings", "import", str(path)) == 0
    out = capsys.readouterr().out
    assert "unchanged 1" in out
    assert "line 3" in out


def test_what_is_no_table(tmp_path: Path) -> None:
    """Refused with the columns it needs; a file that is not there; a table without one good line."""
    with pytest.raises(FilesError):
        _run("filings", "import", str(tmp_path / "none.csv"))
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FilingTableError):
        _run("filings", "import", str(path))
    path.write_text("number,holder_code\nbad,x\n", encoding="utf-8")
    assert _run("filings", "import", str(path)) == 1
