"""Signed notes: the specification's example, the one form, and signatures that openssl agrees with."""

import base64
import contextlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence.log import note
from evidence.log.errors import LogFormError, NoteSignatureError
from evidence.log.note import Note, Signature
from evidence.vkey import VerifierKey

# C2SP signed-note, "Verifier keys", example.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
# C2SP tlog-cosignature, example: a log and a witness under one checkpoint.
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()
AT = datetime(2026, 11, 25, 8, 0, 0, 999_999, tzinfo=UTC)
TEXT = "log.example/a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = note.verifier_key("log.example/a", note.LOG, KEY.public_key())
WITNESS_KEY = note.verifier_key("w.example", note.WITNESS, KEY.public_key())


def _signed() -> Note:
    return Note(TEXT, (note.sign(TEXT, "log.example/a", KEY), note.cosign(TEXT, "w.example", KEY, AT)))


def test_the_example_of_the_specification() -> None:
    """Its verifier key verifies its note, and both come out as they went in."""
    found, key = note.parse(EXAMPLE), note.parse_vkey(VKEY)
    statement = note.verify(found, key)
    assert statement is not None
    assert statement.message == b"This is an example message.\n"
    assert statement.at is None
    assert (found.render(), key.render()) == (EXAMPLE, VKEY)


def test_the_time_in_the_example_of_a_cosignature() -> None:
    """The example says 1679315147; the bytes of its line do too."""
    found = note.parse(COSIGNED)
    assert found.render() == COSIGNED
    assert int.from_bytes(found.signatures[1].value[:8], "big") == 1679315147
    assert len(found.signatures[1].value) == 72


def test_a_note_holds_for_its_keys_alone() -> None:
    """Log and witness verify; the same public key under another name or use says nothing."""
    found = note.parse(_signed().render())
    log, witness = note.verify(found, LOG_KEY), note.verify(found, WITNESS_KEY)
    assert log is not None
    assert witness is not None
    assert witness.at == AT.replace(microsecond=0)
    assert log.message == TEXT.encode()
    assert witness.message == f"cosignature/v1\ntime 1795593600\n{TEXT}".encode()
    for other in (VerifierKey("w.example", note.LOG, WITNESS_KEY.public), VerifierKey("b", note.LOG, LOG_KEY.public)):
        assert note.verify(found, other) is None


