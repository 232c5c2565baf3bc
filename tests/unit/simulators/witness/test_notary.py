"""What the witness answers, and what it remembers."""

import base64
import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import merkle, note
from evidence.log.checkpoint import Checkpoint
from evidence.log.note import Note
from simulators.witness.notary import Notary

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LOG = "log.example/a"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = note.verifier_key(LOG, note.LOG, KEY.public_key())
STORED = merkle.from_leaves([merkle.leaf_hash(bytes([number])) for number in range(20)])


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    """A new witness that knows one log."""
    return Notary("w.example", tmp_path / "w", [LOG_KEY.render() + "\n"])


def _checkpoint(size: int, origin: str = LOG, stored: merkle.Stored = STORED) -> Note:
    text = Checkpoint(origin, size, merkle.root(size, stored)).text()
    return Note(text, (note.sign(text, origin, KEY),))


def _body(old: int, size: int, signed: Note | None = None) -> bytes:
    proof = merkle.consistency(old, size, STORED) if old <= size else ()
    lines = [f"old {old}", *(base64.b64encode(value).decode() for value in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + (signed or _checkpoint(size)).render()


def test_a_growing_log_is_cosigned(notary: Notary) -> None:
    """From nothing, then from where it was; the same size again too. The cosignature holds for the log's reader."""
    key = note.parse_vkey(notary.vkey)
    for old, size in ((0, 0), (0, 3), (3, 3), (3, 11), (11, 20)):
        answer = notary.add_checkpoint(_body(old, size), AT)
        assert answer.status == 200
        signed = Note(_checkpoint(size).text, (note.parse_signature(answer.body.decode()[:-1]),))
        statement = note.verify(signed, key)
        assert statement is not None
        assert statement.at == AT


def test_it_remembers(notary: Notary) -> None:
    """Also as a new process; another old size gets 409 and the size."""
    assert notary.add_checkpoint(_body(0, 5), AT).status == 200
    again = Notary("w.example", notary.folder, [LOG_KEY.render()])
    assert again.vkey == notary.vkey
    answer = again.add_checkpoint(_body(0, 9), AT)
    assert (answer.status, answer.body, answer.kind) == (409, b"5\n", "text/x.tlog.size")
    assert again.add_checkpoint(_body(5, 9), AT).status == 200
    assert again.add_checkpoint(_body(3, 9), AT).body == b"9\n"


def test_it_refuses_another_history(notary: Notary) -> None:
    """Whatever proof comes along; what it saw stays."""
    notary.add_checkpoint(_body(0, 5), AT)
    other = merkle.from_leaves([merkle.leaf_hash(bytes([100 + number])) for number in range(20)])
    assert notary.add_checkpoint(_body(5, 5, _checkpoint(5, stored=other)), AT).status == 422
    assert notary.add_checkpoint(_body(5, 9, _checkpoint(9, stored=other)), AT).status == 422
    assert notary.add_checkpoint(_body(5, 9, _checkpoint(8)), AT).status == 422
    assert notary.add_checkpoint(_body(5, 9), AT).status == 200


def test_an_empty_tree_has_one_root(notary: Notary) -> None:
    """422, says the specification."""
    text = Checkpoint(LOG, 0, bytes(32)).text()
    assert notary.add_checkpoint(_body(0, 0, Note(text, (note.sign(text, LOG, KEY),))), AT).status == 422


def test_only_known_logs_are_cosigned(notary: Notary) -> None:
    """404 for another origin; 403 without, or with a wrong, signature of the log."""
    assert notary.add_checkpoint(_body(0, 5, _checkpoint(5, "log.example/b")), AT).status == 404
    good = _checkpoint(5)
    foreign = note.sign(good.text, LOG, Ed25519PrivateKey.generate())
    broken = dataclasses.replace(good.signatures[0], value=bytes(64))
    for signatures in ((foreign,), (broken,), (foreign, broken)):
        assert notary.add_checkpoint(_body(0, 5, Note(good.text, signatures)), AT).status == 403
    assert notary.add_checkpoint(_body(0, 5, Note(good.text, (foreign, good.signatures[0]))), AT).status == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"old 0\n", b""),
        (b"old 0", b"old 00"),
        (b"old 0", b"old -1"),
        (b"old 0", b"new 0"),
        (b"old 0\n", b"old 0\nAAAA\n"),
        (b"old 0\n", b"old 0\n????\n"),
        (b"old 0\n", b"old 0\n" + b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" * 64),
        (b"old 0", b"old 6"),
        (b"\n5\n", b"\n05\n"),
        (b"\n5\n", b"\n"),
        (b"log.example/a\n5", b"\n5"),
        (b"\n\n", b"\n"),
        (b"old 0", b"old \xff"),
    ],
)
def test_other_forms_are_bad_requests(notary: Notary, old: bytes, new: bytes) -> None:
    """400, and nothing is remembered."""
    assert notary.add_checkpoint(_body(0, 5).replace(old, new, 1), AT).status == 400
    assert notary.add_checkpoint(_body(0, 5), AT).status == 200


def test_signature_lines_of_another_form(notary: Notary) -> None:
    """No note at all: 403 or 400, never a cosignature."""
    body = _body(0, 5)
    for line in ("- a b\n", "\u2014 a\n", "\u2014 a !!\n"):
        assert notary.add_checkpoint(body + line.encode(), AT).status == 403
    assert notary.add_checkpoint(body[:-1], AT).status == 400


def test_what_it_cosigned_is_shown(notary: Notary) -> None:
    """With the log's signature and its own; nothing for names that are no hash."""
    hashed = "a5b69e7d"
    notary.add_checkpoint(_body(0, 5), AT)
    shown = [notary.checkpoint(path.stem) for path in notary.folder.glob("*.note")]
    assert len(shown) == 1
    found = note.parse(shown[0].body)
    assert note.verify(found, LOG_KEY) is not None
    assert note.verify(found, note.parse_vkey(notary.vkey)) is not None
    for name in (hashed, "0" * 64, "../witness.key", ""):
        assert notary.checkpoint(name).status == 404


def test_keys_are_read_with_care(tmp_path: Path) -> None:
    """The key is for the owner alone; a key of another kind, a vkey that does not fit: refused."""
    Notary("w.example", tmp_path, [])
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="verifier key of a log"):
        Notary("w.example", tmp_path, [LOG_KEY.render().replace("log.example/a", "log.example/b")])
