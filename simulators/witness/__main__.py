"""``python -m simulators.witness --name NAME --dir DIR --log-key FILE --port 0 --ready-file FILE [--fault NAME]``."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from simulators.witness.notary import FAULTS, Notary
from simulators.witness.server import WitnessServer


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT.

    Effects: key and memory in ``--dir``; ``--ready-file`` gets ``{"name", "url", "vkey"}`` once it serves.
    """
    parser = argparse.ArgumentParser(prog="simulators.witness", description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--dir", required=True, type=Path)
    parser.add_argument("--log-key", required=True, type=Path, action="append")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", type=Path)
    parser.add_argument("--fault", choices=FAULTS, default="")
    options = parser.parse_args(arguments)
    logs = [path.read_text("utf-8") for path in options.log_key]
    server = WitnessServer(Notary(options.name, options.dir, logs, options.fault), options.port)
    stop = threading.Event()

    def _stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    if options.ready_file:
        ready = {"name": options.name, "url": server.url(), "vkey": server.notary.vkey}
        aside = options.ready_file.with_suffix(".new")
        aside.write_text(json.dumps(ready), "utf-8")
        aside.rename(options.ready_file)
    stop.wait()
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
