"""Every stable code is documented, with the HTTP status it gets, and no other."""

import ast
import importlib
from collections.abc import Iterator

from api.errors import STATUS_OF_CODE, status_of
from crawlers.egress.policy import REASONS
from kernel.errors import WangjianError
from tests.architecture.sources import ROOT, documented, dotted, modules, tree
from tests.architecture.tables import plain, rows

# Where the end of a code is an argument: the class, and which argument it is.
GROWING = {"QueryError": "search.query_", "CaptureError": "capture."}


def _classes() -> set[type[WangjianError]]:
    for path in modules():
        names = {node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)}
        if any(name.endswith("Error") for name in names) and path.parts[0] != "simulators":
            importlib.import_module(dotted(path))
    found: set[type[WangjianError]] = {WangjianError}
    while True:
        more = found | {inner for known in found for inner in known.__subclasses__()}
        if more == found:
            return {known for known in found if not known.__module__.startswith("tests.")}
        found = more


def _words(node: ast.Call) -> Iterator[str]:
    """Ends of codes in a call of a growing error, or of a method that makes one with a reason."""
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in GROWING and node.args and isinstance(node.args[0], ast.Constant):
        yield GROWING[name] + str(node.args[0].value)
    if name == "unexpected" and len(node.args) == 3 and isinstance(node.args[2], ast.Constant):
        yield GROWING["QueryError"] + str(node.args[2].value)


def _raised() -> set[str]:
    calls = [node for path in modules() for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return {code for call in calls for code in _words(call)}


def _of_the_protocol() -> set[str]:
    """Codes that the text of the capture worker promises."""
    path = next(path for path in modules() if path.as_posix() == "crawlers/capture/__main__.py")
    text = dict(documented(path))[dotted(path)]
    listed = text.split("Codes: ")[1].split("``")[1]
    return set(listed.split())


def _codes() -> set[str]:
    growing = _of_the_protocol() | {f"egress.refused.{reason}" for reason in REASONS}
    return {known.code for known in _classes()} | _raised() | growing


def test_every_code_is_documented_and_no_other() -> None:
    """The page on errors and the code have the same list."""
    assert {plain(row[0]) for row in rows("docs/errors.md")} == _codes()


def test_what_the_capture_worker_raises_is_in_its_protocol() -> None:
    """Callers see no code that the protocol does not promise."""
    assert {code for code in _raised() if code.startswith("capture.")} <= _of_the_protocol()


def test_status_is_the_one_that_is_answered() -> None:
    """And each row says what the code means and what to do."""
    for code, status, meaning, advice in rows("docs/errors.md"):
        assert int(status) == status_of(plain(code)), code
        assert meaning
        assert advice


def test_every_status_belongs_to_a_code() -> None:
    """No HTTP status is kept for a code that nothing raises."""
    assert set(STATUS_OF_CODE) <= _codes()


def test_a_code_belongs_to_one_class_and_its_room() -> None:
    """Two errors never share a code; the code begins with the part of the house it comes from."""
    known = sorted(_classes(), key=lambda item: item.code)
    assert len({item.code for item in known}) == len(known)
    family = {"crawlers": {"crawl", "crawlers", "egress", "capture"}}
    for item in known:
        room = item.__module__.split(".")[0]
        assert item.code.split(".")[0] in family.get(room, {room}), item


def test_errors_say_what_they_are() -> None:
    """One sentence a class: it is what the documentation is made from."""
    assert all((item.__doc__ or "").strip() for item in _classes())
    assert (ROOT / "docs" / "errors.md").is_file()
