"""Outside services that have a stand-in while the settings name no real one, and what each needs and gives.

Whoever adds one writes ``wanted`` (what to start, nothing when a real one is set) and ``used`` (from what the stand-in
said when it served, the settings that lead to it), and a row of ``SERVICES``.
"""

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from evidence.keys import ensure_keys
from exchange.keys import ensure_exchange_keys
from kernel.clock import now
from kernel.config import Settings
from pipeline.crew import work_apart
from pipeline.exchange_node import own_card
from pipeline.process import free_port
from pipeline.wiring import open_database

Orders = Mapping[str, Mapping[str, object]]
"""Name of a stand-in to its options; ``kind`` is a kind of ``simulators.standins``, ``dir`` its own folder."""
Told = Mapping[str, Mapping[str, Any]]
"""Name of a stand-in to what it said when it served."""

TSA_NAMES = ("alpha", "beta")
WITNESS_NAME = "gamma"
LINKED_SYSTEMS = ("registration", "penalty", "complaint12315", "credit")
SAMPLE_STATE = "sample.json"
SAMPLE_ENVIRONMENT = {
    # The sample market is ours: no other party is burdened, so the pace may be quicker.
    "WANGJIAN_HOST_DELAY_S": "0.01",
    "WANGJIAN_HOST_CONCURRENCY": "4",
    "WANGJIAN_VISIT_MAX_SECONDS": "90",
    "WANGJIAN_PAGE_TIMEOUT_S": "8",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A service that may need stand-ins.

    Attributes:
        wanted: the stand-ins to start under these settings; none when real services are set.
        used: environment that makes this program use them.
    """

    wanted: Callable[[Settings], Orders]
    used: Callable[[Settings, Told], Mapping[str, str]]


def _wanted_timestamps(config: Settings) -> Orders:
    """Two timestamp authorities. They are test trust."""
    if config.tsa_urls:
        return {}
    return {f"tsa-{name}": {"kind": "tsa", "name": name, "dir": config.data_dir / "tsa" / name} for name in TSA_NAMES}


def _use_timestamps(config: Settings, told: Told) -> Mapping[str, str]:
    roots = config.keys_path() / "tsa"
    roots.mkdir(parents=True, exist_ok=True)
    for name in TSA_NAMES:
        folder = config.data_dir / "tsa" / name
        shutil.copyfile(folder / "root.pem", roots / f"{name}.pem")
        if (folder / "root.crl").is_file():
            shutil.copyfile(folder / "root.crl", roots / f"{name}.crl")
    return {
        "WANGJIAN_TSA_URLS": ",".join(f"{name}={told[f'tsa-{name}']['url']}" for name in TSA_NAMES),
        "WANGJIAN_TSA_CA_DIR": str(roots),
        "WANGJIAN_TSA_TEST_TRUST": ",".join(TSA_NAMES),
    }


def _wanted_witness(config: Settings) -> Orders:
    """A witness of the log. It is test trust."""
    if config.witness_urls or not config.witness_quorum:
        return {}
    log_key = config.data_dir / "run" / "log.vkey"
    log_key.parent.mkdir(parents=True, exist_ok=True)
    log_key.write_text(ensure_keys(config, now()).log.vkey, "utf-8")
    name, folder = f"wangjian.test/witness/{WITNESS_NAME}", config.data_dir / "witness" / WITNESS_NAME
    return {f"witness-{WITNESS_NAME}": {"kind": "witness", "name": name, "dir": folder, "log-key": log_key}}


def _use_witness(config: Settings, told: Told) -> Mapping[str, str]:
    started = told[f"witness-{WITNESS_NAME}"]
    keys = config.keys_path() / "witnesses"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / f"{WITNESS_NAME}.vkey").write_text(started["vkey"] + "\n", "utf-8")
    return {
        "WANGJIAN_WITNESS_URLS": f"{WITNESS_NAME}={started['url']}",
        "WANGJIAN_WITNESS_KEYS_DIR": str(keys),
        "WANGJIAN_WITNESS_TEST_TRUST": WITNESS_NAME,
        "WANGJIAN_WITNESS_QUORUM": "1",
    }


def _wanted_market(config: Settings) -> Orders:
    """The sample market, on the ports it had before where they are free."""
    path = config.data_dir / SAMPLE_STATE
    state = json.loads(path.read_text()) if path.exists() else {}
    ports = {
        name: free_port(int(state.get(name, wanted))) for name, wanted in (("http_port", 8610), ("tls_port", 8611))
    }
    day = int(state.get("day", 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**ports, "day": day}))  # the linked systems know the shops by these addresses
    return {"market": {"kind": "market", "port": ports["http_port"], "tls-port": ports["tls_port"], "day": day}}


def _use_market(config: Settings, told: Told) -> Mapping[str, str]:
    started = told["market"]
    path = config.data_dir / SAMPLE_STATE
    day = int(json.loads(path.read_text())["day"]) if path.exists() else 0
    ports = (started["http_port"], started["tls_port"])
    path.write_text(json.dumps({"http_port": ports[0], "tls_port": ports[1], "day": day}))
    urls = [line["url"] for line in csv.DictReader(io.StringIO(started["shops"]))]
    urls.append(f"http://{started['licence_host']}")
    names = sorted({urlsplit(url).hostname or "" for url in urls})
    return {
        "WANGJIAN_EGRESS_HOSTS": ",".join(f"{name}=127.0.0.1" for name in names),
        "WANGJIAN_EGRESS_ALLOW": ",".join(f"{name}:{port}" for name in names for port in ports),
        "WANGJIAN_EXTRA_CA_FILE": started["ca_file"],
        "WANGJIAN_IDENTITY_LICENCE_HOSTS": started["licence_host"],
        **{name: value for name, value in SAMPLE_ENVIRONMENT.items() if name not in os.environ},
    }


def _wanted_linked(config: Settings) -> Orders:
    """The four linked systems, for an installation that watches the sample market: their records are invented."""
    path = config.data_dir / SAMPLE_STATE
    if not path.exists() or any(getattr(config, f"linked_{system}_url") for system in LINKED_SYSTEMS):
        return {}
    state = json.loads(path.read_text())
    ports = {"market-port": state["http_port"], "market-tls-port": state["tls_port"]}
    return {"linked": {"kind": "linked", "dir": config.data_dir / "linked-stand-in", "extra": 40, **ports}}


def _use_linked(config: Settings, told: Told) -> Mapping[str, str]:
    del config
    started = told["linked"]
    found = {f"WANGJIAN_LINKED_{system.upper()}_URL": started["urls"][system] for system in LINKED_SYSTEMS}
    return found | {f"WANGJIAN_LINKED_{system.upper()}_TOKEN": started["token"] for system in LINKED_SYSTEMS}


def _wanted_national(config: Settings) -> Orders:
    """The national authority, for an installation that watches the sample market: nothing real is told to it."""
    if config.exchange_cards_dir or not (config.data_dir / SAMPLE_STATE).exists():
        return {}
    card = config.data_dir / "run" / "exchange-card.json"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(json.dumps(own_card(config, ensure_exchange_keys(config), now()), ensure_ascii=False), "utf-8")
    folder = config.data_dir / "national"
    folder.mkdir(parents=True, exist_ok=True)
    # In a process of its own, so that what makes tables does not stay in that of the stand-ins.
    work_apart(lambda: open_database(Settings(data_dir=folder, database_url="")).close())
    return {"national": {"kind": "national", "dir": folder, "card": card}}


def _use_national(config: Settings, told: Told) -> Mapping[str, str]:
    cards = config.data_dir / "exchange-cards"
    cards.mkdir(parents=True, exist_ok=True)
    (cards / "000000.json").write_text(json.dumps(told["national"]["card"], ensure_ascii=False), "utf-8")
    return {"WANGJIAN_EXCHANGE_CARDS_DIR": str(cards)}


def next_day(config: Settings) -> None:
    """Let the sample market be a day older at the next run. Effects: ``sample.json`` in the data directory."""
    path = config.data_dir / SAMPLE_STATE
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "day": int(state["day"]) + 1}))


MARKET = "market"
TRUST = ("timestamps", "witness")
"""What a command that seals or renews needs."""
SERVICES: Mapping[str, Service] = {
    MARKET: Service(_wanted_market, _use_market),
    "timestamps": Service(_wanted_timestamps, _use_timestamps),
    "witness": Service(_wanted_witness, _use_witness),
    "linked": Service(_wanted_linked, _use_linked),
    "national": Service(_wanted_national, _use_national),
}
STANDING = tuple(name for name in SERVICES if name != MARKET)
"""What a command that stays needs: all but the market, which is for samples."""
