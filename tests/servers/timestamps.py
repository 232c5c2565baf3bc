"""Two timestamp services in threads, whose faults a test sets and heals."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel.clock import now
from simulators.tsa.authority import load_or_make
from simulators.tsa.server import TsaServer

NAMES = ("alpha", "beta")


@dataclass(frozen=True)
class Timestamps:
    """Running services by name, and the folder of their roots."""

    services: dict[str, TsaServer]
    roots: Path

    def options(self) -> dict[str, str]:
        """Settings that name these services."""
        return {
            "TSA_URLS": ",".join(f"{name}={server.url()}" for name, server in self.services.items()),
            "TSA_CA_DIR": str(self.roots),
            "TSA_TEST_TRUST": ",".join(self.services),
        }

    def fail(self, fault: str, *names: str) -> None:
        """Give some services (all by default) a fault."""
        for name in names or self.services:
            self.services[name].fault = fault

    def heal(self) -> None:
        """All answer well again."""
        self.fail("")


@contextmanager
def timestamping(folder: Path) -> Iterator[Timestamps]:
    """Two services until the block ends."""
    roots = folder / "roots"
    roots.mkdir(parents=True)
    services = {}
    for name in NAMES:
        authority = load_or_make(name, folder / name, now())
        (roots / f"{name}.pem").write_bytes((folder / name / "root.pem").read_bytes())
        services[name] = TsaServer(authority)
        threading.Thread(target=services[name].serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Timestamps(services, roots)
    finally:
        for server in services.values():
            server.close()
