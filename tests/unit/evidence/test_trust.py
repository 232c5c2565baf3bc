"""The trust list."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import trust
from evidence.errors import TrustError
from evidence.trust import Anchor
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


def test_round_trip(anchors: list[Anchor], tmp_path: Path) -> None:
    """What is saved is loaded; unknown roots have no kind."""
    trust.save(tmp_path, anchors)
    trust.save(tmp_path, anchors)
    loaded = trust.load(tmp_path)
    assert set(loaded.anchors) == set(anchors)
    assert len(loaded.roots("timestamp", "alpha")) == 2
    assert loaded.roots("timestamp", "beta") == ()
    assert loaded.kind_of(anchors[0].certificate, "timestamp") == "test"
    assert loaded.kind_of(anchors[0].certificate, "seal") == ""


def edited(folder: Path, **change: object) -> None:
    """The list with one entry changed."""
    value = json.loads((folder / "trust.json").read_text())
    value["anchors"][0].update(change)
    (folder / "trust.json").write_text(json.dumps(value))


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"use": "anything"},
        {"kind": "friend"},
        {"name": "../x"},
        {"file": "../../etc/passwd"},
        {"more": 1},
    ],
)
def test_entries_that_are_refused(anchors: list[Anchor], tmp_path: Path, change: dict[str, object]) -> None:
    """Fingerprint, use, kind, name and file are all checked."""
    trust.save(tmp_path, anchors)
    edited(tmp_path, **change)
    with pytest.raises(TrustError):
        trust.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "anchors": []}', '{"version": 1, "anchors": [1]}'])
def test_lists_that_are_refused(tmp_path: Path, text: str) -> None:
    """Not understood is refused."""
    (tmp_path / "trust.json").write_text(text)
    with pytest.raises(TrustError):
        trust.load(tmp_path)


def test_certificates_must_be_listed_and_there(anchors: list[Anchor], tmp_path: Path) -> None:
    """A certificate slipped into a PEM file, or a missing file, is found."""
    trust.save(tmp_path, anchors)
    with (tmp_path / "seal.pem").open("ab") as stream:
        stream.write(anchors[0].certificate.public_bytes(Encoding.PEM))
    with pytest.raises(TrustError, match="only listed"):
        trust.load(tmp_path)
    (tmp_path / "seal.pem").unlink()
    with pytest.raises(TrustError, match="PEM"):
        trust.load(tmp_path)


def test_missing(tmp_path: Path) -> None:
    """No list, no trust."""
    with pytest.raises(TrustError) as refused:
        trust.load(tmp_path)
    assert refused.value.hint


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
