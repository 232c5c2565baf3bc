"""Witnesses of the log in threads, whose faults a test sets and heals."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.witness.notary import Notary
from simulators.witness.server import WitnessServer

NAMES = ("court", "notary")


@dataclass(frozen=True)
class Witnesses:
    """Running witnesses by name, and the folder of their verifier keys."""

    services: dict[str, WitnessServer]
    keys: Path

    def options(self) -> dict[str, str]:
        """Settings that name these witnesses, without the quorum."""
        return {
            "WITNESS_URLS": ",".join(f"{name}={server.url()}" for name, server in self.services.items()),
            "WITNESS_KEYS_DIR": str(self.keys),
            "WITNESS_TEST_TRUST": ",".join(self.services),
        }

    def fail(self, fault: str, *names: str) -> None:
        """Give some witnesses (all by default) a fault."""
        for name in names or self.services:
            self.services[name].notary.fault = fault

    def heal(self) -> None:
        """All answer well again."""
        self.fail("")

    def asked(self) -> int:
        """How many cosignatures were asked for."""
        return sum(server.asked for server in self.services.values())


@contextmanager
def witnessing(folder: Path, logs: Sequence[str], names: Sequence[str] = NAMES) -> Iterator[Witnesses]:
    """Witnesses that know these logs (verifier keys), until the block ends."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    services: dict[str, WitnessServer] = {}
    try:
        for name in names:
            notary = Notary(f"witness.example/{name}", folder / name, logs)
            (keys / f"{name}.vkey").write_text(notary.vkey + "\n")
            services[name] = WitnessServer(notary)
            threading.Thread(target=services[name].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Witnesses(services, keys)
    finally:
        for server in services.values():
            server.close()
