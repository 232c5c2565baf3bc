"""Each suite signs, seals and encrypts, refuses what was changed, and SM agrees with openssl and a second library."""

import shutil
import subprocess
from pathlib import Path

import pytest

from exchange import sm
from exchange.errors import ForgedError, SealError, SuiteError
from exchange.suite import PREFERENCE, available_suites, suite

OPENSSL = shutil.which("openssl") or "openssl"


def test_all_three_work_here() -> None:
    """The extra is installed where tests run, so that none is skipped."""
    assert set(available_suites()) == set(PREFERENCE)


@pytest.mark.parametrize("name", PREFERENCE)
def test_a_signature_holds_for_these_bytes_only(name: str) -> None:
    """Another message, another key or another signature is refused."""
    used = suite(name)
    private, other = used.new_key(), used.new_key()
    public = used.public(private)
    signature = used.sign(private, "线索".encode())
    used.verify(public, "线索".encode(), signature)
    for key, data, value in (
        (public, b"other", signature),
        (used.public(other), "线索".encode(), signature),
        (public, "线索".encode(), signature[:-1] + bytes([signature[-1] ^ 1])),
        (public, "线索".encode(), b""),
        (b"no key", "线索".encode(), signature),
    ):
        with pytest.raises(ForgedError):
            used.verify(key, data, value)


@pytest.mark.parametrize("name", PREFERENCE)
def test_a_sealed_secret_opens_for_its_place_only(name: str) -> None:
    """With the right key and the right place; never with others."""
    used = suite(name)
    private = used.new_sealing_key()
    secret = b"k" * used.content_key_bytes
    sealed = used.seal(used.public(private), secret, b"message-1")
    assert used.open(private, sealed, b"message-1") == secret
    for key, data, place in (
        (private, sealed, b"message-2"),
        (used.new_sealing_key(), sealed, b"message-1"),
        (private, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"message-1"),
    ):
        with pytest.raises(SealError):
            used.open(key, data, place)


@pytest.mark.parametrize("name", PREFERENCE)
def test_content_opens_with_its_key_and_place(name: str) -> None:
    """Every flipped byte shows."""
    used = suite(name)
    key = b"k" * used.content_key_bytes
    data = used.encrypt(key, "电话".encode(), b"/contact")
    assert used.decrypt(key, data, b"/contact") == "电话".encode()
    assert used.encrypt(key, b"x", b"") != used.encrypt(key, b"x", b"")
    for changed in range(len(data)):
        flipped = data[:changed] + bytes([data[changed] ^ 1]) + data[changed + 1 :]
        with pytest.raises(SealError):
            used.decrypt(key, flipped, b"/contact")
    with pytest.raises(SealError):
        used.decrypt(key, data, b"/other")


def test_keys_of_another_kind_are_refused() -> None:
    """A signing key does not seal, a sealing key does not sign."""
    used = suite("ed25519-sha256")
    with pytest.raises(SealError):
        used.seal(used.public(used.new_key()), b"k", b"")
    with pytest.raises(SealError):
        used.open(used.new_key(), b"k" * 60, b"")
    with pytest.raises(SuiteError):
        used.sign(used.new_sealing_key(), b"x")
    with pytest.raises(SuiteError):
        suite("es256-sha256").sign(used.new_key(), b"x")
    with pytest.raises(ForgedError):
        suite("es256-sha256").verify(used.public(used.new_key()), b"x", b"y")
    with pytest.raises(ForgedError):
        used.verify(used.public(used.new_sealing_key()), b"x", b"y")


def test_unknown_and_missing_suites_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is chosen in their place."""
    with pytest.raises(SuiteError, match="rsa"):
        suite("rsa")
    monkeypatch.setattr(sm, "ec", None)
    with pytest.raises(SuiteError, match="libraries"):
        suite("sm2-sm3")
    assert "sm2-sm3" not in available_suites()


def _openssl(*words: str | Path, data: bytes = b"") -> bytes:
    return subprocess.run([OPENSSL, *map(str, words)], input=data, capture_output=True, check=True).stdout


def test_openssl_accepts_and_makes_sm2_signatures(tmp_path: Path) -> None:
    """Both ways, with SM3 and the default identity."""
    private = sm.new_key()
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(sm.public(private))
    (tmp_path / "data").write_bytes(b"message")
    (tmp_path / "ours").write_bytes(sm.sign(private, b"message"))
    identity = ("-sigopt", "distid:1234567812345678")
    told = _openssl(
        "dgst",
        "-sm3",
        "-verify",
        tmp_path / "public.pem",
        *identity,
        "-signature",
        tmp_path / "ours",
        tmp_path / "data",
    )
    assert b"OK" in told
    theirs = _openssl("dgst", "-sm3", "-sign", tmp_path / "key.pem", *identity, tmp_path / "data")
    sm.verify(sm.public(private), b"message", theirs)


def test_sm3_and_sm4_are_those_of_the_standards() -> None:
    """Published examples: SM3 of ``abc``; SM4-GCM of RFC 8998 appendix A.1."""
    assert suite("sm2-sm3").digest(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert suite("ed25519-sha256").digest(b"abc").startswith("ba7816bf")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    made = sm.encrypt(
        bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"),
        bytes.fromhex("00001234567800000000ABCD"),
        plain,
        bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
    )
    assert made[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert made[:16].hex().upper() == "17F399F08C67D5EE19D0DC9969C4BB7D"


def test_bytes_that_are_no_sm2_key_are_refused() -> None:
    """As a key of ours, and as one of a peer."""
    with pytest.raises(SuiteError):
        sm.sign(b"no key", b"x")
    with pytest.raises(ForgedError):
        sm.verify(b"no key", b"x", b"y")
