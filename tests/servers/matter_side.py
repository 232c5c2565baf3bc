"""An installation's door of the exchange as a process of its own, to be killed: ``… matter_side FOLDER PORT ORG``.

With the handlers of the product; without its pages, which take far longer to load than the exchange.
"""

import sys
from pathlib import Path

from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from pipeline.exchange_node import open_gateway
from tests.servers import exchange_door


def serve(folder: Path, port: int, org: str) -> None:
    """Serve until killed."""
    config = Settings(data_dir=folder, web_port=port, exchange_org=org, exchange_suites=("ed25519-sha256",))
    gateway = open_gateway(config, Database(config.sqlalchemy_url()))
    exchange_door.serve(port, lambda body: (200, gateway.answer(body, at=now())))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
