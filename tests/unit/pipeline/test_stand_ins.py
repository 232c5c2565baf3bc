"""Which stand-ins are started, and how they are used."""

import json
from pathlib import Path

import pytest

from kernel.config import Settings
from pipeline.stand_ins import MARKET, SERVICES, STANDING, TRUST, next_day
from simulators.standins.stand_in import KINDS


def test_nothing_stands_in_for_what_is_set(config: Settings) -> None:
    """A real service has no stand-in beside it; where no witness is asked for there is none."""
    real = config.model_copy(update={"tsa_urls": {"a": "https://a.example/", "b": "https://b.example/"}})
    assert SERVICES["timestamps"].wanted(real) == {}
    assert SERVICES["witness"].wanted(config.model_copy(update={"witness_quorum": 0})) == {}


def test_every_stand_in_is_of_a_known_kind_and_has_its_own_name(tmp_path: Path) -> None:
    """As the process of the stand-ins takes it; the market is no standing one."""
    config = Settings(data_dir=tmp_path, witness_quorum=1)
    names: list[str] = []
    for service in SERVICES.values():
        for name, options in service.wanted(config).items():
            names.append(name)
            assert options["kind"] in KINDS
    assert len(names) == len(set(names))
    assert MARKET not in STANDING
    assert set(TRUST) <= set(STANDING)


def test_the_market_is_used_and_gets_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hosts are reached on its ports alone; the next run finds the next day on the same ports."""
    monkeypatch.setenv("WANGJIAN_HOST_DELAY_S", "3")
    config = Settings(data_dir=tmp_path)
    shops = "url,name,platform,reason\nhttp://b.example.test:81/,B,generic,r\nhttps://a.example.test:82/,A,generic,r\n"
    told = {"market": {"http_port": 81, "tls_port": 82, "ca_file": "/ca.pem", "shops": shops}}
    told["market"]["licence_host"] = "lz.example.test:81"
    used = SERVICES[MARKET].used(config, told)
    assert (
        used["WANGJIAN_EGRESS_HOSTS"] == "a.example.test=127.0.0.1,b.example.test=127.0.0.1,lz.example.test=127.0.0.1"
    )
    assert used["WANGJIAN_IDENTITY_LICENCE_HOSTS"] == "lz.example.test:81"
    assert used["WANGJIAN_EGRESS_ALLOW"].split(",")[:2] == ["a.example.test:81", "a.example.test:82"]
    assert used["WANGJIAN_EXTRA_CA_FILE"] == "/ca.pem"
    assert "WANGJIAN_HOST_DELAY_S" not in used
    assert "WANGJIAN_PAGE_TIMEOUT_S" in used
    next_day(config)
    next_day(config)
    SERVICES[MARKET].used(config, told)
    assert json.loads((tmp_path / "sample.json").read_text()) == {"http_port": 81, "tls_port": 82, "day": 2}
    assert SERVICES[MARKET].wanted(config)["market"]["day"] == 2
