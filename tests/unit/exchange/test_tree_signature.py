"""Signatures of groups: each message is verified alone, and nothing of another place, group or key passes."""

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import ForgedError
from exchange.keys import NodeKeys, new_keys
from exchange.suite import suite
from exchange.tree_signature import MAX_DEPTH, is_group, sign_group, verify_in_group
from kernel.crypto import sha256_hex
from kernel.models import Message
from tests.servers.exchanging import lead, pair

NAME = "ed25519-sha256"
KEYS = new_keys("310000", (NAME, "es256-sha256", "sm2-sm3"))


def group(size: int, keys: NodeKeys = KEYS, name: str = NAME) -> tuple[bytes, list[str], list[str]]:
    """Public key, digests and signatures of a group."""
    digests = [suite(name).digest(f"message {number}".encode()) for number in range(size)]
    _, values = sign_group(keys, name, digests)
    return suite(name).public(keys.private(name)), digests, values


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8, 13, 200])
def test_each_message_of_a_group_is_verified_alone(size: int) -> None:
    """Whatever the shape of the tree; the signature is made once."""
    public, digests, values = group(size)
    for digest, value in zip(digests, values, strict=True):
        verify_in_group(NAME, public, digest, value)
    assert len({value.rpartition(".")[2] for value in values}) == 1


@pytest.mark.parametrize("name", ["es256-sha256", "sm2-sm3"])
def test_every_suite_signs_groups_with_its_own_hash(name: str) -> None:
    """Also SM2 with SM3, where a signature costs most."""
    public, digests, values = group(5, name=name)
    for digest, value in zip(digests, values, strict=True):
        verify_in_group(name, public, digest, value)
        with pytest.raises(ForgedError):
            verify_in_group(NAME, suite(NAME).public(KEYS.private(NAME)), digest, value)


def test_a_plain_signature_is_no_groups() -> None:
    """Base64 has no full stop."""
    assert not is_group(base64.b64encode(b"\xff" * 64).decode())
    assert all(map(is_group, group(2)[2]))


def test_another_message_does_not_pass_in_a_place() -> None:
    """Neither a stranger nor a neighbour."""
    public, digests, values = group(7)
    for digest in (sha256_hex(b"other"), digests[1]):
        with pytest.raises(ForgedError):
            verify_in_group(NAME, public, digest, values[0])


def test_an_inner_node_is_no_message() -> None:
    """Leaves and nodes are hashed differently, so that a part of the tree cannot be shown as a message."""
    public, _, values = group(4)
    index, size, path, signature = values[0].removeprefix("tree.").split(".")
    inner = base64.b64decode(path)[32:]
    forged = f"tree.1.2.{base64.b64encode(inner).decode()}.{signature}"
    assert (index, size) == ("0", "4")
    with pytest.raises(ForgedError):
        verify_in_group(NAME, public, inner.hex(), forged)


def test_another_key_does_not_pass() -> None:
    """The key decides, not the tree."""
    _, digests, values = group(3)
    other = new_keys("310000", (NAME,))
    with pytest.raises(ForgedError):
        verify_in_group(NAME, suite(NAME).public(other.private(NAME)), digests[0], values[0])


@pytest.mark.parametrize(
    "value",
    [
        "tree.",
        "tree.0.2",
        "tree.0.2.AA==.AA==.AA==",
        "tree.2.2..AAAA",
        "tree.-1.2..AAAA",
        "tree.+0.2..AAAA",
        "tree.00.2..AAAA",
        "tree.٠.2..AAAA",
        "tree.0.0..AAAA",
        "tree.0.2.*.AAAA",
        "tree.0.2.AAAA.AAAA",
        f"tree.0.{1 << (MAX_DEPTH + 1)}..AAAA",
        "tree.0.2..AAAA",
        f"tree.0.1.{base64.b64encode(bytes(32)).decode()}.AAAA",
        f"tree.0.1.{base64.b64encode(bytes(32 * (MAX_DEPTH + 1))).decode()}.AAAA",
    ],
)
def test_other_forms_are_refused(value: str) -> None:
    """Nothing is guessed, and nothing is computed for long."""
    with pytest.raises(ForgedError):
        verify_in_group(NAME, suite(NAME).public(KEYS.private(NAME)), "0" * 64, value)


PUBLIC, DIGESTS, VALUES = group(11)


@given(st.integers(0, 10), st.data())
def test_no_other_written_form_passes(number: int, data: st.DataObject) -> None:
    """One changed character of the place, the path or the signature."""
    value = VALUES[number]
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from("0123456789ABCDEFabcdef+/=. "))
    changed = value[:at] + other + value[at + 1 :]
    if changed == value or base64_same(changed, value):
        return
    with pytest.raises(ForgedError):
        verify_in_group(NAME, PUBLIC, DIGESTS[number], changed)


def base64_same(left: str, right: str) -> bool:
    """True where only bits differ that base64 does not use."""

    def parts(value: str) -> list[object]:
        words = value.removeprefix("tree.").split(".")
        try:
            return [*words[:2], *(base64.b64decode(word, validate=True) for word in words[2:])]
        except ValueError:
            return [value]

    return left.startswith("tree.") and parts(left) == parts(right)


def by_the_book(public: bytes, envelope: bytes, value: str) -> bool:
    """The steps of docs/exchange.md, written again with nothing of ours."""
    _, index_text, size_text, path_text, signature = value.split(".")
    index, last = int(index_text), int(size_text) - 1
    path = base64.b64decode(path_text)
    node = hashlib.sha256(b"\x00" + hashlib.sha256(envelope).digest()).digest()
    while last:
        if index % 2:
            node, path = hashlib.sha256(b"\x01" + path[:32] + node).digest(), path[32:]
        elif index < last:
            node, path = hashlib.sha256(b"\x01" + node + path[:32]).digest(), path[32:]
        index, last = index // 2, last // 2
    key = load_pem_public_key(public)
    assert isinstance(key, Ed25519PublicKey)
    try:
        key.verify(base64.b64decode(signature), b"wangjian-exchange/1 message group\n%s\n%s" % (
            size_text.encode(), node.hex().encode()))  # fmt: skip
    except InvalidSignature:
        return False
    return not path


def test_another_author_verifies_by_the_book(tmp_path: Path) -> None:
    """A message as it lies in the receiver's records, with the sender's card and the page that says how."""
    with pair(tmp_path) as (city, national, _):
        city.post(*(lead(number) for number in range(11)))
        city.turn()
        public = suite(NAME).public(city.keys.private(NAME))
        rows = national.rows(Message)
        assert all(by_the_book(public, row.envelope.encode(), row.signature) for row in rows)
        assert not by_the_book(public, rows[0].envelope.encode() + b" ", rows[0].signature)
