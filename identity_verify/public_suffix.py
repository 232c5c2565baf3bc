"""Public suffixes: below which names everybody may register one.

The list is the one that the package tldextract ships. The package itself is not loaded: it brings a whole HTTP client
to fetch newer lists, and keeps this one as 17,000 objects where one text does.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import idna

_RULE = re.compile(r"^(?P<rule>[.*!]*\w[\S]*)", re.MULTILINE)


@cache
def _rules() -> str:
    """All rules, private ones too, each between two line ends."""
    package = find_spec("tldextract")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("expected the package tldextract, whose list of public suffixes is read")
    text = Path(package.origin).with_name(".tld_set_snapshot").read_text("utf-8")
    return "\n".join(["", *sorted({match["rule"] for match in _RULE.finditer(text)}), ""])


def suffix_labels(host: Sequence[str]) -> int:
    """How many labels at the end of a host are a public suffix; 0 where no rule fits.

    Args:
        host: its labels, A-labels or others, in any case.

    Spec: Public Suffix List, algorithm; an exception (``!``) goes before a wildcard (``*``).
    """
    labels = [_decoded(label) for label in host]
    rules, best = _rules(), 0
    for count in range(1, len(labels) + 1):
        name = ".".join(labels[-count:])
        if f"\n!{name}\n" in rules:
            return count - 1
        above = ".".join(labels[-count + 1 :]) if count > 1 else ""
        if f"\n{name}\n" in rules or (above and f"\n*.{above}\n" in rules):
            best = count
    return best


def _decoded(label: str) -> str:
    lowered = label.lower()
    if lowered.startswith("xn--"):
        try:
            return idna.decode(lowered)
        except (UnicodeError, IndexError):
            return lowered
    return lowered
