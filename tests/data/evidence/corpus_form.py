"""Mutations in forms that one verifier could read otherwise than the others: keys, names, numbers, sizes."""

import base64
import json
from collections.abc import Callable
from typing import Any

from evidence.custody import ZERO, event_hash
from kernel.crypto import canonical_json
from tests.data.evidence import forge
from tests.data.evidence.forge import CHECKPOINT, Bag, Entry
from tests.data.evidence.mutation import Make, Mutation, Parts, files, replaced, resealed

CUSTODY, FACTS, REDACTIONS = "meta/custody.jsonl", "meta/seal.json", "redactions.json"
AUTHORITY = "meta/authority.json"
YEAR_0, YEAR_2099 = "0000-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"


def _facts(bag: Bag, change: dict[str, str]) -> Bag:
    """By somebody with all keys: other facts of the seal in their right form."""
    value = {**json.loads(bag.files[FACTS]), **change}
    return resealed(bag.put({FACTS: canonical_json(value) + b"\n"}))


def _custody(change: Callable[[dict[str, Any]], object]) -> Make:
    """By somebody with all keys: events changed, each with its right hash."""

    def made(parts: Parts) -> bytes:
        previous, lines = ZERO, []
        for line in parts.good.files[CUSTODY].splitlines():
            record = {**json.loads(line), "prev_hash": previous}
            change(record)
            del record["hash"]
            record["hash"] = previous = event_hash(record)
            lines.append(canonical_json(record) + b"\n")
        return resealed(parts.good.put({CUSTODY: b"".join(lines)})).zip()

    return made


def _detail(value: object) -> Make:
    return _custody(lambda record: record.update(detail=value))


def _at(day: Callable[[int], str | None]) -> Make:
    """Events on another day, by their number."""
    return _custody(lambda record: record.update(at=f"{day(record['seq']) or record['at'][:10]}{record['at'][10:]}"))


def _clock(first: str, second: str) -> Make:
    """The first two events at other times of their day."""
    said = {1: first, 2: second}
    return _custody(
        lambda record: record.update(at=f"{record['at'][:11]}{said.get(record['seq'], record['at'][11:26])}Z")
    )


def _nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


def _c(name: str, make: Make, code: str = "E502") -> Mutation:
    return Mutation(f"insider-custody-{name}", make, 1, (code, "E702"))


def _stranger(bag: Bag) -> Bag:
    """A cosignature under a name that no note may hold."""
    line = "\u2014 !court " + base64.b64encode(b"abcd" + b"x" * 72).decode() + "\n"
    return bag.recheck(bag.files[CHECKPOINT] + line.encode()).reclose()


def _derived(bag: Bag, file: str, parent: str = "data/dom.html") -> Bag:
    value = json.loads(bag.files[REDACTIONS])
    value["derived"] = [{"file": file, "how": "x", "parent": parent}]
    return bag.put({REDACTIONS: canonical_json(value) + b"\n"}).reclose(bag.shop.keys.report)


def _half(bag: Bag, name: str, old: bytes, new: bytes) -> Bag:
    """Half of a pair of signs in a text, which JSON can hold and UTF-8 cannot."""
    made = replaced(bag, name, old, new)
    return made if name == AUTHORITY else made.reclose(bag.shop.keys.report)


def _zip(*entries: Entry) -> Make:
    return lambda _: forge.zip_bytes(entries)


def _extra(name: str) -> Entry:
    return Entry(name, b"x", local_extra=b"abcd")


def _packed(name: str) -> Entry:
    return Entry(name, b"x", method=8, stored=b"zz9")


