"""Characters that look alike, by groups written down in ``words/shapes.txt``."""

from functools import cache

from identity_verify.vocabulary import FOLDER


@cache
def _groups() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate((FOLDER / "shapes.txt").read_text(encoding="utf-8").splitlines()):
        for character in () if line.startswith("#") else line.split():
            found.setdefault(character, set()).add(number)
    return {character: frozenset(groups) for character, groups in found.items()}


def same_shape(left: str, right: str) -> bool:
    """True when two characters are easily taken for one another."""
    groups = _groups()
    return left in groups and right in groups and not groups[left].isdisjoint(groups[right])
