"""The processes of one machine: stand-ins for outside services, workers, the web interface."""

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from crawlers.capture_door import VARIABLE as CAPTURE_SERVICE
from crawlers.capture_door import open_door
from evidence.keys import ensure_keys
from kernel.clock import monotonic, now
from kernel.config import ROOT, Settings, settings
from kernel.private_redis import PrivateRedis
from pipeline.errors import ProcessError
from pipeline.nursery import share
from pipeline.process import Child, wait_for_file

START_SECONDS = 40.0
WORKER_MODULE = "pipeline"
CAPTURE_MODULE = "crawlers.capture.service"
WORKER_RESTARTS = 5
"""Losing Redis ends a worker; the job it held goes on with the next one."""
TSA_NAMES = ("alpha", "beta")
WITNESS_NAME = "gamma"
SAMPLE_ENVIRONMENT = {
    # The sample market is ours: no other party is burdened, so the pace may be quicker.
    "WANGJIAN_HOST_DELAY_S": "0.01",
    "WANGJIAN_HOST_CONCURRENCY": "4",
    "WANGJIAN_VISIT_MAX_SECONDS": "90",
    "WANGJIAN_PAGE_TIMEOUT_S": "8",
}


def free_port(wanted: int = 0) -> int:
    """A free loopback port: the wanted one when it is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ProcessError("expected a free port on loopback, got none")


class Stack:
    """Child processes that live as long as this object.

    Args:
        config: settings at the start; :attr:`config` holds them with what was started filled in.
    """

    def __init__(self, config: Settings) -> None:
        self.config = config
        self.children: list[Child] = []
        self._restarts = 0
        self._door: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log_folder(self) -> Path:
        """Where children write their logs."""
        return self.config.data_dir / "log"

    def stop(self) -> None:
        """End all children, newest first, and the private Redis last."""
        while self.children:
            self.children.pop().stop()
        if self._door is not None:
            self._door.close()
            self._door = None
            del os.environ[CAPTURE_SERVICE]
        if not self.config.redis_url:
            PrivateRedis(self.config.data_dir).stop()

    def _start(self, module: str, arguments: list[str], name: str) -> Child:
        child = Child(module, arguments, log=self.log_folder / f"{name}.log")
        self.children.append(child)
        return child

    def _set(self, values: Mapping[str, str]) -> None:
        """Give settings to this process and all children that come."""
        os.environ.update(values)
        settings.cache_clear()
        self.config = settings()

    def start_timestamps(self) -> None:
        """Two stand-in timestamp authorities, unless real ones are set. They are test trust."""
        if self.config.tsa_urls:
            return
        roots = self.config.keys_path() / "tsa"
        roots.mkdir(parents=True, exist_ok=True)
        folders = {name: self.config.data_dir / "tsa" / name for name in TSA_NAMES}
        ready = {name: self._fresh(f"tsa-{name}.json") for name in TSA_NAMES}
        arguments = [
            word
            for name, folder in folders.items()
            for word in ("--name", name, "--dir", str(folder), "--ready-file", str(ready[name]))
        ]
        child = self._start("simulators.tsa", arguments, "tsa")
        urls = []
        for name, folder in folders.items():
            url = json.loads(wait_for_file(ready[name], child, START_SECONDS))["url"]
            shutil.copyfile(folder / "root.pem", roots / f"{name}.pem")
            if (folder / "root.crl").is_file():
                shutil.copyfile(folder / "root.crl", roots / f"{name}.crl")
            urls.append(f"{name}={url}")
        self._set(
            {
                "WANGJIAN_TSA_URLS": ",".join(urls),
                "WANGJIAN_TSA_CA_DIR": str(roots),
                "WANGJIAN_TSA_TEST_TRUST": ",".join(TSA_NAMES),
            }
        )

    def start_witness(self) -> None:
        """A stand-in witness of the log, unless real ones are set. It is test trust."""
        if self.config.witness_urls or not self.config.witness_quorum:
            return
        keys = self.config.keys_path() / "witnesses"
        keys.mkdir(parents=True, exist_ok=True)
        log_key = self.config.data_dir / "run" / "log.vkey"
        log_key.parent.mkdir(parents=True, exist_ok=True)
        log_key.write_text(ensure_keys(self.config, now()).log.vkey, "utf-8")
        ready = self._fresh(f"witness-{WITNESS_NAME}.json")
        words = ["--name", f"wangjian.test/witness/{WITNESS_NAME}", "--log-key", str(log_key), "--port", "0"]
        folder = self.config.data_dir / "witness" / WITNESS_NAME
        arguments = [*words, "--dir", str(folder), "--ready-file", str(ready)]
        child = self._start("simulators.witness", arguments, f"witness-{WITNESS_NAME}")
        started = json.loads(wait_for_file(ready, child, START_SECONDS))
        (keys / f"{WITNESS_NAME}.vkey").write_text(started["vkey"] + "\n", "utf-8")
        self._set(
            {
                "WANGJIAN_WITNESS_URLS": f"{WITNESS_NAME}={started['url']}",
                "WANGJIAN_WITNESS_KEYS_DIR": str(keys),
                "WANGJIAN_WITNESS_TEST_TRUST": WITNESS_NAME,
                "WANGJIAN_WITNESS_QUORUM": "1",
            }
        )

    def start_market(self) -> bytes:
        """The sample market on loopback, one day later at each run.

        Returns:
            its shop list as CSV.
        """
        state_path = self.config.data_dir / "sample.json"
        state = json.loads(state_path.read_text()) if state_path.exists() else {}
        state = {
            "http_port": free_port(int(state.get("http_port", 8610))),
            "tls_port": free_port(int(state.get("tls_port", 8611))),
            "day": int(state.get("day", 0)),
        }
        ready = self._fresh("market.json")
        ports = ["--port", str(state["http_port"]), "--tls-port", str(state["tls_port"])]
        arguments = ["serve", *ports, "--day", str(state["day"]), "--ready-file", str(ready)]
        child = self._start("simulators.market", arguments, "market")
        started = json.loads(wait_for_file(ready, child, START_SECONDS))
        state_path.write_text(json.dumps(state))
        listing = subprocess.run(
            [sys.executable, "-m", "simulators.market", "shops", *ports], capture_output=True, check=True, cwd=ROOT
        ).stdout
        lines = csv.DictReader(io.StringIO(listing.decode()))
        names = sorted({urlsplit(line["url"]).hostname or "" for line in lines})
        hosts = [f"{name}=127.0.0.1" for name in names]
        allowed = [f"{name}:{port}" for name in names for port in (state["http_port"], state["tls_port"])]
        self._set(
            {
                "WANGJIAN_EGRESS_HOSTS": ",".join(hosts),
                "WANGJIAN_EGRESS_ALLOW": ",".join(allowed),
                "WANGJIAN_EXTRA_CA_FILE": started["ca_file"],
                **{name: value for name, value in SAMPLE_ENVIRONMENT.items() if name not in os.environ},
            }
        )
        return listing

    def next_day(self) -> None:
        """Let the sample market be a day older at the next run."""
        path = self.config.data_dir / "sample.json"
        state = json.loads(path.read_text())
        path.write_text(json.dumps({**state, "day": int(state["day"]) + 1}))

    def start_workers(self, count: int) -> None:
        """Workers that take jobs from the queue, out of one process that loads what they share.

        Beside them the capture service, whose driver all their browsers share.
        """
        share("pipeline.warmth.warm_up")
        if self._door is None:
            self._door, os.environ[CAPTURE_SERVICE] = open_door()
            log = self.log_folder / "capture.log"
            self.children.append(Child(CAPTURE_MODULE, log=log, source=self._door.fileno()))
        self._start(WORKER_MODULE, ["worker", "--count", str(count)], "worker")

    def start_web(self) -> Child:
        """The web interface and its replay origin."""
        self._set(
            {
                "WANGJIAN_WEB_PORT": str(free_port(self.config.web_port)),
                "WANGJIAN_REPLAY_PORT": str(free_port(self.config.replay_port)),
            }
        )
        return self._start("api", [], "web")

    def wait_until_served(self, web: Child) -> None:
        """Wait until the interface takes calls, so that the printed address opens.

        Raises:
            ProcessError: it ended, or did not come up in time.
        """
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline and web.code() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.config.web_host, self.config.web_port)) == 0:
                    return
            time.sleep(0.1)
        raise ProcessError(f"expected the web interface to come up, got: {web.tail()}", hint=f"Read {web.log}.")

    def dead(self) -> list[Child]:
        """Children that ended by themselves, those apart that were started again a few times."""
        ended = [child for child in self.children if child.code() is not None]
        for child in ended:
            if child.module in {WORKER_MODULE, CAPTURE_MODULE} and self._restarts < WORKER_RESTARTS:
                self._restarts += 1
                child.stop()
                self.children[self.children.index(child)] = child.again()
        return [child for child in ended if child in self.children]

    def _fresh(self, name: str) -> Path:
        path = self.config.data_dir / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        return path
