"""The words of the interface."""

import re
from pathlib import Path

import pytest

from api.ui.catalogue import load, messages, text, word
from api.ui.rendering import HERE
from exchange.connectors.errors import LinkedError
from exchange.errors import ExchangeError
from exchange.offline.errors import OfflineError
from kernel.errors import WangjianError

TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
LITERAL_KEY = re.compile(r"""\b(?:t|empty)\('([a-z0-9_.]*[a-z0-9_])'""")
JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)
MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
# Texts that are the same in every language: marks, units, names of forms and standards.
SAME_EVERYWHERE = {"url,name,platform,reason", "openapi.json", "№", "g", "v"}


def _used() -> set[str]:
    """Keys that templates and views name, also those put together from a few known parts."""
    used = set()
    for path in TEMPLATES:
        source = path.read_text(encoding="utf-8")
        used |= set(LITERAL_KEY.findall(source))
        for prefix, rest in re.findall(r"""\bt\('([a-z_.]+\.)' \+ (\w+)""", source):
            used |= {key for key in messages() if key.startswith(prefix)}
            assert rest
    views = "".join(path.read_text(encoding="utf-8") for path in (HERE / "views").glob("*.py"))
    used |= set(re.findall(r'text\(language_of\(request\), "([a-z_.]+)"', views))
    overview = (HERE / "templates" / "overview.html").read_text(encoding="utf-8")
    return used | set(re.findall(r"'(overview\.[a-z_]+)'", overview))


def test_each_key_is_used_and_each_used_key_is_there() -> None:
    """Two-sided: no text is missing and none is left over (words name stored values and may wait for them)."""
    known = {key for key in messages() if not key.startswith("word.")}
    assert _used() - known == set()
    assert known - _used() == set()


def test_both_languages_have_the_same_places() -> None:
    """``{count}`` in one is ``{count}`` in the other, and Chinese is Chinese."""
    for key, (zh, en) in messages().items():
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key
        if key != "app.other_language":
            assert not re.search(r"[\u4e00-\u9fff]", en), (key, en)


def _codes(base: type[WangjianError]) -> set[str]:
    return {base.code}.union(*(_codes(child) for child in base.__subclasses__()))


def test_every_error_of_the_exchange_has_a_sentence() -> None:
    """In receipts, dead letters, notices and packages no officer reads a code alone."""
    wanted = _codes(ExchangeError) | _codes(OfflineError) | _codes(LinkedError)
    known = {key.removeprefix("word.problem.") for key in messages() if key.startswith("word.problem.exchange.")}
    assert wanted - known == {OfflineError.code}, "raised where a package is made by a command, on no page"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_raw_text(path: Path) -> None:
    """Every word comes from the catalogue."""
    bare = MARKUP.sub(" ", JINJA.sub(" ", path.read_text(encoding="utf-8")))
    words = {token for token in bare.split() if re.search(r"[A-Za-z\u4e00-\u9fff]", token)}
    assert words <= SAME_EVERYWHERE, words


def test_texts_are_filled_and_unknown_values_shown_as_they_are() -> None:
    """Both languages by one key; a state nobody named is not hidden."""
    assert text("zh", "audit.broken", seq=3) == "链在第 3 条断开。"
    assert text("en", "audit.broken", seq=3) == "The chain breaks at entry 3."
    assert word("zh", "job", "done") == "完成"
    assert word("en", "job", "unheard-of") == "unheard-of"
    with pytest.raises(KeyError):
        text("zh", "no.such")


def test_a_leaf_is_a_pair(tmp_path: Path) -> None:
    """A missing translation is found when the file is read."""
    file = tmp_path / "m.yml"
    file.write_text("a: {on: [是, yes], b: [一]}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.b"):
        load(file)
    file.write_text("a: {on: [是, yes], on: [开, on]}", encoding="utf-8")
    with pytest.raises(ValueError, match="'on' twice"):
        load(file)
    file.write_text("a: {on: [是, yes]}", encoding="utf-8")
    assert load(file) == {"a.on": ("是", "yes")}
