"""Holding two stems (字号 and 行业) against one another character by character, and saying what differs where."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from identity_verify.shape import same_shape
from identity_verify.sound import near_sound, same_sound

Difference = Literal["sound", "near-sound", "shape", "other", "extra", "missing", "swap"]
COST = {"sound": 30, "near-sound": 50, "shape": 35, "other": 100, "extra": 100, "missing": 100, "swap": 60}


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference: at a place of the registered stem, what the shop shows and what the registry has."""

    place: int
    shown: str
    registered: str
    kind: Difference


@lru_cache(maxsize=131_072)
def _substitution(left: str, right: str) -> Difference:
    if same_sound(left, right):
        return "sound"
    if same_shape(left, right):
        return "shape"
    return "near-sound" if near_sound(left, right) else "other"


def align(shown: str, registered: str) -> tuple[Edit, ...]:
    """The cheapest way from the registered stem to the shown one (optimal string alignment).

    What both have at either end is not looked at: most pairs differ in one place.
    """
    head = 0
    least = min(len(shown), len(registered))
    while head < least and shown[head] == registered[head]:
        head += 1
    tail = 0
    while tail < least - head and shown[-1 - tail] == registered[-1 - tail]:
        tail += 1
    left, right = shown[head : len(shown) - tail], registered[head : len(registered) - tail]
    if not left:
        return tuple(Edit(head + place, "", letter, "missing") for place, letter in enumerate(right))
    if not right:
        return tuple(Edit(head, letter, "", "extra") for letter in left)
    return _aligned(left, right, head)


def _aligned(left: str, right: str, offset: int) -> tuple[Edit, ...]:
    costs = [[100 * column for column in range(len(right) + 1)]]
    for row, first in enumerate(left, 1):
        above, current = costs[-1], [100 * row]
        best = 100 * row
        for column, second in enumerate(right, 1):
            # A function for each cell would double the time.
            cost = above[column - 1] + (0 if first == second else COST[_substitution(first, second)])
            aside = 100 + min(above[column], best)
            best = min(cost, aside)
            if row > 1 and column > 1 and first == right[column - 2] and left[row - 2] == second:
                best = min(best, costs[row - 2][column - 2] + COST["swap"])
            current.append(best)
        costs.append(current)
    return tuple(reversed(_walk_back(left, right, costs, offset)))


def _walk_back(left: str, right: str, costs: list[list[int]], offset: int) -> list[Edit]:
    row, column = len(left), len(right)
    edits: list[Edit] = []
    while row or column:
        here = costs[row][column]
        if row and column:
            first, second = left[row - 1], right[column - 1]
            if first == second and here == costs[row - 1][column - 1]:
                row, column = row - 1, column - 1
                continue
            if _is_swap(left, right, row, column) and here == costs[row - 2][column - 2] + COST["swap"]:
                edits.append(Edit(offset + column - 2, left[row - 2 : row], right[column - 2 : column], "swap"))
                row, column = row - 2, column - 2
                continue
            kind = _substitution(first, second)
            if first != second and here == costs[row - 1][column - 1] + COST[kind]:
                edits.append(Edit(offset + column - 1, first, second, kind))
                row, column = row - 1, column - 1
                continue
        if row and here == costs[row - 1][column] + 100:
            edits.append(Edit(offset + column, left[row - 1], "", "extra"))
            row -= 1
            continue
        edits.append(Edit(offset + column - 1, "", right[column - 1], "missing"))
        column -= 1
    return edits


def _is_swap(left: str, right: str, row: int, column: int) -> bool:
    return row > 1 and column > 1 and left[row - 1] == right[column - 2] and left[row - 2] == right[column - 1]


def is_doubled(edit: Edit, registered: str, before: str = "") -> bool:
    """True when a sign stands twice where the registered name has it once.

    Args:
        before: what stands before the registered text.
    """
    whole, place = before[-1:] + registered, edit.place + len(before[-1:])
    return edit.kind == "extra" and edit.shown in whole[max(0, place - 1) : place + 1]
