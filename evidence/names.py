"""Names of files in a package: plain ASCII, relative, one meaning on every system."""

import re
from collections.abc import Callable, Iterable

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
MAX_LENGTH = 200

Refusal = Callable[[str, str], Exception]


def is_safe(name: str) -> bool:
    """Whether a name is allowed: ``[A-Za-z0-9._/-]``, no part empty or starting with ``.`` or ``-``."""
    return len(name) <= MAX_LENGTH and SAFE.fullmatch(name) is not None


def require_safe(name: str, refuse: Refusal) -> None:
    """Refuse an absolute, climbing, hidden, overlong or non-ASCII name (E111)."""
    if not is_safe(name):
        raise refuse("E111", f"expected a plain relative name, got {name[:80]!r}")


def require_distinct(names: Iterable[str], refuse: Refusal) -> None:
    """Refuse doubled names, names that differ by case only, and a file that is also a folder (E112)."""
    seen: set[str] = set()
    folders: set[str] = set()
    for name in names:
        folded = name.lower()
        if folded in seen:
            raise refuse("E112", f"expected distinct names, got another {name[:80]!r}")
        seen.add(folded)
        parts = folded.split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
    both = sorted(seen & folders)
    if both:
        raise refuse("E112", f"expected a file or a folder, got both: {both[0][:80]!r}")
