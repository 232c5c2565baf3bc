"""The market's words: shops, goods, sentences, read once from the files in ``data``."""

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> dict[str, Any]:
    """The mapping in ``data/<name>.yml``."""
    loaded = yaml.safe_load((DATA / f"{name}.yml").read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError(f"expected a mapping in {name}.yml, got {type(loaded).__name__}")
    return loaded


def dice(seed: int, *parts: object) -> Random:
    """A random source that depends on nothing but its arguments."""
    return Random(f"{seed}/" + "/".join(str(part) for part in parts))
