"""Mutations of what the seal says of the capture: everything is signed and logged, and it is not what the node left."""

import hashlib
import json
from collections.abc import Callable

from kernel.crypto import canonical_json
from tests.data.evidence.corpus_people import CUSTODY, after_node, folded
from tests.data.evidence.forge import Bag
from tests.data.evidence.mutation import Mutation, edited, files, resealed

FACTS, CAPTURE, COMPLETENESS = "meta/seal.json", "meta/capture.json", "meta/completeness.json"


def _claimed(bag: Bag, **claims: str | None) -> Bag:
    """By somebody with all keys but the node's: other facts of the seal, and no report yet that says otherwise."""
    facts = {key: value for key, value in {**json.loads(bag.files[FACTS]), **claims}.items() if value is not None}
    return after_node(bag.put({FACTS: canonical_json(facts) + b"\n", "report.pdf": None}))


def _c(name: str, code: str = "E814", **claims: str | None) -> Mutation:
    return Mutation(
        f"insider-claims-{name}", files(lambda p: _claimed(p.good, **claims)), 3 if code[0] == "N" else 1, (code,)
    )


def _record(bag: Bag, change: Callable[[bytes], bytes], name: str = CAPTURE) -> Bag:
    """By somebody with all keys: another record of the capture, captured and approved as it now is."""
    made = edited(bag, name, change)
    events = [json.loads(line) for line in made.files[CUSTODY].splitlines()]
    for event in events:
        if event["action"] in {"captured", "approved"}:
            event["object_sha256"] = hashlib.sha256(made.files[CAPTURE]).hexdigest()
    return resealed(made.put({CUSTODY: folded(events), "report.pdf": None}))


def _w(name: str, change: Callable[[bytes], bytes], code: str = "E814") -> Mutation:
    whole = code == "N001"
    return Mutation(f"insider-record-{name}", files(lambda p: _record(p.good, change)), 3 if whole else 1, (code,))


def _before(text: bytes) -> Callable[[bytes], bytes]:
    """Something put in front of all members."""
    return lambda data: b"{" + text + b"," + data[1:]


STARTED = b'"started_at":"2026-11-25T07:59:40.000000Z"'

CLAIMS: list[Mutation] = [
    _c("the-same", "N001"),
    _c("less", "N000", completeness=None),
    _c("another-start", captured_from="2026-11-25T07:59:41.000000Z"),
    _c("another-end", captured_to="2026-11-25T07:59:54.000000Z"),
    _c("another-page", url="https://shop.example.test/item/2"),
    _c("a-page-with-a-mark", url='https://shop.example.test/item/1"'),
    _c("another-origin", origin_tls="none"),
    _c("an-unknown-origin", origin_tls="unknown"),
    _c("no-word-for-the-origin", origin_tls="valid"),
    _c("partial-of-a-whole", completeness="PARTIAL"),
    Mutation(
        "insider-claims-whole-of-a-partial", files(lambda p: _claimed(p.partial, completeness="COMPLETE")), 1, ("E814",)
    ),
    Mutation(
        "insider-claims-good-of-a-bad-origin", files(lambda p: _claimed(p.bad_tls, origin_tls="good")), 1, ("E814",)
    ),
    Mutation("insider-claims-tls-of-a-plain-page", files(lambda p: _claimed(p.plain, origin_tls="good")), 1, ("E814",)),
    Mutation(
        "insider-claims-without-a-node",
        files(lambda p: _claimed(p.bare, captured_to="2026-11-25T07:59:54.000000Z")),
        1,
        ("E814",),
    ),
    _w("spaced", lambda data: json.dumps(json.loads(data), indent=1, ensure_ascii=False).encode(), "N001"),
    _w("of-nothing", lambda _: b""),
    _w("cut", lambda data: data[: data.index(STARTED) + 20]),
    _w("in-a-list", lambda data: b"[" + data + b"]"),
    _w("time-twice", _before(STARTED)),
    _w("time-twice-otherwise", _before(STARTED.replace(b"07:59", b"07:58"))),
    _w("time-deeper", _before(b'"a":{' + STARTED.replace(b"07:59", b"07:58") + b"}"), "N001"),
    _w("time-in-a-list", _before(b'"a":[{' + STARTED.replace(b"07:59", b"07:58") + b"}]"), "N001"),
    _w("time-in-a-text", _before(b'"a":"\\",' + STARTED.replace(b'"', b'\\"') + b'"'), "N001"),
    _w("time-gone", lambda data: data.replace(STARTED, b'"a":""')),
    _w("time-of-a-number", lambda data: data.replace(STARTED, b'"started_at":5')),
    _w("time-in-its-list", lambda data: data.replace(STARTED, STARTED.replace(b":", b":[", 1) + b"]")),
    _w("time-with-a-line", lambda data: data.replace(STARTED, STARTED[:-1] + b'\n"')),
    _w("time-with-a-nul", lambda data: data.replace(STARTED, STARTED[:-1] + b'\0"')),
    _w("time-escaped", lambda data: data.replace(STARTED, STARTED.replace(b"Z", b"\\u005a"))),
    _w("name-escaped", lambda data: data.replace(b'"started_at"', b'"started\\u005fat"')),
    _w("name-with-a-nul", lambda data: data.replace(b'"started_at"', b'"started_at\0"')),
    _w("name-with-a-slash", _before(b'"main_document/tls_verdict":{"state":"invalid"}'), "N001"),
    _w("name-empty", _before(b'"":{"started_at":"x"},"":["y"]'), "N001"),
    _w("unended-text", lambda data: data + b'"', "N001"),
    _w("more-ends", lambda data: data + b"}}}}", "N001"),
    _w("again-behind", lambda data: data + b"}}" + data),
    _w("too-deep-before", _before(b'"a":' + b"[" * 64 + b"]" * 64)),
    _w("deep-before", _before(b'"a":' + b"[" * 63 + b"]" * 63), "N001"),
    _w("mark-alone", lambda data: b'"' + data),
    _w("mark-behind-a-stroke", lambda data: b"\\" + data, "N001"),
    _w("of-no-utf-8", _before(b'"a":"\xff\xfe"'), "N001"),
    _w("with-a-bom", lambda data: b"\xef\xbb\xbf" + data, "N001"),
    Mutation(
        "insider-record-verdict-twice",
        files(lambda p: _record(p.good, _before(b'"verdict":"COMPLETE"'), COMPLETENESS)),
        1,
        ("E814",),
    ),
    _w("of-another", lambda data: data.replace(b'"id":"ev-good"', b'"id":"ev-else"')),
    _w("of-four-megabytes", lambda data: data + b" " * 4_000_000),
]
