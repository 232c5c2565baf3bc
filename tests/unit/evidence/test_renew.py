"""Renewal: twenty years in steps, with authorities that end and others that come."""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import archive_list, evidence_record, export, manifest, renew, shell, trust
from evidence.errors import EvidenceError, TimestampError
from evidence.export import Aids
from evidence.package import open_package
from evidence.renew import Standing
from evidence.verdict import Report, State
from evidence.verify import verify
from simulators.tsa.authority import make
from tests.data.evidence.workshop import AT, Workshop, open_workshop

YEAR = timedelta(days=365)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """Services whose certificates live two years."""
    with open_workshop(tmp_path, days=730) as opened:
        yield opened


def _new_authorities(shop: Workshop, at: datetime) -> None:
    """New roots, under new names, and certificates for both services, and the clock at ``at``."""
    for name, server in shop.servers.items():
        server.authority, _ = make(f"{name} {at:%Y}", at, days=4 * 365)
        server.fixed_time = at
        root = server.authority.root.public_bytes(Encoding.PEM)
        (Path(shop.settings.tsa_ca_dir) / f"{name}.pem").write_bytes(root)


def _renewed(shop: Workshop, stored: Path, target: Path, at: datetime) -> Report:
    trust.publish(shop.settings)
    with export.open_press(shop.settings, shop.trust(), at) as press:
        return renew.renew(stored, target, press, settings=shop.settings, aids=Aids(b"<p>verifier")).report


def _steps(report: Report) -> dict[str, tuple[State, str]]:
    return {step.key: (step.state, step.code) for step in report.steps}


def test_twenty_years(shop: Workshop, tmp_path: Path) -> None:
    """Renewed in time it stands, expired is not invalid; without renewal W312 is told; the shell agrees."""
    first = newest = shop.seal("ev-long").path
    for number in range(7):
        at = AT + timedelta(days=700) + number * 3 * YEAR
        _new_authorities(shop, at)
        target = tmp_path / f"renewed-{number}.zip"
        assert _steps(_renewed(shop, newest, target, at))["renewal"][1] == "OK"
        newest = target
    end = AT + 21 * YEAR
    alone = verify(first, trust=shop.trust(), at=end)
    assert not alone.failed()
    assert _steps(alone)["renewal"] == (State.INDETERMINATE, "W312")
    kept = verify(newest, trust=shop.trust(), at=end)
    assert not kept.failed()
    said = _steps(kept)
    assert said["renewal"] == (State.PASSED, "OK")
    assert said["signature"] == said["timestamp:alpha"] == (State.PASSED, "W310")
    assert said["report"][0] is State.PASSED
    assert kept.root_sha256 == alone.root_sha256
    script = tmp_path / "verify.sh"
    script.write_bytes(shell.script())
    process = subprocess.run(
        ["/bin/sh", script, shop.settings.trust_path(), newest],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "AT": str(int(end.timestamp()))},
    )
    lines = re.findall(r"^ ?[0-9]+ ([a-z]\S*) ([A-Z_]+) ([A-Z0-9]+) ", process.stdout.decode(), re.MULTILINE)
    assert lines == [(step.key, step.state.value, step.code) for step in kept.steps]


def test_the_record_is_about_the_list(shop: Workshop, tmp_path: Path) -> None:
    """RFC 4998 over the same list; everything but the closing is covered; the verifier's page went in first."""
    stored, target = shop.seal("ev-long").path, tmp_path / "new.zip"
    _renewed(shop, stored, target, AT)
    package = open_package(target)
    folder = f"seal/renewals/{AT:%Y%m%dT%H%M%SZ}"
    listed = package.read(f"{folder}/{archive_list.LIST}")
    assert manifest.VERIFIER.encode() in listed
    for line in listed.decode().splitlines():
        assert hashlib.sha512(package.read(line[130:])).hexdigest() == line[:128]
    token = evidence_record.token_of(package.read(f"{folder}/{archive_list.RECORD}"))
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "list").write_bytes(listed)
    root = Path(shop.settings.tsa_ca_dir) / "alpha.pem"
    command = ["openssl", "ts", "-verify", "-data", "list", "-in", "token", "-token_in", "-CAfile", str(root)]
    command += ["-attime", str(int(AT.timestamp()))]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    found = renew.standing(package, shop.trust())
    assert (found.since, found.reasons(AT, 90)) == (AT, ())


def test_no_answer_no_renewal(shop: Workshop, tmp_path: Path) -> None:
    """Nothing half-made is left."""
    stored = shop.seal("ev-long").path
    shop.servers["beta"].fault = "reject"
    with pytest.raises(TimestampError):
        _renewed(shop, stored, tmp_path / "new.zip", AT)
    assert not (tmp_path / "new.zip").exists()


def test_when_it_is_due(shop: Workshop) -> None:
    """Within the notice before the first certificate ends, but not every day."""
    found = renew.standing(open_package(shop.seal("ev-long").path), shop.trust())
    assert found.since == AT
    assert found.ends == AT + timedelta(days=730)
    assert found.reasons(AT + timedelta(days=600), 90) == ()
    assert found.reasons(AT + timedelta(days=650), 90)[0].startswith("certificates end")
    assert found.reasons(AT + timedelta(days=5000), 90)
    near = Standing(AT, AT + timedelta(days=40), frozenset())
    assert near.reasons(AT + timedelta(days=5), 90) == ()
    assert near.reasons(AT + timedelta(days=31), 90)
    weak = Standing(AT, AT + 20 * YEAR, frozenset({"rsa-2048"}))
    assert weak.reasons(AT + timedelta(days=60), 90) == ()
    assert weak.reasons(AT + 5 * YEAR, 90)[0].startswith("rsa-2048")
    assert Standing(AT + 5 * YEAR, AT + 20 * YEAR, frozenset({"rsa-2048"})).reasons(AT + 6 * YEAR, 90) == ()


def test_what_does_not_hold_is_not_covered_up(shop: Workshop) -> None:
    """Without known services there is no standing."""
    package = open_package(shop.seal("ev-long").path)
    with pytest.raises(EvidenceError):
        renew.standing(package, trust.Trust(()))
