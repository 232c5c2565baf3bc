"""Evidence records of RFC 4998."""

import pytest

from evidence import evidence_record
from evidence.errors import MalformedError
from tests.data.evidence.forge import stamped
from tests.data.evidence.workshop import AT, Workshop


def test_it_holds_the_token(workshop: Workshop) -> None:
    """Version 1, SHA-256, one chain with one timestamp."""
    response = stamped(workshop.authorities["alpha"], b"list", AT)
    record = evidence_record.render(response)
    assert evidence_record.token_of(record) in response


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"x" * 40])
def test_other_bytes_are_refused(data: bytes) -> None:
    """Not a record."""
    with pytest.raises(MalformedError):
        evidence_record.token_of(data)
