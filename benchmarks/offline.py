"""Packing and opening a gigabyte: sealed in volumes, then verified, decrypted and hashed file by file.

python -m benchmarks.offline --megabytes 1024
"""

import argparse
import base64
import os
import resource
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from exchange.offline.hand import Hand
from exchange.offline.manifest import GENESIS
from exchange.offline.opening import inspect, take_volumes, unpack
from exchange.offline.pack import Order, write_package
from exchange.suite import suite
from kernel.clock import monotonic

LIMIT_S = 60.0
AT = datetime(2026, 11, 25, tzinfo=UTC)
FILES = 8


def _hands(name: str) -> tuple[Hand, Hand]:
    chosen = suite(name)
    signing, sealing = chosen.new_key(), chosen.new_sealing_key()

    def sign(data: bytes) -> Mapping[str, str]:
        return {"suite": name, "kid": "k", "value": base64.b64encode(chosen.sign(signing, data)).decode()}

    def verify(data: bytes, signature: Mapping[str, str]) -> None:
        chosen.verify(chosen.public(signing), data, base64.b64decode(signature["value"]))

    def wrap(key: bytes, info: bytes) -> bytes:
        return chosen.seal(chosen.public(sealing), key, info)

    def unwrap(sealed: bytes, info: bytes) -> bytes:
        return chosen.open(sealing, sealed, info)

    rest = (name, sign, verify, chosen.content_key_bytes, wrap, unwrap, chosen.encrypt, chosen.decrypt)
    return Hand("310115", "310000", *rest), Hand("310000", "310115", *rest)


def main() -> int:
    """Pack, open, compare. Returns: 0 when it fits in the time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--suite", default="ed25519-sha256")
    options = parser.parse_args()
    sender, receiver = _hands(options.suite)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = []
        for number in range(FILES):
            path = folder / f"{number}.bin"
            with path.open("wb") as stream:
                for _ in range(options.megabytes // FILES):
                    stream.write(os.urandom(1 << 20))
            files.append((f"files/{number}.bin", path))
        begun = monotonic()
        order = Order(1, GENESIS, "benchmark", 0, volume_bytes=100 << 20)
        made = write_package(sender, order, files, folder / "out", at=AT)
        packed = monotonic()
        arrived = inspect(folder / "out", lambda code: receiver if code == "310115" else None)
        missing = take_volumes(arrived, folder / "out", folder / "in")
        unpack(arrived, folder / "in", folder / "content")
        opened = monotonic()
    total = opened - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{options.suite} {options.megabytes} MB in {len(made.volumes)} volumes, missing {len(missing)}:", end=" ")
    print(f"packed {packed - begun:.1f} s, opened {opened - packed:.1f} s, total {total:.1f} s, memory {memory} MiB")
    return 0 if not missing and total <= LIMIT_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
