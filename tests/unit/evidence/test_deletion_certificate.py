"""Deletion certificates: one that holds, and every change of one found."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import custody, deletion, deletion_certificate
from evidence.deletion_certificate import CUSTODY_NAME, JSON_NAME, PROOF_NAME, SIGNATURE_NAME
from evidence.errors import CertificateError
from evidence.keys import ensure_keys
from evidence.log import entry
from evidence.store_pair import open_pair
from evidence.trust import Trust
from evidence.trust import load as load_trust
from kernel.clock import now
from kernel.config import Settings
from kernel.crypto import canonical_json
from kernel.db import Database
from kernel.schema import upgrade
from pipeline.wiring import open_log
from tests.data.evidence.people import enter_officer
from tests.data.evidence.stored import seal_away


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trust]:
    """A certificate's folder, and the trust list of who made it."""
    folder = tmp_path_factory.mktemp("deletion")
    config = Settings(data_dir=folder / "d", witness_quorum=0)
    keys, pair = ensure_keys(config, now()), open_pair(config)
    database = Database(config.sqlalchemy_url())
    upgrade(database)
    at = now()
    sealed_at = at.replace(year=at.year - 6, day=1)
    with database.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=at)
        evidence_id = seal_away(session, pair.store, folder, "one", at=sealed_at)
        deletion.ask(session, evidence_id, account="li", reason="期满", basis="档案规定", at=at, years=5)
        deletion.agree(session, evidence_id, account="wang", at=at, years=5)
    assert deletion.finish(database, pair, keys.report, evidence_id, copies=folder / "none", clock=lambda: at)
    with database.read() as session:
        row = deletion.of_evidence(session, evidence_id)
        chain = custody.events(session, evidence_id)
    assert row is not None
    with open_log(config, database) as publisher:
        (published,) = publisher.publish([entry.custody(chain[-1].hash)])
    database.close()
    out = folder / "out"
    deletion_certificate.write(out, row.certificate.encode(), row.signature, custody.render(chain), published.proof)
    return out, load_trust(config.trust_path())


@pytest.fixture
def spoiled(made: tuple[Path, Trust], tmp_path: Path) -> tuple[Path, Trust]:
    """A copy that a test may change."""
    shutil.copytree(made[0], tmp_path / "out")
    return tmp_path / "out", made[1]


def test_holds(made: tuple[Path, Trust]) -> None:
    """It says what, who and when; without its proof it holds too, and that is told."""
    checked = deletion_certificate.verify(*made)
    assert checked.logged
    officers = checked.value["officers"]
    assert isinstance(officers, list)
    assert [(one["certificate_number"], one["did"]) for one in officers] == [
        ("TEST-LI", "asked"),
        ("TEST-WANG", "agreed"),
    ]
    with pytest.raises(CertificateError):
        deletion_certificate.write(made[0], b"", b"", b"", b"")


def test_openssl_agrees(made: tuple[Path, Trust], tmp_path: Path) -> None:
    """Nobody needs our program to check the signature."""
    folder, anchors = made
    roots = tmp_path / "roots.pem"
    roots.write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in anchors.roots("report")))
    words = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", str(folder / SIGNATURE_NAME)]
    words += [
        "-content",
        str(folder / JSON_NAME),
        "-CAfile",
        str(roots),
        "-purpose",
        "any",
        "-out",
        str(tmp_path / "o"),
    ]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_a_proof(spoiled: tuple[Path, Trust]) -> None:
    """It holds, and is not called logged."""
    (spoiled[0] / PROOF_NAME).unlink()
    assert not deletion_certificate.verify(*spoiled).logged


@pytest.mark.parametrize("name", [JSON_NAME, SIGNATURE_NAME, CUSTODY_NAME, PROOF_NAME])
def test_every_changed_byte_is_found(spoiled: tuple[Path, Trust], name: str) -> None:
    """At forty places of each file, and when the file is cut or gone."""
    path = spoiled[0] / name
    data = path.read_bytes()
    for place in range(0, len(data), max(1, len(data) // 40)):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(CertificateError):
            deletion_certificate.verify(*spoiled)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CertificateError):
        deletion_certificate.verify(*spoiled)
    if name != PROOF_NAME:
        path.unlink()
        with pytest.raises(CertificateError):
            deletion_certificate.verify(*spoiled)


def test_other_trust_and_quorum(made: tuple[Path, Trust]) -> None:
    """Not our report root, not our log, too few witnesses."""
    folder, anchors = made
    for other in (replace(anchors, anchors=()), replace(anchors, note_keys=()), replace(anchors, quorum=1)):
        with pytest.raises(CertificateError):
            deletion_certificate.verify(folder, other)


def test_custody_must_end_with_this_certificate(spoiled: tuple[Path, Trust]) -> None:
    """A chain that was cut before its end holds as a chain, and proves nothing about the certificate."""
    path = spoiled[0] / CUSTODY_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    for kept in (lines[:-1], []):
        path.write_bytes(b"".join(kept))
        with pytest.raises(CertificateError):
            deletion_certificate.verify(*spoiled)


@pytest.mark.parametrize("change", [{"officers": []}, {"more": 1}, {"format": "x"}, {"deleted_at": "yesterday"}])
def test_other_forms(made: tuple[Path, Trust], change: dict[str, object]) -> None:
    """One officer, other fields, another format, no time."""
    value = deletion_certificate.parse((made[0] / JSON_NAME).read_bytes())
    with pytest.raises(CertificateError):
        deletion_certificate.parse(canonical_json({**value, **change}) + b"\n")
