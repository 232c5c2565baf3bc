"""What the capture's own records state, held against what the seal says of the capture.

Whoever seals writes ``meta/seal.json``, and verdicts rest on it: when, what, whether whole. The records of the capture
are signed by its node. A key of the seal without one of the node must not be able to tell another capture.

The records are read sign by sign rather than as JSON, so that the shell reads the same: texts by the names that lead to
them, as they are written. A name that is there twice states nothing.
"""

import re
from collections.abc import Collection, Mapping

from evidence import manifest
from kernel.crypto import canonical_json

TOKEN = re.compile(rb'"(?P<text>(?:[^"\\]|\\.)*)(?P<end>"?)|[{}\[\]:,]', re.DOTALL)
MAX_DEPTH = 64

Path = tuple[bytes, ...]

RECORDED: dict[str, tuple[str, Path]] = {
    "captured_from": (manifest.CAPTURE, (b"started_at",)),
    "captured_to": (manifest.CAPTURE, (b"ended_at",)),
    "completeness": (manifest.COMPLETENESS, (b"verdict",)),
    "evidence_id": (manifest.CAPTURE, (b"id",)),
    "origin_tls": (manifest.CAPTURE, (b"main_document", b"tls_verdict", b"state")),
    "url": (manifest.CAPTURE, (b"requested_url",)),
}
"""Facts of the seal, each with the record that states it and the names that lead to it."""
# The capture's word for the origin's certificate, and ours.
TLS_WORDS = {"valid": "good", "invalid": "bad", "none": "none", "NOT_CHECKED": "unknown"}


class _Reader:
    """Reads one record; ``found`` has the texts by path."""

    def __init__(self, wanted: Collection[Path]) -> None:
        self.found: dict[Path, list[bytes]] = {path: [] for path in wanted}
        # Of each object or list that is open the name read last; a list has none.
        self._names: list[bytes | None] = []
        self._named = False

    def take(self, sign: bytes, text: bytes) -> None:
        """One sign: a text in quotation marks, a bracket, a colon or a comma."""
        if sign.startswith(b'"'):
            self._text(text)
        elif sign in {b"{", b"["}:
            self._names.append(b"" if sign == b"{" else None)
            self._named = False
        elif sign in {b"}", b"]"}:
            del self._names[-1:]
            self._named = False
        else:
            self._named = sign == b":"

    def _text(self, text: bytes) -> None:
        if not self._names:
            return
        if self._named or self._names[-1] is None:
            path = tuple(b"" if name is None else name for name in self._names)
            if path in self.found:
                self.found[path].append(text)
        else:
            self._names[-1] = text

    def deep(self) -> bool:
        """Whether more is open than a record has."""
        return len(self._names) > MAX_DEPTH


def texts(record: bytes, wanted: Collection[Path]) -> dict[Path, list[bytes]]:
    """Texts of a record by the names that lead to them, as they are written; none beyond what cannot be read."""
    reader = _Reader(wanted)
    for match in TOKEN.finditer(record):
        sign = match[0]
        if (sign.startswith(b'"') and not match["end"]) or reader.deep():
            break
        reader.take(sign, match["text"] or b"")
    return reader.found


def written(text: str) -> bytes:
    """A text as canonical JSON writes it, without the marks around it."""
    return canonical_json(text)[1:-1]


def contradictions(facts: Mapping[str, str], records: Mapping[str, bytes]) -> list[str]:
    """Facts of the seal that the records of the capture do not state.

    Args:
        facts: of the seal. records: by name; what is withheld is not there, and not judged.

    Returns:
        their keys, sorted.
    """
    wanted = [path for _, path in RECORDED.values()]
    found = {name: texts(record, wanted) for name, record in records.items()}
    wrong = []
    for key, (name, path) in RECORDED.items():
        if key in facts and name in found:
            stated = found[name][path]
            if key == "origin_tls":
                stated = [TLS_WORDS.get(text.decode("latin-1"), "?").encode() for text in stated]
            if stated != [written(facts[key])]:
                wrong.append(key)
    return wrong
