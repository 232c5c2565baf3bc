"""House rules that no linter holds: sizes, names, leftovers, two-sided excuses."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOMS, ROOT

MAX_LINES = 400
GRAB_BAGS = {"utils", "util", "common", "helpers", "helper", "misc", "tools", "shared", "lib", "stuff", "manager"}
PROTOCOLS = {
    # protocol: the two classes behind it
    # Keeps proof of control free of the network; the second side is a network on paper.
    "identity_verify/control.py:Fetcher": ("pipeline/probe.py:Probe", "tests/servers/paper_net.py:PaperNet"),
    "search/engine.py:Engine": ("search/embedded_engine.py:EmbeddedEngine", "search/elastic.py:ElasticEngine"),
    "evidence/store.py:Store": ("evidence/store_files.py:FileStore", "evidence/store_s3.py:S3Store"),
    "evidence/signer.py:SigningKey": ("evidence/signer.py:FileKey", "evidence/token_key.py:TokenKey"),
    # Keeps sealing free of the database; the second side is a log in memory, which the tamper corpus forks.
    "evidence/seal.py:Publishing": ("pipeline/publishing.py:Ledger", "tests/data/evidence/tinylog.py:TinyLog"),
    # Keeps paging free of tantivy; the second side is the list that the properties of paging run on.
    "search/paging.py:Snapshot": ("search/embedded.py:Snapshot", "tests/unit/search/test_paging.py:Column"),
    "exchange/transport.py:Transport": (
        "exchange/transport.py:HttpsTransport",
        "exchange/transport.py:LocalTransport",
    ),
    "simulators/standins/stand_in.py:StandIn": (
        "simulators/standins/stand_in.py:ThreadedServer",
        "simulators/standins/app_server.py:AppServer",
    ),
}


def _sources() -> list[Path]:
    found = []
    for room in ROOMS:
        found += [path for path in sorted((ROOT / room).rglob("*.py")) if "migrations/versions" not in path.as_posix()]
    return found


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_stay_small_and_well_named(path: Path) -> None:
    """A module has at most 400 lines, a name that says something, and no leftovers."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert path.stem not in GRAB_BAGS
    assert path.parent.name not in GRAB_BAGS
    assert not re.search(r"\b(TODO|FIXME|XXX:|HACK)\b", text)
    assert ast.get_docstring(ast.parse(text)), "a module says what it is for"


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_stand_at_the_top(path: Path) -> None:
    """No import hides in a function: it would hide an arrow of the architecture."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not hidden


def test_fixed_top_level_is_there() -> None:
    """The top level that was agreed stands."""
    for name in ("crawlers", "evidence", "identity_verify", "search", "api", "tests", "scrapy.cfg", "pyproject.toml"):
        assert (ROOT / name).exists(), name


def test_no_tls_check_is_switched_off() -> None:
    """Certificates are checked, or the exception is a recorded verdict of a capture."""
    allowed = {"crawlers/capture"}
    for path in _sources():
        where = path.relative_to(ROOT).as_posix()
        if any(where.startswith(prefix) for prefix in allowed):
            continue
        text = path.read_text(encoding="utf-8")
        assert "verify=False" not in text, where
        assert "ignore_https_errors" not in text, where


def _classes(path: Path) -> dict[str, ast.ClassDef]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}


def _is_protocol(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).startswith("Protocol") for base in node.bases)


def _methods(node: ast.ClassDef) -> set[str]:
    found = {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in found if not name.startswith("_")}


def _class_at(place: str) -> ast.ClassDef:
    where, _, name = place.partition(":")
    classes = _classes(ROOT / where) if (ROOT / where).exists() else {}
    assert name in classes, f"{place} is not there"
    return classes[name]


def test_protocols_have_two_sides() -> None:
    """A Protocol is kept only where two classes stand behind it, and the table names no other."""
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{node.name}"
        for path in _sources()
        for node in _classes(path).values()
        if _is_protocol(node)
    }
    assert found == set(PROTOCOLS)


@pytest.mark.parametrize("place", sorted(PROTOCOLS))
def test_both_sides_of_a_protocol_have_its_methods(place: str) -> None:
    """The two classes that the table names are there, apart from one another, and do what it asks."""
    sides = PROTOCOLS[place]
    assert len(set(sides)) == 2
    wanted = _methods(_class_at(place))
    for side in sides:
        assert wanted <= _methods(_class_at(side)), side


def test_secrets_are_not_in_the_tree() -> None:
    """No private key lies in the repository."""
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in {".git", ".venv", "var"} or not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        assert b"PRIVATE KEY-----\n" not in path.read_bytes(), path
