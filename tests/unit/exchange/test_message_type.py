"""Types of messages, operations and classifications."""

import pytest

from exchange.errors import ClassificationError, EnvelopeError, SchemaUnknownError
from exchange.message_type import TYPES, check_classification, check_op, message_type


def test_the_contract_names_thirteen_types() -> None:
    """And each has words in both languages and a stream."""
    assert len(TYPES) == 13
    assert all(found.zh and found.en and found.stream for found in TYPES.values())
    with pytest.raises(SchemaUnknownError):
        message_type("OTHER")


@pytest.mark.parametrize(
    ("kind", "classification"),
    [("LEAD", "secret"), ("LEAD", ""), ("LEAD", "public"), ("IDENTITY_REPORT", "internal"), ("LEAD", "SENSITIVE")],
)
def test_secret_and_too_low_are_refused(kind: str, classification: str) -> None:
    """State secrets never travel here; personal matters are sensitive."""
    with pytest.raises(ClassificationError):
        check_classification(kind, classification)


def test_higher_than_asked_is_taken() -> None:
    """Caution is free."""
    check_classification("RECALL", "sensitive")
    check_op("VOID")
    with pytest.raises(EnvelopeError):
        check_op("DROP")
