import pytest

from exchange.connectors.credit.message import shape
from exchange.connectors.errors import WriteBackError

WHAT: dict[str, object] = {
    "cause": "hit:5",
    "subject_code": "91310115XX0000019T",
    "text": "三个月五条线索",
    "rule": "AD",
}


def test_a_hint() -> None:
    """On a subject, with what it came from."""
    assert shape(WHAT).payload == {"UniSCID": "91310115XX0000019T", "RiskContent": "三个月五条线索", "rule": "AD"}


@pytest.mark.parametrize("lacking", ["subject_code", "text"])
def test_hints_are_whole(lacking: str) -> None:
    """A code and words are needed."""
    with pytest.raises(WriteBackError):
        shape({**WHAT, lacking: ""})
