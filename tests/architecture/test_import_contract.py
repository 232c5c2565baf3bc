"""The import contract holds, and it bites: planted violations are found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "crawlers", "evidence", "identity_verify", "search", "supervision", "exchange", "pipeline", "api")
PLANTED = {
    "upward": ("kernel/planted.py", "import evidence.errors\n"),
    "sideways": ("search/planted.py", "import crawlers.errors\n"),
    "browser": ("pipeline/planted.py", "import playwright.sync_api\n"),
    "capture": ("pipeline/planted.py", "import crawlers.capture.errors\n"),
    "impure extraction": ("crawlers/platforms/generic/planted.py", "import sqlalchemy\n"),
    "driver": ("supervision/planted.py", "import redis\n"),
    "web framework": ("pipeline/planted.py", "import fastapi\n"),
    "sql in a route": ("api/routes/planted.py", "import sqlalchemy\n"),
    "hidden in a function": ("evidence/planted.py", "def f():\n    import search.errors\n"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def _copy(folder: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def test_the_contract_holds() -> None:
    """The tree as it is keeps every contract."""
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(name: str, tmp_path: Path) -> None:
    """Each kind of forbidden import breaks the gate."""
    _copy(tmp_path)
    path, text = PLANTED[name]
    (tmp_path / path).write_text(f'"""Planted."""\n\n{text}')
    result = _lint(tmp_path)
    assert result.returncode == 1, result.stdout[-2000:]
    assert "planted" in result.stdout
