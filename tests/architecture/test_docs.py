"""Documents say what is there: each list is held against the code, both ways."""

import argparse
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from evidence import verdict
from kernel.config import ROOT as CODE_ROOT
from kernel.config import Settings
from pipeline.commands import command_line
from tests.architecture.excused import covering
from tests.architecture.sources import ROOT, clauses, documented, dotted, mirror_of, modules, path_of, places
from tests.architecture.tables import ANY_BLOCK, commands, documents, links, plain, rows, spans, text_of

CATALOGUE = ROOT / "supervision" / "rules" / "catalogue"
LAW = "## 法律与规定"
ARTICLES = "## 规则引用的法条"
TAGS = {"V", "S", "M"}
MAX_WIDTH = 120


def _tests_of(module: Path) -> set[Path]:
    return {mirror_of(module)} | ({covering()[module]} if module in covering() else set())


# --- standards ------------------------------------------------------------------------------------------


def _standards() -> list[tuple[str, str, str]]:
    """Clause, place and test of every row but those of the rule catalogue."""
    articles = set(rows("docs/standards.md", ARTICLES))
    cells = [row for row in rows("docs/standards.md") if row not in articles]
    return [(plain(row[0]), plain(row[-2]), plain(row[-1])) for row in cells]


def test_every_spec_line_has_its_row() -> None:
    """Word for word, at its place; the message is the row that is missing."""
    listed = {(clause, place) for clause, place, _ in _standards()}
    missing = [f"| {clause} | `{place}` | … |" for clause, place in sorted(clauses() - listed)]
    assert not missing, "\n".join(missing)


def test_every_standards_row_is_true() -> None:
    """The place is there and, where its docstring has a ``Spec:``, says this; the test is the module's own."""
    speaking = {place for _, place in clauses()}
    for clause, place, test in _standards():
        assert place in places(), place
        assert place not in speaking or (clause, place) in clauses(), f"{place} does not say: {clause}"
        module = path_of(place.partition(":")[0])
        assert module is not None
        wanted = {path.as_posix() if path != mirror_of(module) else path.name for path in _tests_of(module)}
        assert test in wanted, f"{place}: {test} is none of {wanted}"
        assert any((ROOT / path).is_file() for path in _tests_of(module))


def test_law_carries_its_confidence() -> None:
    """Every row of law says how well the text is known."""
    found = rows("docs/standards.md", LAW)
    assert found
    assert {row[1] for row in found} <= TAGS


def test_articles_are_those_of_the_rules() -> None:
    """Act, article and confidence as the rule files have them, and no other."""
    said = {row[:4] for row in rows("docs/standards.md", ARTICLES)}
    known = set()
    for path in CATALOGUE.glob("*.yml"):
        rule = yaml.safe_load(path.read_text(encoding="utf-8"))
        known |= {
            (rule["id"], item["act"], item["article"], item["confidence"])
            for part in ("law", "penalty")
            for item in rule[part]
        }
    assert said == known
    for row in rows("docs/standards.md", ARTICLES):
        assert list((ROOT / "tests" / "unit" / "supervision").rglob(plain(row[4]))), row


# --- words and places -----------------------------------------------------------------------------------


def test_glossary_modules_are_there() -> None:
    """Each word has a home, and each room has words."""
    found = rows("docs/glossary.md")
    homes = [plain(row[2]) for row in found]
    assert not [home for home in homes if path_of(home) is None]
    assert len({row[0] for row in found}) == len(found), "one word, one row"
    built = {path.parts[0] for path in modules() if path.name != "__init__.py"}
    assert {home.split(".")[0] for home in homes} == built


def test_where_is_paths_are_there() -> None:
    """Whatever a row names can be opened; it names a place and a test."""
    for row in rows("docs/where-is.md"):
        looks, tests = spans(row[1]), spans(row[2])
        assert looks or "](" in row[1], row
        assert tests, row
        for path in (*looks, *tests):
            assert (ROOT / path).exists(), path
            assert (ROOT / path).is_dir() == path.endswith("/"), path


def test_where_is_names_every_module() -> None:
    """Itself, or a folder it lies in; a whole room only while that room is empty."""
    looks = {path for row in rows("docs/where-is.md") for path in spans(row[1])}
    rooms = {path for path in looks if path.count("/") == 1 and path.endswith("/")}
    filled = {f"{path.parts[0]}/" for path in modules() if path.name != "__init__.py"}
    assert not rooms & filled
    folders = tuple(path for path in looks if path.endswith("/"))
    lost = [
        path.as_posix()
        for path in modules()
        if path.name not in {"__init__.py", "__main__.py", "errors.py"}
        and path.as_posix() not in looks
        and not path.as_posix().startswith(folders)
    ]
    assert not lost


# --- settings, commands, rules, codes ---------------------------------------------------------------------


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if isinstance(value, Path):
        return value.relative_to(CODE_ROOT).as_posix()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value) or "(empty)"
    text = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
    return text or "(empty)"


def test_settings_are_those_of_the_code() -> None:
    """Every setting, no other, with its default."""
    said = {plain(row[0]): plain(row[1]) for row in rows("docs/settings.md")}
    known = {f"WANGJIAN_{name.upper()}": _default(name) for name in Settings.model_fields}
    assert said.keys() == known.keys()
    elsewhere = "see kernel/config.py"
    assert {name: known[name] if value == elsewhere else value for name, value in said.items()} == known


