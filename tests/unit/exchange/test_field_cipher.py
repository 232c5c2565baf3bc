"""Personal fields: sealed for one receiver, at one place, in one message."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import PlainTextError, SealError
from exchange.field_cipher import has_any, is_sealed, open_fields, require_sealed, seal_fields
from exchange.keys import card, new_keys
from exchange.suite import suite
from tests.servers.exchanging import AT

NAME = "ed25519-sha256"
KEYS = new_keys("000000", (NAME, "sm2-sm3"))
POINTERS = ("/rows/*/phone", "/person/name", "/whole")
PAYLOAD = {"rows": [{"phone": "1", "shop": "店"}, {"phone": ""}, {}], "person": {"name": "某人"}, "open": "x"}


def _card(name: str = NAME) -> dict[str, str]:
    return card(name, "seal", suite(name).public(KEYS.sealing[name]), AT)


def _open(payload: Mapping[str, object], key: dict[str, str], message_id: str = "m", name: str = NAME) -> object:
    return open_fields(payload, POINTERS, suite(name), private=KEYS.sealing[name], key=key, message_id=message_id)


@pytest.mark.parametrize("name", [NAME, "sm2-sm3"])
def test_sealed_fields_open_again(name: str) -> None:
    """And nothing else is touched."""
    sealed, key = seal_fields(PAYLOAD, POINTERS, suite(name), _card(name), "m")
    assert "某人" not in str(sealed)
    assert sealed["open"] == "x"
    assert is_sealed(sealed["person"]["name"])
    require_sealed(sealed, POINTERS)
    assert _open(sealed, key, name=name) == PAYLOAD


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=10) | st.integers(0, 9), max_size=4))
def test_any_value_comes_back(value: dict[str, object]) -> None:
    """Text, numbers, objects."""
    sealed, key = seal_fields({"whole": value}, POINTERS, suite(NAME), _card(), "m")
    assert _open(sealed, key) == {"whole": value}


def test_plain_text_is_refused_by_name_not_by_value() -> None:
    """The message says where, never what."""
    with pytest.raises(PlainTextError, match="/rows/0/phone") as caught:
        require_sealed({"rows": [{"phone": "13800000000"}]}, POINTERS)
    assert "13800000000" not in caught.value.message
    require_sealed({"rows": [{"phone": ""}, {"phone": None}]}, POINTERS)


def test_a_field_cannot_be_moved() -> None:
    """To another row, another message, or under another key."""
    sealed, key = seal_fields({"rows": [{"phone": "1"}, {"phone": "2"}]}, POINTERS, suite(NAME), _card(), "m")
    swapped = {"rows": sealed["rows"][::-1]}
    for payload, wrapped, message in (
        (swapped, key, "m"),
        (sealed, key, "n"),
        (sealed, {**key, "value": "AAAA"}, "m"),
        (sealed, {**key, "value": "?"}, "m"),
        (sealed, {}, "m"),
        ({"whole": {"$sealed": 5}}, key, "m"),
    ):
        with pytest.raises(SealError):
            _open(payload, wrapped, message)


def test_what_is_there_is_found() -> None:
    """Empty fields need no key."""
    assert has_any(PAYLOAD, POINTERS)
    assert not has_any({"rows": [{"phone": ""}], "person": {}}, POINTERS)
