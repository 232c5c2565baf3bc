"""Texts of records by the names that lead to them; what it means for a package is in corpus_claims.py."""

import json

from hypothesis import given
from hypothesis import strategies as st

from evidence.stated import RECORDED, contradictions, texts, written
from kernel.crypto import canonical_json

NAMES = st.sampled_from(["id", "started_at", "main_document", "tls_verdict", "state", "", "a/b", '"'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
PATHS = sorted({path for _, path in RECORDED.values()})
FROM, TO, URL = "2026-11-25T07:59:40.000000Z", "2026-11-25T07:59:55.000000Z", 'https://shop.example.test/"品"'
RECORD = {
    "id": "ev-1",
    "started_at": FROM,
    "ended_at": TO,
    "requested_url": URL,
    "main_document": {"tls_verdict": {"state": "valid"}},
}
FACTS = {
    "captured_from": FROM,
    "captured_to": TO,
    "evidence_id": "ev-1",
    "origin_tls": "good",
    "url": URL,
}


def at(value: object, path: tuple[bytes, ...]) -> list[bytes]:
    """The text that JSON has at a path, as a list of at most one."""
    for name in path:
        value = value.get(name.decode()) if isinstance(value, dict) else None
    return [written(value)] if isinstance(value, str) else []


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_reads_json_as_json_does(value: dict[str, object]) -> None:
    """In canonical JSON the texts at the paths are those that a JSON reader finds."""
    found = texts(canonical_json(value), PATHS)
    assert found == {path: at(value, path) for path in PATHS}


@given(st.binary(max_size=200))
def test_reads_anything(data: bytes) -> None:
    """Whatever bytes come, there is an answer."""
    assert set(texts(data, PATHS)) == set(PATHS)


def test_the_same_is_no_contradiction() -> None:
    """Facts that the record states, in any spacing; what has no record here is not judged."""
    for record in (canonical_json(RECORD), json.dumps(RECORD, indent=2, ensure_ascii=False).encode()):
        assert contradictions({**FACTS, "completeness": "COMPLETE"}, {"meta/capture.json": record}) == []


def test_each_fact_that_is_otherwise_is_named() -> None:
    """Each fact by itself; a name that is there twice states nothing."""
    record = {"meta/capture.json": canonical_json(RECORD)}
    for key in FACTS:
        assert contradictions({**FACTS, key: "x"}, record) == [key]
    twice = canonical_json(RECORD).replace(b'"id":"ev-1"', b'"id":"ev-1","id":"ev-1"')
    assert contradictions(FACTS, {"meta/capture.json": twice}) == ["evidence_id"]
