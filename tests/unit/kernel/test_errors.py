"""Errors carry code, message, hint and context, and codes are unique in the house."""

import importlib
from pathlib import Path

from kernel.errors import WangjianError

ROOT = Path(__file__).resolve().parents[3]


def test_an_error_as_values() -> None:
    """The parts come out as JSON-ready values."""
    error = WangjianError("expected a, got b", hint="do c", context={"n": 1})
    assert error.as_dict() == {
        "code": "kernel.error",
        "message": "expected a, got b",
        "hint": "do c",
        "context": {"n": 1},
    }


def test_codes_are_unique() -> None:
    """No two classes of the house share a stable code by accident."""
    for path in ROOT.glob("*/errors.py"):
        importlib.import_module(f"{path.parent.name}.errors")
    seen: dict[str, str] = {}
    pending = list(WangjianError.__subclasses__())
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if "code" in vars(kind):
            assert seen.setdefault(kind.code, kind.__name__) == kind.__name__, kind.code
