"""Schemas: what fits, what is personal, and what a minor version may change."""

import copy
import itertools
from typing import Any

import pytest

from exchange.errors import SchemaChangeError, SchemaError, SchemaUnknownError
from exchange.message_type import TYPES
from exchange.schema_registry import check_compatible, schema, schemas, validate, version_of

ROW = {"kind": "registered", "shop_name": "测试店", "shop_url": "https://a.example.test/", "address": "测试路1号",
       "contact": "0"}  # fmt: skip
REPORT = {"period": "2026-01", "platform_name": "测试平台", "rows": [ROW]}


def test_every_type_has_a_schema() -> None:
    """And no schema is for a type that is not there."""
    assert {kind for kind, _ in schemas()} == set(TYPES)


def test_newer_minors_take_what_older_ones_took() -> None:
    """Each version against the one before it, of the same major."""
    seen = 0
    for kind in TYPES:
        versions = sorted((version_of(version) for name, version in schemas() if name == kind))
        for older, newer in itertools.pairwise(versions):
            if older[0] == newer[0]:
                seen += 1
                check_compatible(
                    schema(kind, f"{older[0]}.{older[1]}").document, schema(kind, f"{newer[0]}.{newer[1]}").document
                )
    assert seen


def test_rows_and_fields_are_named_without_their_values() -> None:
    """So that the sender can mend them, and a receipt repeats nothing personal."""
    bad = {**ROW, "kind": "secret-kind"}
    del bad["shop_name"]
    with pytest.raises(SchemaError) as caught:
        validate("IDENTITY_REPORT", "1.0", {**REPORT, "rows": [ROW, bad]})
    rows = caught.value.context["rows"]
    assert isinstance(rows, list)
    assert {(row["row"], row["field"], row["rule"]) for row in rows} == {
        (1, "/rows/1/shop_name", "required"),
        (1, "/rows/1/kind", "enum"),
    }
    assert "secret-kind" not in str(rows)
    validate("IDENTITY_REPORT", "1.0", REPORT)


def test_at_most_a_hundred_faults_are_told() -> None:
    """A file of nonsense does not become a receipt as long as itself."""
    with pytest.raises(SchemaError) as caught:
        validate("IDENTITY_REPORT", "1.0", {**REPORT, "rows": [{}] * 500})
    assert len(caught.value.context["rows"]) == 100  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "version"), [("LEAD", "2.0"), ("NOTHING", "1.0"), ("LEAD", "x"), ("LEAD", "1.0.0")])
def test_unknown_versions_are_refused(kind: str, version: str) -> None:
    """With those that are known."""
    with pytest.raises(SchemaUnknownError):
        validate(kind, version, {})


def test_personal_fields_are_known() -> None:
    """The schema names them."""
    assert "/rows/*/id_number" in schema("IDENTITY_REPORT", "1.0").personal
    assert "/complainant/phone" in schema("COMPLAINT", "1.0").personal
    assert schema("RECALL", "1.0").personal == ()


def _change(document: dict[str, Any], place: str, **changes: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    inner = made
    for part in place.split("/")[1:]:
        inner = inner[part]
    inner.update(changes)
    return made


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("", {"required": ["title", "description", "found_at", "rule_id"]}),
        ("/properties/title", {"type": "integer"}),
        ("/properties/title", {"maxLength": 10}),
        ("/properties/title", {"minLength": 2}),
        ("/properties/title", {"x-personal": True}),
        ("/properties/title", {"pattern": "x"}),
        ("/properties/severity", {"enum": ["low"]}),
        ("/properties/laws", {"maxItems": 1}),
        ("/properties/laws/items", {"maxLength": 1}),
        ("/properties", {"title": {"type": "string", "enum": ["a"]}}),
    ],
)
def test_narrower_is_a_new_major(place: str, changes: dict[str, Any]) -> None:
    """Whatever was taken before must be taken still."""
    older = dict(schema("LEAD", "1.0").document)
    with pytest.raises(SchemaChangeError):
        check_compatible(older, _change(older, place, **changes))


def test_taking_away_is_a_new_major_and_adding_is_not() -> None:
    """A new optional field is all that a minor version may bring; limits may widen."""
    older = dict(schema("LEAD", "1.0").document)
    less = copy.deepcopy(older)
    del less["properties"]["measures"]
    with pytest.raises(SchemaChangeError, match="measures"):
        check_compatible(older, less)
    check_compatible(older, _change(older, "/properties", new={"type": "string"}))
    check_compatible(older, _change(older, "/properties/title", maxLength=999))
