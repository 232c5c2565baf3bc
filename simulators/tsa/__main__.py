"""``python -m simulators.tsa --name alpha --dir DIR --port 0 --ready-file FILE [--fault NAME]``.

``--name``, ``--dir`` and ``--ready-file`` may be given several times: as many authorities, each with a key and a port
of its own, in one process.
"""

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
    parser.add_argument("--name", required=True, action="append")
    parser.add_argument("--dir", required=True, type=Path, action="append")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", type=Path, action="append", default=[])
    parser.add_argument("--fault", choices=FAULTS, default="")
    options = parser.parse_args(arguments)
    if len(options.dir) != len(options.name) or len(options.ready_file) not in {0, len(options.name)}:
        parser.error("expected a --dir, and a --ready-file or none, for each --name")
    servers = [
        TsaServer(load_or_make(name, folder, now()), options.port, options.fault)
        for name, folder in zip(options.name, options.dir, strict=True)
    ]
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    for path, name, folder, server in zip(options.ready_file, options.name, options.dir, servers, strict=False):
        ready = {"name": name, "url": server.url(), "root": str(folder / "root.pem")}
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(ready), "utf-8")
        aside.rename(path)
    stop.wait()
    for server in servers:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
