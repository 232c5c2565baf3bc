"""Faults of a line: as many as asked for, of every kind, the same in every run."""

import json

from kernel.crypto import canonical_json
from simulators.national.faults import KINDS, FaultyLine

BODY = canonical_json({"messages": list(range(50))})


def _run(share: float, calls: int = 200, kinds: tuple[str, ...] = KINDS) -> tuple[FaultyLine, list[bytes], list[int]]:
    came: list[bytes] = []

    def door(body: bytes) -> bytes:
        came.append(body)
        return b"answer"

    line = FaultyLine(door, share, seed=5, kinds=kinds)
    return line, came, [line.call(BODY)[0] for _ in range(calls)]


def test_a_share_of_the_calls_is_spoiled() -> None:
    """About that many, by each kind; without a share none."""
    line, _, statuses = _run(0.3)
    assert 40 < sum(line.met.values()) < 80
    assert set(line.met) == set(KINDS)
    assert {200, 500, 0} == set(statuses)
    assert _run(0.0)[2] == [200] * 200
    assert _run(0.3)[0].met == line.met


def test_each_kind_does_what_it_says() -> None:
    """Lost before, lost after, twice, late, refused, in another order."""
    calls = {kind: _run(1.0, 3, (kind,)) for kind in KINDS}
    assert [len(calls[kind][1]) for kind in ("drop", "lose-answer", "duplicate", "refuse", "delay")] == [0, 3, 6, 0, 3]
    assert calls["lose-answer"][2] == calls["drop"][2] == [0] * 3
    assert calls["refuse"][2] == [500] * 3
    mixed = json.loads(calls["reorder"][1][0])["messages"]
    assert mixed != sorted(mixed)
    assert sorted(mixed) == list(range(50))
