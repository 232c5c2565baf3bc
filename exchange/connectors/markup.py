"""XML of others, read as a stream of elements: no document type, no entities, no depth without end."""

from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.parsers import expat

from exchange.connectors.errors import DropFileError

MAX_DEPTH = 12
MAX_TEXT = 100_000
CHUNK = 1 << 16
RECORD_DEPTH = 2
End = Callable[[tuple[str, ...], dict[str, str], str], None]
"""Called at the end of each element: its path of local names, its attributes, its text."""


def elements(stream: IO[bytes], name: str, end: End) -> None:
    """Walk through a document.

    Spec: XML 1.0 5.1 (non-validating processor); OWASP ASVS 5.0 1.5 (no external entities, no expansion).

    Raises:
        DropFileError: not well formed, a document type or an entity in it, too deep, an element's text too long.
    """
    walker = _Walker(name, end)
    try:
        while chunk := stream.read(CHUNK):
            walker.parser.Parse(chunk, False)  # noqa: FBT003 - expat's own form
        walker.parser.Parse(b"", True)  # noqa: FBT003 - expat's own form
    except expat.ExpatError as error:
        raise DropFileError(f"expected well-formed XML in {name}, got: {error}", hint=_HINT) from error


_HINT = "请对方重新导出 Ask for the file again."


class _Walker:
    def __init__(self, name: str, end: End) -> None:
        self._name, self._end = name, end
        self._path: list[str] = []
        self._attributes: list[dict[str, str]] = []
        self._texts: list[list[str]] = []
        self._length = 0  # of the text since the last tag; counted, for summing up each time would take for ever
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._stop
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise DropFileError(f"expected at most {MAX_DEPTH} levels in {self._name}, got more", hint=_HINT)
        self._path.append(tag.rpartition("}")[2])
        self._attributes.append({key.rpartition("}")[2]: value for key, value in attributes.items()})
        self._texts.append([])
        self._length = 0

    def _stop(self, tag: str) -> None:
        del tag
        text = "".join(self._texts.pop())
        self._length = 0
        self._end(tuple(self._path), self._attributes.pop(), text)
        self._path.pop()

    def _text(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)
            self._length += len(text)
            if self._length > MAX_TEXT:
                raise DropFileError(f"expected short values in {self._name}, got a very long one", hint=_HINT)

    def _refuse(self, *what: object) -> None:
        raise DropFileError(f"expected plain XML in {self._name}, got an entity: {what[0]!r}", hint=_HINT)


def records(path: Path) -> list[dict[str, str]]:
    """``<records><record><Field>value</Field>…</record>…</records>`` as rows; other names may stand for the first two.

    Spec: GS/T 4-2006 (elements named after the data items; as far as known from second hand).

    Raises:
        DropFileError: as ``elements``; an element twice in a record.
    """
    found: list[dict[str, str]] = []
    current: dict[str, str] = {}

    def end(names: tuple[str, ...], attributes: dict[str, str], text: str) -> None:
        nonlocal current
        del attributes
        if len(names) == RECORD_DEPTH + 1:
            if names[-1] in current:
                raise DropFileError(f"expected each field once in {path.name}, got {names[-1]!r} twice", hint=_HINT)
            current[names[-1]] = text.strip()
        elif len(names) == RECORD_DEPTH:
            found.append(current)
            current = {}

    with path.open("rb") as stream:
        elements(stream, path.name, end)
    return found
