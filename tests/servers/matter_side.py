"""An installation's interface and door as a process of its own, to be killed: ``… matter_side FOLDER PORT ORG``."""

import sys
from pathlib import Path

import uvicorn

from api.app import create_app
from kernel.config import Settings


def serve(folder: Path, port: int, org: str) -> None:
    """Serve until killed."""
    settings = Settings(data_dir=folder, web_port=port, exchange_org=org, exchange_suites=("ed25519-sha256",))
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
