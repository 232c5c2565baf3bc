"""``python -m simulators.tsa --name alpha --dir DIR --port 0 --ready-file FILE [--fault NAME]``."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from kernel.clock import now
from simulators.tsa.authority import FAULTS, load_or_make
from simulators.tsa.server import TsaServer


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT.

    Effects: keys and ``root.pem`` in ``--dir``; ``--ready-file`` gets ``{"name", "url", "root"}`` once it serves.
    """
    parser = argparse.ArgumentParser(prog="simulators.tsa", description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--dir", required=True, type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", type=Path)
    parser.add_argument("--fault", choices=FAULTS, default="")
    options = parser.parse_args(arguments)
    server = TsaServer(load_or_make(options.name, options.dir, now()), options.port, options.fault)
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    if options.ready_file:
        ready = {"name": options.name, "url": server.url(), "root": str(options.dir / "root.pem")}
        aside = options.ready_file.with_suffix(".new")
        aside.write_text(json.dumps(ready), "utf-8")
        aside.rename(options.ready_file)
    stop.wait()
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
