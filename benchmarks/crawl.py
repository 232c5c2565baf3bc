"""Our whole crawl pipeline against bare Scrapy, on the same pages from the same fast server.

``python -m benchmarks.crawl [PAGES [RUNS]]``. Three sides in turn, each a process of its own:

* ours: fetch, SHA-256, WARC, ten fields and more with their places, database rows, rules, search index;
* bare Scrapy with its default settings, which fetches and forgets;
* bare Scrapy tuned (``CONCURRENT_ITEMS=4``).

32 requests at a time, no delay. The clock runs from the first request at the server to the last page done:
with us that is judged and indexed, and the crawl process ended. Start-up of Python is not in it on any side.
Held: ours / default >= 0.9 and ours / tuned >= 0.55 (medians).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from urllib.request import urlopen

CONCURRENT = 32
DEFAULT_TARGET, TUNED_TARGET = 0.9, 0.55
ROOT = Path(__file__).resolve().parent.parent


class PageServer:
    """The page server as a process."""

    def __init__(self, folder: Path, pages: int, images: int = 0) -> None:
        ready = folder / "server.json"
        command = ["benchmarks.page_server", "--ready-file", str(ready), "--pages", str(pages), "--images", str(images)]
        self.process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT)
        while not (ready.exists() and ready.read_text()):
            if self.process.poll() is not None:
                raise SystemExit("the page server ended")
            time.sleep(0.05)
        self.port = int(json.loads(ready.read_text())["port"])

    def ask(self, path: str) -> Mapping[str, float]:
        """A word with the server itself."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            told: dict[str, float] = json.load(answer)
            return told


def once(server: PageServer, module: str, pages: int, *rest: str) -> dict[str, float]:
    """One run of one side; its answer with seconds since the first request."""
    server.ask("/_reset")
    words = [sys.executable, "-m", module, str(server.port), str(pages), str(CONCURRENT), *rest]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False, text=True)
    if done.returncode:
        raise SystemExit(f"{module} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if told["pages"] < pages or told.get("unjudged"):
        raise SystemExit(f"{module}: expected {pages} pages done, got {told}")
    return {**told, "seconds": told["ended"] - server.ask("/_first")["first"]}


def main() -> int:
    """All runs; exit code 1 when a target is missed."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    speeds: dict[str, list[float]] = {"ours": [], "default": [], "tuned": []}
    costs: dict[str, list[float]] = {"ours": [], "default": [], "tuned": []}
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {pages} pages, {runs} runs of each side")
    with tempfile.TemporaryDirectory(prefix="wangjian-bench-") as name:
        server = PageServer(Path(name), pages)
        try:
            for number in range(runs):
                for side, values in speeds.items():
                    if side == "ours":
                        told = once(server, "benchmarks.whole_pipeline", pages, str(Path(name) / f"run-{number}"))
                        if not number:
                            print("ours, first run:", {key: told[key] for key in ("listings", "facts", "hits")})
                    else:
                        extra = {"CONCURRENT_ITEMS": 4} if side == "tuned" else {}
                        told = once(server, "benchmarks.bare_scrapy", pages, json.dumps(extra))
                    values.append(pages / told["seconds"])
                    costs[side].append(told["cpu"] / pages * 1000)
        finally:
            server.process.kill()
            server.process.wait()
    for side, values in speeds.items():
        cost = median(costs[side])
        print(f"{side:8} {median(values):7.0f} pages/s [{min(values):.0f}-{max(values):.0f}]  CPU {cost:5.2f} ms/page")
    ratios = {side: median(speeds["ours"]) / median(speeds[side]) for side in ("default", "tuned")}
    met = ratios["default"] >= DEFAULT_TARGET and ratios["tuned"] >= TUNED_TARGET
    print(
        f"ours / default {ratios['default']:.2f} (>= {DEFAULT_TARGET}), ours / tuned {ratios['tuned']:.2f} "
        f"(>= {TUNED_TARGET}): {'met' if met else 'MISSED'}; load after {os.getloadavg()[0]:.1f}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