@given(st.integers(0, len(_signed().render()) * 8 - 1))
def test_every_flipped_bit_is_seen(place: int) -> None:
    """Refused, or no longer said by that key, or it does not hold: never both statements."""
    data = bytearray(_signed().render())
    data[place // 8] ^= 1 << place % 8
    try:
        found = note.parse(bytes(data))
        statements = [note.verify(found, key) for key in (LOG_KEY, WITNESS_KEY)]
    except (LogFormError, NoteSignatureError):
        return
    assert None in statements


@given(st.binary(max_size=300))
def test_what_is_read_is_in_its_one_form(data: bytes) -> None:
    """Any bytes: refused, or rendered as they were."""
    with contextlib.suppress(LogFormError):
        assert note.parse(data).render() == data


_LINE = "\u2014 a AAAAAAA=\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "\n\n" + _LINE,
        "text\n\n" + _LINE[:-1],
        "text\n\n" + _LINE + "\n",
        "text\n\n" + _LINE + "text\n",
        "text\n\n" + _LINE + _LINE,
        "text\r\n\r\n" + _LINE,
        "te\txt\n\n" + _LINE,
        "text\n\n- a AAAAAAA=\n",
        "text\n\n\u2014  AAAAAAA=\n",
        "text\n\n\u2014 a\n",
        "text\n\n\u2014 a+b AAAAAAA=\n",
        "text\n\n\u2014 a\u00a0b AAAAAAA=\n",
        "text\n\n\u2014 a AAAAAAA\n",
        "text\n\n\u2014 a AAAAAAB=\n",
        "text\n\n\u2014 a AAAAAA==\n",
        "text\n\n\u2014 a AAAA AAA=\n",
        "text\n\n\u2014 a \u4e2d\n",
        "text\n\n" + "".join(f"\u2014 a{number} AAAAAAA=\n" for number in range(65)),
        "x" * 65_536 + "\n\n" + _LINE,
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    """Nothing is trimmed, joined or passed over."""
    with pytest.raises(LogFormError):
        note.parse(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    """Latin-1, overlong forms, halves of characters."""
    for data in (b"caf\xe9\n\n", b"\xc0\x8a\n\n", b"\xed\xa0\x80\n\n"):
        with pytest.raises(LogFormError):
            note.parse(data + _LINE.encode())


def test_many_signatures_are_read() -> None:
    """At least sixteen, says the specification."""
    lines = "".join(f"\u2014 a{number} AAAAAAA=\n" for number in range(64))
    assert len(note.parse(f"text\n\n{lines}".encode()).signatures) == 64


def test_a_text_may_hold_empty_lines() -> None:
    """The last empty line parts text and signatures."""
    assert note.parse(f"a\n\nb\n\n{_LINE}".encode()).text == "a\n\nb\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b",
        VKEY + "=",
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("example.com/foo", "example.com/fop"),
        VKEY.replace("example.com/foo", "example com/foo"),
        VKEY.replace("example.com/foo", ""),
        VKEY[:-4] + "AAAA",
        "a+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    ],
)
def test_other_verifier_keys_are_refused(text: str) -> None:
    """The key id is checked, and only the two kinds of key that are used are known."""
    with pytest.raises(LogFormError):
        note.parse_vkey(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\n", "x" * 121, ".a", "\u7f51", "a%b"])
def test_names_that_may_not_stand_in_a_note(name: str) -> None:
    """Refused when signing too."""
    with pytest.raises(LogFormError):
        note.sign("text\n", name, KEY)
    with pytest.raises(LogFormError):
        note.cosign("text\n", name, KEY, AT)


@pytest.mark.parametrize("seconds", [0, 253_402_300_800, 1 << 63, (1 << 64) - 1])
def test_a_cosignature_needs_a_time(seconds: int) -> None:
    """No time, or one after the year 9999, is no statement, although the signature would hold."""
    message = f"cosignature/v1\ntime {seconds}\n{TEXT}".encode()
    value = seconds.to_bytes(8, "big") + KEY.sign(message)
    with pytest.raises(NoteSignatureError):
        note.verify(Note(TEXT, (Signature("w.example", WITNESS_KEY.key_id, value),)), WITNESS_KEY)


def test_the_time_that_a_line_claims() -> None:
    """Unverified; none where the line has not the form of a cosignature."""
    assert note.claimed_time(Signature("w", b"1234", (7).to_bytes(8) + bytes(64))) == datetime.fromtimestamp(7, UTC)
    for value in (bytes(64), bytes(72), b"\xff" * 72):
        assert note.claimed_time(Signature("w", b"1234", value)) is None


def test_a_signature_of_another_length_does_not_hold() -> None:
    """Cut or longer."""
    whole = note.sign(TEXT, "log.example/a", KEY)
    for value in (whole.value[:-1], whole.value + b"\x00", b"\x00"):
        with pytest.raises(NoteSignatureError):
            note.verify(Note(TEXT, (Signature(whole.name, whole.key_id, value),)), LOG_KEY)


def test_a_key_that_is_no_point_does_not_verify() -> None:
    """A verifier key may hold any 32 bytes; that must not end in another error."""
    key = VerifierKey("log.example/a", note.LOG, b"\xff" * 32)
    signature = Signature(key.name, key.key_id, bytes(64))
    with pytest.raises(NoteSignatureError):
        note.verify(Note(TEXT, (signature,)), key)


def _openssl(tmp_path: Path, key: VerifierKey, message: bytes, signature: bytes) -> int:
    openssl = shutil.which("openssl")
    assert openssl is not None
    (tmp_path / "key.pem").write_bytes(key.pem())
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "signature").write_bytes(signature)
    words = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-in", "message", "-sigfile", "signature"]
    return subprocess.run([openssl, *words], cwd=tmp_path, capture_output=True, check=False).returncode


def test_openssl_verifies_by_hand(tmp_path: Path) -> None:
    """What the shell verifier does: cut the line from the note, take key id and time off, ask openssl."""
    text, _, below = _signed().render().decode().rpartition("\n\n")
    log, witness = (base64.b64decode(line.split(" ")[2]) for line in below[:-1].split("\n"))
    seconds = int.from_bytes(witness[4:12], "big")
    message = f"{text}\n".encode()
    cosigned = b"cosignature/v1\ntime " + str(seconds).encode() + b"\n" + message
    assert _openssl(tmp_path, LOG_KEY, message, log[4:]) == 0
    assert _openssl(tmp_path, WITNESS_KEY, cosigned, witness[12:]) == 0
    assert _openssl(tmp_path, WITNESS_KEY, cosigned.replace(b"time 1", b"time 2"), witness[12:]) == 1
    assert _openssl(tmp_path, LOG_KEY, message + b"\n", log[4:]) == 1
