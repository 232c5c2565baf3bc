"""The tamper corpus written out once a test run, for all verifiers, tests and workers that read it."""

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAKE_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The corpus as files.

    Attributes:
        folder: ``trust/`` and one zip a mutation. entries: name, file, at, exit_code, steps of each, in the order
            of the corpus.
    """

    folder: Path
    entries: tuple[dict[str, Any], ...]

    @property
    def trust(self) -> Path:
        """The folder of the trust list."""
        return self.folder / "trust"

    def package(self, name: str) -> Path:
        """The file of a mutation."""
        return self.folder / f"{name}.zip"


def shelf_folder(base: Path) -> Path:
    """Where the corpus of this test run stands: one for all its workers, each of which has a base folder of its own."""
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "tamper-corpus"


def open_shelf(folder: Path) -> Shelf:
    """The corpus in a folder, made there by the first who asks; others wait for it.

    It is made by a process of its own: sealing wants the event loop for itself, which a browser may hold here.

    Raises:
        CalledProcessError: it could not be made; the next who asks tries again.

    Effects: files below ``folder``; only a whole corpus gets the name ``whole``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "whole"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.is_dir():
            made = folder / f"made-by-{os.getpid()}"
            command = [sys.executable, "-W", "error", "-m", "tests.data.evidence.corpus", str(made)]
            subprocess.run(command, check=True, timeout=MAKE_TIMEOUT_S, cwd=Path(__file__).parents[3])
            made.rename(whole)
    return Shelf(whole, tuple(json.loads((whole / "index.json").read_text("utf-8"))))
