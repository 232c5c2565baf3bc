"""``python -m simulators.market serve | labels | shops``."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from simulators.market.labels import labels, sample_shops, shop_list
from simulators.market.model import Ports
from simulators.market.server import RunningMarket, serve, write_ready
from simulators.market.world import DEFAULT_SEED, World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulators.market", description="示例市场 / the sample market")
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve", help="在本机提供示例市场 / serve it on loopback")
    server.add_argument("--http-port", "--port", dest="http_port", type=int, default=0)
    server.add_argument("--tls-port", type=int, default=0)
    server.add_argument("--ready-file", type=Path, help="就绪后写入端口和证书位置的 JSON / JSON with ports and ca_file")
    truth = commands.add_parser("labels", help="输出标注 / print the ground truth")
    shop_list = commands.add_parser("shops", help="输出店铺 CSV / print the shops as CSV")
    for one in (truth, shop_list):
        one.add_argument("--http-port", "--port", dest="http_port", type=int, default=80)
        one.add_argument("--tls-port", type=int, default=443)
    for one in (server, truth):
        one.add_argument("--day", type=int, default=0)
        one.add_argument("--seed", type=int, default=DEFAULT_SEED)
    return parser


async def _serve(ports: Ports, *, day: int, seed: int, ready_file: Path | None) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[RunningMarket] = loop.create_future()
    with tempfile.TemporaryDirectory(prefix="market-") as folder:
        task = loop.create_task(serve(ports, Path(folder), day=day, seed=seed, ready=ready))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait((ready, task), return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            running = ready.result()
            if ready_file is not None:
                write_ready(ready_file, running)
            sys.stderr.write(f"market: http {running.ports.http}, tls {running.ports.tls}, ca {running.ca_file}\n")
        with contextlib.suppress(asyncio.CancelledError):
            await task


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did its work."""
    chosen = _parser().parse_args(arguments)
    ports = Ports(chosen.http_port, chosen.tls_port)
    if chosen.command == "serve":
        uvloop.run(_serve(ports, day=chosen.day, seed=chosen.seed, ready_file=chosen.ready_file))
    elif chosen.command == "labels":
        json.dump(labels(World(chosen.day, ports, chosen.seed)), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(shop_list(sample_shops(ports)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
