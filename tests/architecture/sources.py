"""The product's modules, their tests, and the clauses their docstrings name."""

import ast
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "kernel",
    "crawlers",
    "evidence",
    "identity_verify",
    "search",
    "supervision",
    "exchange",
    "pipeline",
    "api",
    "simulators",
)
SPEC = re.compile(r"Spec:\s*(.+?)(?:\.(?=\s|$)|\n\s*\n|$)", re.DOTALL)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=1)
def modules() -> tuple[Path, ...]:
    """Every module of every room, relative to the root; migrations are data and are left out."""
    found = [path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple(path for path in found if "migrations" not in path.parts)


def dotted(path: Path) -> str:
    """``kernel/clock.py`` as ``kernel.clock``."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def path_of(name: str) -> Path | None:
    """The file of a module or package, relative to the root, or None when there is none."""
    base = Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if (ROOT / path).is_file():
            return path
    return None


def mirror_of(path: Path) -> Path:
    """Where the test of a module belongs: ``tests/unit/<its folder>/test_<its name>.py``."""
    return Path("tests", "unit", path.parent, f"test_{path.stem.strip('_')}.py")


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def documented(path: Path) -> Iterator[tuple[str, str]]:
    """Place (``module`` or ``module:qualified.name``) and docstring of all that a module documents."""

    def walk(node: Documented, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        place = dotted(path) + (":" + ".".join(names) if names else "")
        yield place, ast.get_docstring(node) or ""
        for inner in node.body:
            if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk(inner, (*names, inner.name))

    return walk(tree(path), ())


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """Every module, class and function of the product."""
    return frozenset(place for path in modules() for place, _ in documented(path))


@lru_cache(maxsize=1)
def clauses() -> frozenset[tuple[str, str]]:
    """Clause and place of every ``Spec:`` line; a clause is the line up to its full stop."""
    return frozenset(
        (" ".join(match[1].replace("`", "").split()).rstrip("."), place)
        for path in modules()
        for place, text in documented(path)
        for match in SPEC.finditer(text)
    )
