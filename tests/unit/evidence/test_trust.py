"""The trust list."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import trust, vkey
from evidence.errors import TrustError
from evidence.trust import Anchor, NoteKey, Trust
from kernel.config import Settings
from simulators.tsa.authority import make
from tests.data.evidence.workshop import AT, Workshop


@pytest.fixture(scope="module")
def anchors() -> list[Anchor]:
    """Two roots of one service and one of the seal."""
    roots = [make(name, AT)[0].root for name in ("one", "two", "three")]
    return [
        Anchor("alpha", "timestamp", "test", roots[0]),
        Anchor("alpha", "timestamp", "test", roots[1]),
        Anchor("seal", "seal", "bureau", roots[2]),
    ]


@pytest.fixture(scope="module")
def note_keys() -> list[NoteKey]:
    """A log and two witnesses."""
    made = [
        NoteKey("log", "log", "bureau", vkey.render("wangjian/log/1", _public(1), vkey.ED25519)),
        NoteKey("court", "witness", "court", vkey.render("court.example/w", _public(2), vkey.COSIGNATURE)),
        NoteKey("sister", "witness", "bureau", vkey.render("sister.example/w", _public(3), vkey.COSIGNATURE)),
    ]
    assert [key.verifier().algorithm for key in made] == [1, 4, 4]
    return made


def _public(number: int) -> Ed25519PublicKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key()


@pytest.fixture
def folder(anchors: list[Anchor], note_keys: list[NoteKey], tmp_path: Path) -> Path:
    """A whole trust folder."""
    trust.save(tmp_path, Trust(tuple(anchors), tuple(note_keys), 2))
    return tmp_path


def test_round_trip(anchors: list[Anchor], note_keys: list[NoteKey], folder: Path) -> None:
    """What is saved is loaded; unknown roots have no kind."""
    trust.save(folder, Trust(tuple(anchors), tuple(note_keys), 2))
    loaded = trust.load(folder)
    assert set(loaded.anchors) == set(anchors)
    assert len(loaded.roots("timestamp", "alpha")) == 2
    assert loaded.roots("timestamp", "beta") == ()
    assert loaded.kind_of(anchors[0].certificate, "timestamp") == "test"
    assert loaded.kind_of(anchors[0].certificate, "seal") == ""
    assert loaded.keys("log") == (note_keys[0],)
    assert loaded.keys("witness") == tuple(note_keys[1:])
    assert loaded.quorum == 2
    assert loaded.keys("witness")[0].public_key == _public(2)


def test_openssl_reads_the_public_keys(folder: Path) -> None:
    """The files are SubjectPublicKeyInfo, and the fingerprint is over its DER."""
    for item in json.loads((folder / "trust.json").read_text())["anchors"]:
        if "vkey" in item:
            command = ["openssl", "pkey", "-pubin", "-in", item["file"], "-outform", "DER"]
            der = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
            assert hashlib.sha256(der).hexdigest() == item["sha256"]


def edited(folder: Path, number: int = 0, **change: object) -> None:
    """The list with one entry changed, in the published form else."""
    value = json.loads((folder / "trust.json").read_text())
    value["anchors"][number].update(change)
    lines = ",\n".join(json.dumps(item) for item in value["anchors"])
    (folder / "trust.json").write_text(f'{{"version": 2, "quorum": {value["quorum"]}, "anchors": [\n{lines}\n]}}\n')


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"use": "anything"},
        {"kind": "friend"},
        {"name": "../x"},
        {"file": "../../etc/passwd"},
        {"more": "1"},
        {"more": 1},
        {"vkey": "log+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"},
    ],
)
@pytest.mark.parametrize("number", [0, -1])
def test_entries_that_are_refused(folder: Path, number: int, change: dict[str, object]) -> None:
    """Fingerprint, use, kind, name, file and key are all checked, of roots and of keys."""
    edited(folder, number)
    trust.load(folder)
    edited(folder, number, **change)
    with pytest.raises(TrustError):
        trust.load(folder)


def test_text_in_another_form_is_refused(folder: Path) -> None:
    """What a shell could read otherwise than we do is not read at all."""
    path = folder / "trust.json"
    text = path.read_text()
    for changed in (
        text.replace('"kind": "test"', '"kind": "court", "kind": "test"', 1),
        text.replace(", ", ",", 1),
        text.rstrip(),
        text.replace('"quorum": 2', '"quorum": 02'),
        text.replace('"quorum": 2', '"quorum": -1'),
        text.replace('"alpha"', '"\\u0061lpha"', 1),
        text + "\n",
    ):
        assert changed != text
        path.write_text(changed)
        with pytest.raises(TrustError):
            trust.load(folder)


def test_one_party_counts_once(anchors: list[Anchor], note_keys: list[NoteKey], tmp_path: Path) -> None:
    """No witness twice, whether by key, by name, or dressed as the log."""
    log, court, sister = note_keys
    same_key = NoteKey("again", "witness", "court", vkey.render("other.example/w", _public(2), vkey.COSIGNATURE))
    same_name = NoteKey("court", "witness", "court", vkey.render("third.example/w", _public(4), vkey.COSIGNATURE))
    as_log = NoteKey("self", "witness", "court", vkey.render("wangjian/w", _public(1), vkey.COSIGNATURE))
    for more in (court, same_key, same_name, as_log):
        with pytest.raises(TrustError, match="once"):
            trust.save(tmp_path, Trust(tuple(anchors), (log, court, sister, more), 2))
    with pytest.raises(TrustError, match="quorum"):
        trust.save(tmp_path, Trust((), (), 100))


def test_key_of_another_type(note_keys: list[NoteKey]) -> None:
    """A witness's key is no log key."""
    with pytest.raises(TrustError, match="for a log"):
        NoteKey("log", "log", "bureau", note_keys[1].vkey).verifier()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "anchors": []}',
        '{"version": 1, "anchors": [\n\n]}\n',
        '{"version": 2, "quorum": 0, "anchors": [\n1\n]}\n',
        '{"version": 2, "quorum": 0, "anchors": [\n[]\n]}\n',
    ],
)
def test_lists_that_are_refused(tmp_path: Path, text: str) -> None:
    """Not understood is refused."""
    (tmp_path / "trust.json").write_text(text)
    with pytest.raises(TrustError):
        trust.load(tmp_path)


