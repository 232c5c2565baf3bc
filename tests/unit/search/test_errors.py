"""Errors of search carry stable codes."""

from search.errors import DocumentsRejectedError, QueryError


def test_a_query_error_has_a_code_a_place_and_a_hint() -> None:
    """Position counts from 0 for machines and from 1 in the sentence."""
    error = QueryError("bad_value", 3, "a number", "“x”", hint="写数字。 Write a number.")
    assert error.code == "search.query_bad_value"
    assert "character 4" in error.message
    assert error.as_dict()["context"] == {"position": 3, "expected": "a number", "found": "“x”"}


def test_refused_documents_are_named() -> None:
    """Ids for machines, the first reason for people."""
    error = DocumentsRejectedError([(3, "too long"), (4, "odd")])
    assert error.context == {"ids": [3, 4]}
    assert "3: too long" in error.message
    assert "none" in DocumentsRejectedError([]).message
