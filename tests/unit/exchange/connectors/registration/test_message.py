import pytest

from exchange.connectors.errors import WriteBackError
from exchange.connectors.registration.message import shape

WHAT: dict[str, object] = {
    "cause": "shop:7", "subject_code": "91310115XX0000019T", "shop_url": "https://a.example.test/", "shop_id": 7,
}  # fmt: skip


def test_a_found_shop() -> None:
    """In the registry's own field names."""
    sending = shape(WHAT)
    assert sending.payload["UniSCID"] == "91310115XX0000019T"
    assert (sending.payload["webSite"], sending.shop_id) == ("https://a.example.test/", 7)


@pytest.mark.parametrize("lacking", ["subject_code", "shop_url"])
def test_without_code_or_address_nothing_is_told(lacking: str) -> None:
    """Nothing is sent half."""
    with pytest.raises(WriteBackError):
        shape({**WHAT, lacking: ""})
