"""The processes of one machine: stand-ins for outside services, workers, the web interface."""

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from crawlers.capture_door import VARIABLE as CAPTURE_SERVICE
from crawlers.capture_door import open_door
from kernel.clock import monotonic
from kernel.config import Settings, settings
from kernel.private_redis import PrivateRedis
from pipeline.errors import ProcessError
from pipeline.nursery import share
from pipeline.process import Child, free_port, wait_for_file
from pipeline.stand_ins import SERVICES, STANDING, Told

START_SECONDS = 120.0
WORKER_MODULE = "pipeline"
CAPTURE_MODULE = "crawlers.capture.service"
WORKER_RESTARTS = 5
"""Losing Redis ends a worker; the job it held goes on with the next one."""


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

    def start_stand_ins(self, names: Sequence[str] = STANDING) -> Told:
        """One process with the stand-ins of these services that have no real ones set; nothing when all have.

        Args:
            names: keys of ``pipeline.stand_ins.SERVICES``.

        Returns:
            what each said when it served.
        """
        wanted = {name: orders for name in names if (orders := SERVICES[name].wanted(self.config))}
        if not wanted:
            return {}
        ready = self._fresh("stand-ins.json")
        arguments = ["--ready-file", str(ready)]
        for orders in wanted.values():
            for key, options in orders.items():
                arguments += ["--stand-in", key, *(f"{option}={value}" for option, value in options.items())]
        child = self._start("simulators.standins", arguments, "stand-ins")
        told: Told = json.loads(wait_for_file(ready, child, START_SECONDS))
        for name in wanted:
            self._set(SERVICES[name].used(self.config, told))
        return told

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
