import pytest

from exchange.connectors.complaint12315.message import shape
from exchange.connectors.errors import WriteBackError

WHAT: dict[str, object] = {
    "cause": "hit:5", "record_key": "1310000", "text": "线索：绝对化用语，联系人13800000000", "rule": "AD01",
    "shop_id": 3,
}  # fmt: skip


def test_a_note() -> None:
    """On one complaint, once for each lead, without numbers of persons."""
    sending = shape(WHAT)
    assert (sending.record_key, sending.cause) == ("1310000", "hit:5:1310000")
    assert "13800000000" not in str(sending.payload)
    assert sending.payload["rule"] == "AD01"


@pytest.mark.parametrize("changes", [{"record_key": ""}, {"text": " "}, {"text": "字" * 2001}])
def test_notes_that_are_none(changes: dict[str, object]) -> None:
    """Without a complaint, without words, or with too many."""
    with pytest.raises(WriteBackError):
        shape({**WHAT, **changes})
