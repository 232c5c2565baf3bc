"""The words of the interface, Chinese and English side by side in one file.

``locale/messages.yml`` holds nested groups; a leaf is a list of two texts: Chinese, English.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
FOLDER = Path(__file__).parent / "locale"
WORDS_GROUP = "word"


def load(path: Path) -> dict[str, tuple[str, str]]:
    """All texts by dotted key.

    Raises:
        ValueError: a leaf is not a pair of non-empty texts, or a key stands twice in a group.
    """
    # BaseLoader makes nothing but text: a key ``on`` stays ``on``.
    source = path.read_text(encoding="utf-8")
    _refuse_twins(yaml.compose(source, Loader=yaml.BaseLoader))
    tree = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506 - makes only text
    return dict(_flatten("", tree))


def _refuse_twins(node: yaml.Node | None) -> None:
    """YAML takes the last of two equal keys, and the words of the first are gone unnoticed."""
    if not isinstance(node, yaml.MappingNode):
        return
    keys = [key.value for key, _ in node.value]
    if len(keys) != len(set(keys)):
        raise ValueError(f"expected each key once, got {min(key for key in keys if keys.count(key) > 1)!r} twice")
    for _, inner in node.value:
        _refuse_twins(inner)


def _flatten(prefix: str, value: object) -> list[tuple[str, tuple[str, str]]]:
    if isinstance(value, dict):
        result = []
        for key, item in value.items():
            result += _flatten(f"{prefix}.{key}" if prefix else str(key), item)
        return result
    if (
        isinstance(value, list)
        and len(value) == len(LANGUAGES)
        and all(isinstance(text, str) and text for text in value)
    ):
        return [(prefix, (value[0], value[1]))]
    raise ValueError(f"expected a Chinese and an English text at {prefix!r}, got {value!r}")


@lru_cache(maxsize=1)
def messages() -> Mapping[str, tuple[str, str]]:
    """The texts of the interface, read once."""
    return load(FOLDER / "messages.yml")


def text(language: Language, key: str, /, **values: object) -> str:
    """One text in one language, with ``{name}`` places filled in.

    Raises:
        KeyError: no such text.
    """
    return messages()[key][LANGUAGES.index(language)].format(**values)


def word(language: Language, group: str, value: str) -> str:
    """The name of a stored value (a state, a kind); a value without a name is shown as it is."""
    pair = messages().get(f"{WORDS_GROUP}.{group}.{value}")
    return pair[LANGUAGES.index(language)] if pair else value
