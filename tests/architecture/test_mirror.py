"""Each module has a test file in the place that mirrors it, or an excuse that names the test that covers it."""

from pathlib import Path

import pytest

from tests.architecture.excused import ACROSS, GROUPS, covering
from tests.architecture.sources import ROOT, mirror_of, modules, tree

BY_RULE = {"__init__", "__main__", "errors"}


def _own(path: Path) -> bool:
    return (ROOT / mirror_of(path)).is_file()


@pytest.mark.parametrize("path", [path for path in modules() if path.stem not in BY_RULE], ids=Path.as_posix)
def test_a_module_has_a_test_or_an_excuse(path: Path) -> None:
    """Not both: an excuse that is no longer needed has to go."""
    assert _own(path) != (path in covering()), f"{mirror_of(path)} or a line in tests/architecture/excused.py, not both"


def test_packages_hold_no_code_that_escapes_the_rule() -> None:
    """An ``__init__`` that decides something would need a test: it may only name, import and gather."""
    deciding = [
        path.as_posix()
        for path in modules()
        if path.stem == "__init__" and any(hasattr(node, "body") for node in tree(path).body)
    ]
    assert not deciding


def test_every_excuse_is_for_a_module_that_is_there() -> None:
    """Once, with a reason, and with a test that tests."""
    named = [module for _, _, group in GROUPS for module in group]
    assert len(named) == len(set(named))
    assert {Path(module) for module in named} <= set(modules())
    for test, reason, _ in GROUPS:
        assert len(reason) > 20
        assert "\ndef test_" in (ROOT / test).read_text(encoding="utf-8"), test


def test_every_unit_test_mirrors_something() -> None:
    """A unit test lies beside its module's place, covers an excused module, or says what it lies across."""
    mirrors = {mirror_of(path) for path in modules()} | set(covering().values())
    across = {Path(test) for test in ACROSS}
    found = {path.relative_to(ROOT) for path in (ROOT / "tests" / "unit").rglob("test_*.py")}
    assert found - mirrors == across
