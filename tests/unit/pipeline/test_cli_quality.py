"""The commands of data quality over a CSV and an XLSX file: exit status, rows named, kept when asked."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from exchange.quality.errors import DataSetUnknownError, QualityFileError
from kernel.config import settings
from kernel.db import Database
from kernel.models import QualityFinding, QualityRun
from kernel.schema import upgrade
from pipeline.commands import action_of, command_line

HEAD = "PriPID,EntName,UniSCID,RegState,EstDate,EntType,LeRep\n"
GOOD = "1,上海甲（测试）有限公司,91310115XX0000019T,1,2020-01-01,1100,甲某\n"
BAD = "2,上海乙（测试）有限公司,91310115XX0000018T,1,2020-01-01,1100,乙某\n"


def _run(*words: str) -> int:
    options = command_line().parse_args(("quality", *words))
    return action_of(options)(options)


def test_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 0 without a fault, 1 with one; each fault with row, field and rule."""
    file = tmp_path / "a.csv"
    file.write_text(HEAD + GOOD, "utf-8")
    assert _run("run", "registration", str(file)) == 0
    file.write_text(HEAD + GOOD + BAD, "utf-8")
    assert _run("run", "registration", str(file)) == 1
    said = capsys.readouterr().out
    assert "第 2 行" in said
    assert "DQ-REG-04" in said
    assert _run("run", "registration", str(file), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["bad_rows"]) == (2, 1)
    assert [(one["row"], one["field"], one["rule"]) for one in found["findings"]] == [(2, "UniSCID", "DQ-REG-04")]


def test_kept(tmp_path: Path) -> None:
    """With ``--keep`` findings lie with the others, of the unit that handed the file in."""
    database = Database(settings().sqlalchemy_url())
    upgrade(database)
    file = tmp_path / "a.csv"
    file.write_text(HEAD + BAD, "utf-8")
    assert _run("run", "registration", str(file), "--keep", "--unit", "310115") == 1
    with database.read() as session:
        assert session.execute(select(QualityRun.source)).scalar_one() == "a.csv"
        assert session.execute(select(QualityFinding.owner_unit)).scalar_one() == "310115"


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    """No such data set, another kind of file, no names in the first line."""
    file = tmp_path / "a.csv"
    file.write_text("a,a\n1,2\n", "utf-8")
    with pytest.raises(DataSetUnknownError):
        _run("run", "nosuch", str(file))
    with pytest.raises(QualityFileError):
        _run("run", "registration", str(file))
    with pytest.raises(QualityFileError):
        _run("run", "registration", str(tmp_path / "a.pdf"))


def test_more_than_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is counted."""
    file = tmp_path / "a.csv"
    rows = "".join(BAD.replace("2,", f"{number},", 1) for number in range(60))
    file.write_text(HEAD + rows, "utf-8")
    assert _run("run", "registration", str(file)) == 1
    assert "另有" in capsys.readouterr().out


def test_rules(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, or those of one data set."""
    assert _run("rules") == 0
    assert "DQ-PEN-01" in capsys.readouterr().out
    assert _run("rules", "lead") == 0
    assert "DQ-PEN-01" not in capsys.readouterr().out