FORMS: list[Mutation] = [
    Mutation(
        "insider-facts-quote-in-key",
        files(lambda p: _facts(p.good, {'a"completeness': "COMPLETE", "completeness": "PARTIAL"})),
        1,
        ("W601", "E702"),
    ),
    Mutation(
        "insider-facts-quote-in-key-of-time",
        files(
            lambda p: _facts(
                p.good,
                {
                    'a"captured_from': "2026-11-25T07:59:40.000000Z",
                    'a"captured_to': "2026-11-25T07:59:55.000000Z",
                    "captured_from": YEAR_2099,
                    "captured_to": YEAR_2099,
                },
            )
        ),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-facts-year-0",
        files(lambda p: _facts(p.bare, {"captured_from": YEAR_0, "captured_to": YEAR_0})),
        1,
        ("E501",),
    ),
    _c("other-evidence", _custody(lambda r: r.update(evidence_id="ev-other", detail={"evidence_id": "ev-good"}))),
    _c("evidence-in-detail", _detail({"evidence_id": "ev-other", "hash": "0" * 64, "prev_hash": "x", "seq": 9}), "OK"),
    _c("extra-key", _custody(lambda r: r.update(extra="x"))),
    _c("seq-true", _custody(lambda r: r.update(seq=True) if r["seq"] == 1 else None)),
    _c("seq-text", _custody(lambda r: r.update(seq=str(r["seq"])))),
    _c("number-long", _detail({"n": 10**18})),
    _c("number-longest", _detail({"n": [10**18 - 1, 1 - 10**18, 0, -1]}), "OK"),
    _c("kinds", _detail({"a": [], "b": {}, "c": [True, False, None, {"": '\\"\n\x01\x7f甲😀'}], "d\n": 1}), "OK"),
    _c("deep", _detail(_nested(63)), "OK"),
    _c("too-deep", _detail(_nested(64))),
    _c("time-loose", _custody(lambda r: r.update(at="2026-11-25T08:00:00Z"))),
    _c("time-none", _custody(lambda r: r.update(at=None) if r["seq"] == 1 else None)),
    _c("time-of-no-day", _at(lambda seq: "2026-02-29" if seq == 2 else None)),
    _c("time-of-a-leap-day", _at(lambda seq: "2024-02-29" if seq == 1 else None), "OK"),
    _c("time-year-0", _at(lambda seq: "0000-11-25" if seq == 1 else None)),
    _c("time-of-old", _at(lambda seq: "1969-12-31" if seq == 1 else None), "OK"),
    _c("times-back", _at(lambda seq: "2026-11-24" if seq == 3 else None), "W504"),
    _c("times-back-five-minutes", _clock("07:58:00.999999", "07:53:00.000000"), "OK"),
    _c("times-back-over-five-minutes", _clock("07:58:00.000000", "07:52:59.999999"), "W504"),
    _c("time-after-the-stamps", _at(lambda seq: "2026-11-26" if seq == 4 else None), "E501"),
    _c("time-at-the-end-of-all", _at(lambda seq: "9999-12-31" if seq == 4 else None), "E501"),
    _c("time-five-minutes-after-the-stamps", _clock("07:58:00.000000", "08:05:00.999999"), "W504"),
    _c("time-over-five-minutes-after-the-stamps", _clock("07:58:00.000000", "08:05:01.000000"), "E501"),
    _c("large", _custody(lambda r: r.update(detail={"x": "y" * 4_100_000}) if r["seq"] == 1 else None)),
    Mutation(
        "redacted-half-sign", files(lambda p: _half(p.redacted, REDACTIONS, b"officer-1", b"\\ud800")), 1, ("E902",)
    ),
    Mutation(
        "redacted-half-raw", files(lambda p: _half(p.redacted, REDACTIONS, b"officer-1", b"\xed\xa0\x80")), 1, ("E902",)
    ),
    Mutation(
        "insider-authority-half-sign",
        files(lambda p: resealed(_half(p.good, AUTHORITY, "电子商务法".encode(), b"\\udfff"))),
        1,
        ("E801",),
    ),
    Mutation("witness-odd-name", files(lambda p: _stranger(p.good)), 1, ("E403", "E304")),
    Mutation("redacted-derived-climbs", files(lambda p: _derived(p.redacted, "seal/../README.txt")), 1, ("E902",)),
    Mutation(
        "redacted-derived-spaced", files(lambda p: _derived(p.redacted, "README.txt", " data/dom.html")), 1, ("E902",)
    ),
    Mutation("zip-names-control", _zip(Entry("data/\x01", b"x"), Entry("data/\x02", b"x")), 1, ("E111",)),
    Mutation("zip-names-foreign", _zip(Entry("data/\xe8", b"x"), Entry("data/\xe9", b"x")), 1, ("E111",)),
    Mutation("zip-names-foreign-case", _zip(Entry("data/\xc9", b"x"), Entry("data/\xe9", b"x")), 1, ("E112",)),
    # One letter in both its Unicode forms: two names for one file on some computers.
    Mutation("zip-names-twins", _zip(Entry("data/e\xcc\x81", b"x"), Entry("data/\xc3\xa9", b"x")), 1, ("E111",)),
    Mutation("zip-extra-then-packed", _zip(_extra("a"), _packed("b")), 1, ("E110",)),
    Mutation("zip-packed-then-extra", _zip(_packed("a"), _extra("b")), 1, ("E114",)),
]
