"""Beacons: fresh, shared, never silently missing."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from evidence import timestamp
from evidence.timestamp import Timestamper, open_timestampers
from kernel.clock import now, parse_iso
from kernel.config import Settings
from kernel.crypto import sha256_hex
from pipeline import beacon as beacon_module
from pipeline.beacon import Beacons
from tests.servers.timestamps import Timestamps, timestamping

NOTE = b"wangjian/log/test\n7\nroot\n\n-- signature\n"


@pytest.fixture(scope="module")
def timestamps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timestamps]:
    """Two services."""
    with timestamping(tmp_path_factory.mktemp("tsa")) as opened:
        yield opened


@pytest.fixture
def services(timestamps: Timestamps, tmp_path: Path) -> Iterator[tuple[Settings, tuple[Timestamper, ...]]]:
    """Settings and open services; all well again afterwards."""
    options = {name.lower(): value for name, value in timestamps.options().items()}
    config = Settings(data_dir=tmp_path / "data", **options)  # type: ignore[arg-type]
    with ExitStack() as stack:
        opened = open_timestampers(config)
        for service in opened:
            stack.enter_context(service.client)
        yield config, opened
    timestamps.heal()


def test_captures_within_the_age_share_one(services: tuple[Settings, tuple[Timestamper, ...]]) -> None:
    """Another process too; a new one when it is too old; the token is over the note."""
    config, opened = services
    first, other = (Beacons(config, opened, lambda: NOTE) for _ in range(2))
    told = first.order()
    assert other.order() == told
    response = base64.b64decode(told["response"])
    stamp = timestamp.check(response, bytes.fromhex(sha256_hex(told["note"].encode())), [opened[0].root])
    assert (told["tsa"], parse_iso(told["at"])) == ("alpha", stamp.gen_time)
    assert abs((now() - stamp.gen_time).total_seconds()) < 5
    hasty = Beacons(config.model_copy(update={"beacon_max_age_s": 1e-6}), opened, lambda: NOTE)
    assert hasty.order()["response"] != told["response"]
    for beacons in (first, other, hasty):
        beacons.close()


def test_the_other_service_answers_where_one_fails(
    services: tuple[Settings, tuple[Timestamper, ...]], timestamps: Timestamps
) -> None:
    """One token is enough; without any the reason is told."""
    config, opened = services
    beacons = Beacons(config, opened, lambda: NOTE)
    timestamps.fail("500", "alpha")
    assert beacons.order()["tsa"] == "beta"
    (config.data_dir / "run" / "beacon.json").unlink()
    timestamps.fail("500")
    assert "evidence.tsa" in beacons.order()["reason"]
    beacons.close()


@pytest.mark.parametrize("kept", [b"", b"{}", b'{"note":"x","response":"AAAA","tsa":"alpha"}', b'{"note":"x"}'])
def test_a_damaged_one_is_made_anew(services: tuple[Settings, tuple[Timestamper, ...]], kept: bytes) -> None:
    """What lies in the file is checked like any answer of a service."""
    config, opened = services
    path = config.data_dir / "run" / "beacon.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(kept)
    beacons = Beacons(config, opened, lambda: NOTE)
    assert beacons.order()["note"] == NOTE.decode()
    beacons.close()


def test_no_checkpoint_or_no_time_is_told(
    services: tuple[Settings, tuple[Timestamper, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The capture goes on, its record says why."""
    config, opened = services
    beacons = Beacons(config, opened, lambda: None)
    assert "no witnessed checkpoint" in beacons.order()["reason"]
    monkeypatch.setattr(beacon_module, "WAIT_S", 0.0)
    assert "within 0 s" in beacons.order()["reason"]
    beacons.close()
