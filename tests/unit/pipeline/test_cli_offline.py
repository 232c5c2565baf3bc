"""The commands for packages, from packing to the receipt, with two installations on one machine."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from evidence import officer
from kernel.clock import now
from kernel.config import settings
from kernel.models import User
from pipeline.cli import main
from pipeline.exchange_node import open_gateway, own_card
from pipeline.wiring import open_database

PASSWORD = "correct horse battery"
Run = Callable[..., int]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes this process an installation of an organisation."""

    def be(org: str) -> None:
        monkeypatch.setenv("WANGJIAN_DATA_DIR", str(tmp_path / org))
        monkeypatch.setenv("WANGJIAN_EXCHANGE_ORG", org)
        settings.cache_clear()

    return be


def _officers() -> None:
    database = open_database(settings())
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.write() as session:
        for number, account in enumerate(("li", "wang")):
            officer.add(
                session, name=account, number=f"沪A{number:04d}", unit="测试所", account=account,
                valid_from=now() - timedelta(days=1), valid_to=now() + timedelta(days=900), actor="t", at=now(),
            )  # fmt: skip
            session.add(
                User(name=account, display_name=account, roles=["investigator"], password_hash=digest, created_at=now())
            )
    database.close()


def _card(path: Path) -> None:
    config = settings()
    database = open_database(config)
    path.write_text(json.dumps({**own_card(config, open_gateway(config, database).keys, now()), "url": "offline:"}))
    database.close()


def test_out_and_back(
    tmp_path: Path,
    at_home: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Packed (3), released by two with their passwords (3, 0), carried, opened, receipted; a replay fails (1)."""
    package, medium = "310000-000000-000001", tmp_path / "medium"
    for org in ("310000", "000000"):
        at_home(org)
        _card(tmp_path / f"{org}.json")
    at_home("000000")
    assert main(["exchange", "peer-add", str(tmp_path / "310000.json")]) == 0
    at_home("310000")
    assert main(["exchange", "peer-add", str(tmp_path / "000000.json")]) == 0
    _officers()
    (tmp_path / "note.txt").write_text("synthetic")
    assert main(["exchange", "pack", "000000", "--purpose", "移送", "--file", str(tmp_path / "note.txt")]) == 3
    assert main(["exchange", "carry", package, "--out", str(medium)]) == 1
    for account, expected in (("li", 3), ("wang", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        assert main(["exchange", "release", package, "--account", account]) == expected
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    assert main(["exchange", "release", package, "--account", "li"]) == 1
    assert main(["exchange", "carry", package, "--out", str(medium)]) == 0
    assert main(["exchange", "packages"]) == 0
    assert main(["exchange", "withdraw", package]) == 1
    at_home("000000")
    moved = medium / "volume-0001.bin"
    kept = moved.read_bytes()
    moved.unlink()
    assert main(["exchange", "open", str(medium)]) == 3
    moved.write_bytes(kept)
    assert main(["exchange", "open", str(medium), "--receipts", str(tmp_path / "back")]) == 0
    assert main(["exchange", "open", str(medium), "--receipts", str(tmp_path / "back")]) == 1
    content = tmp_path / "000000" / "exchange" / "incoming" / package / "content" / "files" / "note.txt"
    assert content.read_text() == "synthetic"
    at_home("310000")
    assert main(["exchange", "receipt", str(tmp_path / "back" / f"receipt-{package}.json")]) == 0
    assert main(["exchange", "pack", "310115", "--purpose", "x"]) == 1
    said = capsys.readouterr()
    assert "replay" in said.err
    assert f"{package}  out  released" in said.out
    at_home("310000")
    assert main(["exchange", "withdraw", package]) == 1