def test_settings_are_described_in_the_code() -> None:
    """The docstring of the settings names each of them."""
    text = Settings.__doc__ or ""
    assert not [name for name in Settings.model_fields if name not in text]


def test_variables_in_documents_are_settings() -> None:
    """No document names a variable that nothing reads."""
    known = {f"WANGJIAN_{name.upper()}" for name in Settings.model_fields}
    for path in documents():
        for span in spans(text_of(path)):
            name = span.partition("=")[0]
            assert not (name.startswith("WANGJIAN_") and name.isascii() and name.isupper()) or name in known, (
                f"{path}: {name}"
            )


def _commands(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
    options: set[str] = set()
    inner: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            inner |= action.choices
        elif not isinstance(action, argparse._HelpAction):
            options.add(action.option_strings[-1] if action.option_strings else action.dest)
    if options or not inner:
        yield " ".join(words), frozenset(options)
    for name, sub in inner.items():
        yield from _commands(sub, (*words, name))


def test_commands_are_those_of_the_program() -> None:
    """Every command with every option, and no other."""
    said = {
        plain(row[0]): frozenset(spans(row[1]))
        for row in rows("docs/commands.md")
        if plain(row[0]).startswith("wangjian")
    }
    assert said == dict(_commands(command_line(), ("wangjian",)))


def test_other_processes_are_there() -> None:
    """Every ``python -m`` of ours that can be started."""
    said = {plain(row[0]) for row in rows("docs/commands.md") if plain(row[0]).startswith("python")}
    known = {
        f"python -m {dotted(path).removesuffix('.__main__')}"
        for path in modules()
        if '\nif __name__ == "__main__":' in (ROOT / path).read_text(encoding="utf-8")
    }
    assert said == known - {"python -m pipeline"}


def test_commands_shown_in_documents_are_understood() -> None:
    """Each command line in a document gets past the program's own parser, each make target is there."""
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = [(path, line) for path, line in commands() if "wangjian --help" not in line]
    assert len(shown) > 10
    for path, line in shown:
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert f"\n{words[1]}:" in targets, f"{path}: {line}"
            continue
        if words[1:] and not words[1].startswith("-"):
            _understood(words[1:], f"{path}: {line}")


def _understood(words: list[str], where: str) -> None:
    """A command may be named without its arguments; what is given has to be right."""
    known = {
        name.removeprefix("wangjian ").strip(): options for name, options in _commands(command_line(), ("wangjian",))
    }
    name = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in known), "")
    assert name, where
    rest = words[len(name.split()) :]
    assert {word for word in rest if word.startswith("--")} <= known[name], where
    if len(rest) > 1 or any(word.startswith("--") for word in rest):
        command_line().parse_args(words)


def test_rules_are_those_of_the_catalogue() -> None:
    """Every rule with its title and the kind of its detector."""
    said = {row[0]: plain(row[2]) for row in rows("docs/rules.md", "## Which rules there are")}
    known = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["detector"]["kind"]
        for path in CATALOGUE.glob("*.yml")
    }
    assert said == known


def test_steps_and_codes_are_those_of_the_verifier() -> None:
    """Both tables of steps, and each code with its sentences."""
    codes = verdict.codes()
    said = {row[0]: row[1:] for row in rows("docs/evidence.md", "## 代码 Codes")}
    assert said == {code: (text.zh, text.en, text.next_zh) for code, text in codes.items()}
    steps = rows("docs/evidence.md", "## 每一步证明什么")
    names = list(verdict.titles())
    assert [plain(row[0]) for row in steps] == [*names, *names]
    assert [row[1:] for row in steps[: len(names)]] == list(verdict.titles().values())


def test_documented_errors_have_homes() -> None:
    """The page on errors has a part for each room that has errors of its own."""
    owners = {place.split(".")[0] for path in modules() if path.stem == "errors" for place, _ in documented(path)}
    parts = text_of("docs/errors.md").split("\n## ")[1:]
    heads = {word.strip(",") for part in parts for word in part.splitlines()[0].split()}
    assert owners <= heads


# --- form -------------------------------------------------------------------------------------------------


def test_links_lead_somewhere() -> None:
    """Every relative link and picture is there."""
    broken = [
        f"{path}: {target}" for path, target in links() if not (ROOT / path.parent / target.split("#")[0]).exists()
    ]
    assert not broken


@pytest.mark.parametrize("path", documents(), ids=Path.as_posix)
def test_lines_are_short(path: Path) -> None:
    """At most 120 characters, but for rows of tables and code."""
    long = [
        number
        for number, line in enumerate(ANY_BLOCK.sub("", text_of(path)).splitlines(), 1)
        if len(line) > MAX_WIDTH and not line.startswith("|")
    ]
    assert not long


def test_make_targets_use_files_that_are_there() -> None:
    """The shell scripts that make and CI start are there and parse."""
    shell = shutil.which("sh")
    assert shell
    for script in sorted((ROOT / "deploy").glob("*.sh")):
        assert subprocess.run([shell, "-n", script], check=False).returncode == 0
        assert script.name in (ROOT / "Makefile").read_text(encoding="utf-8")