@pytest.mark.parametrize("name", ["seal.pem", "tsa-alpha.pem", "log.pub.pem", "witness-court.pub.pem"])
def test_files_must_be_listed_and_there(anchors: list[Anchor], folder: Path, name: str) -> None:
    """A certificate or key slipped into a file, a damaged file, or a missing one, is found."""
    slipped = NoteKey("log", "log", "bureau", vkey.render("other", _public(9), 1)).pem()
    more = slipped if name.endswith(".pub.pem") else make("slipped", AT)[0].root.public_bytes(Encoding.PEM)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole + more)
    with pytest.raises(TrustError, match="only listed"):
        trust.load(folder)
    (folder / name).write_bytes(whole.replace(b"M", b"?", 1))
    with pytest.raises(TrustError):
        trust.load(folder)
    (folder / name).unlink()
    with pytest.raises(TrustError, match="PEM"):
        trust.load(folder)


def test_missing(tmp_path: Path) -> None:
    """No list, no trust."""
    with pytest.raises(TrustError) as refused:
        trust.load(tmp_path)
    assert refused.value.hint
    with pytest.raises(TrustError, match="folder"):
        trust.load(tmp_path / "nowhere")


def test_publish_only_adds(workshop: Workshop, tmp_path: Path) -> None:
    """A new root of the same service comes beside the old one."""
    source = Path(workshop.settings.tsa_ca_dir)
    for name in ("alpha", "beta"):
        (tmp_path / f"{name}.pem").write_bytes((source / f"{name}.pem").read_bytes())
    settings = Settings(
        data_dir=tmp_path / "d",
        tsa_urls=("alpha=http://127.0.0.1:9", "beta=http://127.0.0.1:9"),
        tsa_ca_dir=str(tmp_path),
    )
    assert {anchor.kind for anchor in trust.publish(settings, []).anchors} == {"court"}
    fresh = make("alpha", AT)[0].root
    (tmp_path / "alpha.pem").write_bytes(fresh.public_bytes(Encoding.PEM))
    trust.publish(settings, [])
    assert len(trust.load(settings.trust_path()).roots("timestamp", "alpha")) == 2
    assert trust.tsa_root(settings, "nobody") is None


def test_publish_keys_and_quorum(config: Settings, note_keys: list[NoteKey]) -> None:
    """Keys are added; a quorum is set once and stays until it is set again."""
    trust.publish(config, keys=note_keys[:2], quorum=1)
    assert trust.publish(config, keys=note_keys).quorum == 1
    loaded = trust.load(config.trust_path())
    assert (set(loaded.note_keys), loaded.quorum) == (set(note_keys), 1)
    changed = NoteKey("court", "witness", "court", vkey.render("court.example/w", _public(7), vkey.COSIGNATURE))
    with pytest.raises(TrustError, match="once"):
        trust.publish(config, keys=[changed])
