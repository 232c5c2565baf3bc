"""Schemas of payloads by type and version, and the rule for changing them.

A file ``schemas/<TYPE>/<major.minor>.json`` is a JSON Schema (2020-12). A property with ``"x-personal": true``
is personal data: it travels sealed. A minor version may only add optional fields; two majors may live side by side.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from exchange.errors import SchemaChangeError, SchemaError, SchemaUnknownError

FOLDER = Path(__file__).with_name("schemas")
MAX_ROWS = 100
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")
_ROW = re.compile(r"/rows/(\d+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong.

    Attributes:
        row: number in ``rows`` from 0, or -1 where the payload has none or it is about the whole.
        field: JSON pointer. rule: keyword of the schema, or id of a rule. message: what was expected.
    """

    row: int
    field: str
    rule: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """As it stands in a receipt."""
        return {"row": self.row, "field": self.field, "rule": self.rule, "message": self.message}


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema.

    Attributes:
        personal: JSON pointers of personal data; ``*`` stands for every item of a list.
    """

    type: str
    version: str
    document: Mapping[str, Any]
    personal: tuple[str, ...]
    validator: Any

    def errors(self, payload: Mapping[str, Any]) -> list[RowError]:
        """What does not fit, at most a hundred. Values are not repeated: they may be personal."""
        if self.validator.is_valid(payload):
            return []
        found: list[RowError] = []
        for error in self.validator.iter_errors(payload):
            found.append(_row_error(error))
            if len(found) == MAX_ROWS:
                break
        return found


def _row_error(error: ValidationError) -> RowError:
    pointer = "".join(f"/{part}" for part in error.instance_path)
    row = _ROW.match(pointer)
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    if keyword == "required":
        pointer += f"/{getattr(error.kind, 'property', '')}"
        return RowError(int(row.group(1)) if row else -1, pointer, keyword, "expected a value, got none")
    return RowError(int(row.group(1)) if row else -1, pointer, keyword, f"expected what {keyword} asks for")


def version_of(text: str) -> tuple[int, int]:
    """``1.2`` as (1, 2).

    Raises:
        SchemaUnknownError: not of that form.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise SchemaUnknownError(f"expected a version like 1.0, got {text[:20]!r}")
    return int(match.group(1)), int(match.group(2))


def _personal(document: Mapping[str, Any], at: str = "") -> Iterator[str]:
    if document.get("x-personal"):
        yield at
    for name, inner in document.get("properties", {}).items():
        yield from _personal(inner, f"{at}/{name}")
    if isinstance(document.get("items"), dict):
        yield from _personal(document["items"], f"{at}/*")


def make_schema(kind: str, version: str, document: Mapping[str, Any]) -> Schema:
    """A schema from its document. Raises: SchemaUnknownError for a version of another form."""
    version_of(version)
    validator = Draft202012Validator(dict(document), validate_formats=True)
    return Schema(kind, version, document, tuple(_personal(document)), validator)


@lru_cache(maxsize=1)
def schemas() -> Mapping[tuple[str, str], Schema]:
    """All schemas of this installation."""
    found = {}
    for path in sorted(FOLDER.glob("*/*.json")):
        document = json.loads(path.read_text("utf-8"))
        found[path.parent.name, path.stem] = make_schema(path.parent.name, path.stem, document)
    return found


def schema(kind: str, version: str) -> Schema:
    """The schema of a type and version.

    Raises:
        SchemaUnknownError: none; the message names those that are known.
    """
    found = schemas().get((kind, version))
    if found is None:
        known = sorted((item for name, item in schemas() if name == kind), key=version_of)
        raise SchemaUnknownError(
            f"expected {kind} in one of the versions {', '.join(known) or 'none'}, got {version[:20]!r}",
            hint="Send a version that both sides know; the newest are in exchange/schemas.",
        )
    return found


def validate(kind: str, version: str, payload: Mapping[str, Any]) -> None:
    """Check a payload in plain text.

    Raises:
        SchemaUnknownError: no such schema. SchemaError: it does not fit; ``context["rows"]`` says where.
    """
    errors = schema(kind, version).errors(payload)
    if errors:
        places = ", ".join(dict.fromkeys(f"{error.field or '/'} ({error.rule})" for error in errors[:5]))
        raise SchemaError(
            f"expected a payload that fits {kind}@{version}, got {len(errors)} faults: {places}",
            hint="改正所列各项后以新的版本号重发 Mend the listed fields and send a new version.",
            context={"rows": [error.as_json() for error in errors]},
        )


_FIXED = ("type", "pattern", "format", "const", "$ref", "x-personal")
_LIMITS = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1, "minimum": 1, "minItems": 1}


def check_compatible(older: Mapping[str, Any], newer: Mapping[str, Any], at: str = "") -> None:
    """Require that whatever fits the older schema fits the newer one of the same major version.

    Raises:
        SchemaChangeError: a field went away, became needed, or takes less than before.
    """
    place = at or "/"
    for word in _FIXED:
        if word in newer and newer.get(word) != older.get(word):
            raise SchemaChangeError(f"expected {word} of {place} to stay, got another: that is a new major version")
    _check_limits(older, newer, place)
    if set(newer.get("required", ())) - set(older.get("required", ())):
        raise SchemaChangeError(f"expected no new needed field in {place}: that is a new major version")
    old, new = older.get("properties", {}), newer.get("properties", {})
    if gone := sorted(old.keys() - new.keys()):
        raise SchemaChangeError(f"expected {', '.join(gone)} in {place} to stay: taking away is a new major version")
    for name, inner in old.items():
        check_compatible(inner, new[name], f"{at}/{name}")
    if isinstance(older.get("items"), dict):
        check_compatible(older["items"], newer.get("items", {}), f"{at}/*")


def _check_limits(older: Mapping[str, Any], newer: Mapping[str, Any], place: str) -> None:
    if "enum" in newer and not set(older.get("enum", ("?",))) <= set(newer["enum"]):
        raise SchemaChangeError(f"expected all words of {place} to stay: fewer is a new major version")
    for word, sign in _LIMITS.items():
        if word in newer and (word not in older or (newer[word] - older[word]) * sign > 0):
            raise SchemaChangeError(f"expected {word} of {place} not to be narrower: that is a new major version")
