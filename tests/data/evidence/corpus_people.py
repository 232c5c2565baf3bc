"""Mutations of custody, authorisation, the node's signature and the running hash."""

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from evidence import cms
from evidence.custody import ZERO, event_hash, render
from kernel.crypto import canonical_json
from tests.data.evidence import forge
from tests.data.evidence.corpus_signature import foreign_signer
from tests.data.evidence.forge import NODE, Bag
from tests.data.evidence.mutation import Mutation, drop_line, edit, edited, files, put, replaced, resealed, swap_lines
from tests.data.evidence.workshop import AT, CUTS, MEMBER, WARC, custody_of

AUTHORITY, RUNNING, CUSTODY = "meta/authority.json", "meta/running.jsonl", "meta/custody.jsonl"
LIST, SIGNED = NODE


def _authority(change: Callable[[dict[str, Any]], object]) -> Callable[[Bag], Bag]:
    """By somebody with all keys: another record of authorisation in its right form."""

    def made(bag: Bag) -> Bag:
        value = json.loads(bag.files[AUTHORITY])
        change(value)
        custody = approved(bag.files[CUSTODY], value)
        return resealed(bag.put({AUTHORITY: canonical_json(value) + b"\n", CUSTODY: custody}))

    return made


def approved(custody: bytes, record: dict[str, Any]) -> bytes:
    """The chain of custody with the approvals that a record tells of, in the place of its own."""
    events = [one for one in map(json.loads, custody.splitlines()) if one["action"] != "approved"]
    captured = events[-1]
    captured["actor"] = record["captured_by"]
    common = {"authorisation": record["number"], "case_number": record["case_number"]}
    for officer in record["officers"]:
        detail = common | {key: officer[key] for key in ("certificate_number", "name", "unit")}
        at = officer["approved_at"]
        events.append({**captured, "action": "approved", "actor": "somebody", "at": at, "detail": detail})
    return folded(events)


def folded(events: list[dict[str, Any]]) -> bytes:
    """Events as a chain that folds: numbers and hashes made anew."""
    previous, lines = ZERO, b""
    for place, event in enumerate(events, start=1):
        event.update(seq=place, prev_hash=previous)
        event["hash"] = previous = event_hash(event)
        lines += canonical_json(event) + b"\n"
    return lines


def _set(key: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.update({key: value})


def _officer(key: str, value: object, place: int = 1) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["officers"][place].update({key: value})


def _window(first: str, last: str) -> Callable[[dict[str, Any]], object]:
    """Another time of validity; both officers approved in it, after the capture where that may be."""
    start, end = (day if "T" in day else f"{day}T00:00:00.000000Z" for day in (first, last))
    approved_at = min(max(start, "2026-11-25T07:57:00.000000Z"), end)

    def change(record: dict[str, Any]) -> None:
        for officer in record["officers"]:
            officer["approved_at"] = approved_at
        record.update({"valid_from": start, "valid_to": end})

    return change


def _task(first: str, last: str) -> Callable[[dict[str, Any]], object]:
    """A task without officers of another time of validity."""
    return lambda record: (_window(first, last)(record), record.update({"officers": [], "kind": "task"}))


def _approved(at: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: [officer.update({"approved_at": at}) for officer in record["officers"]]


def _chain(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Bag], Bag]:
    """By somebody with all keys: another chain of custody that folds, beside the same record of authorisation."""

    def made(bag: Bag) -> Bag:
        events = [json.loads(line) for line in bag.files[CUSTODY].splitlines()]
        change(events)
        return resealed(bag.put({CUSTODY: folded(events)}))

    return made


def _captured(key: str, value: object) -> Callable[[list[dict[str, Any]]], object]:
    return lambda events: next(one for one in events if one["action"] == "captured").update({key: value})


def _last(**changes: object) -> Callable[[list[dict[str, Any]]], object]:
    return lambda events: events[-1].update(changes)


def _digests(value: object) -> Callable[[list[dict[str, Any]]], object]:
    """What was captured and approved, by another digest."""

    def change(events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["action"] in {"captured", "approved"}:
                event["object_sha256"] = value

    return change


def _captured_again(events: list[dict[str, Any]]) -> None:
    """After the approvals the page was captured anew."""
    first = next(one for one in events if one["action"] == "captured")
    seen, first["object_sha256"] = first["object_sha256"], "ab" * 32
    for event in events[-2:]:
        event["object_sha256"] = "ab" * 32
    events.append({**first, "object_sha256": seen})


def _k(name: str, change: Callable[[list[dict[str, Any]]], object], code: str = "E803") -> Mutation:
    return Mutation(f"insider-custody-{name}", files(lambda p: _chain(change)(p.good)), 1, (code, "E702"))


def _a(name: str, change: Callable[[dict[str, Any]], object], code: str = "E801") -> Mutation:
    return Mutation(f"insider-{name}", files(lambda p: _authority(change)(p.good)), 1, (code, "E702"))


AUTHORITIES: list[Mutation] = [
    Mutation("authority-missing", put(AUTHORITY, None), 1, ("E103",)),
    Mutation("authority-of-other", files(lambda p: p.good.swapped(AUTHORITY, p.other)), 1, ("E101",)),
    Mutation("authority-officer", edit(AUTHORITY, lambda d: d.replace(b"XX-0002", b"XX-0003")), 1, ("E101",)),
    Mutation("authority-utf8", edit(AUTHORITY, lambda d: d.replace("甲".encode(), b"\xff")), 1, ("E101", "E801")),
    _a("officer-twice", lambda r: r.update({"officers": [r["officers"][0]] * 2})),
    _a("officer-same-certificate", _officer("certificate_number", "XX-0001")),
    _a("officer-same-name", _officer("name", "甲"), "OK"),
    _a("officer-nameless", _officer("name", "")),
    _a("officer-without-certificate", _officer("certificate_number", "")),
    _a("officer-one", lambda r: r["officers"].pop()),
    _a("officers-none-in-case", _set("officers", [])),
    _a("officers-none-in-task", lambda r: r.update({"officers": [], "kind": "task"}), "W801"),
    _a("officers-in-task", _set("kind", "task"), "OK"),
    _a(
        "officers-three",
        lambda r: r["officers"].append({**r["officers"][0], "name": "丙", "certificate_number": "XX-3"}),
        "OK",
    ),
    _a("officer-one-in-task", lambda r: r.update({"officers": r["officers"][:1], "kind": "task"})),
    _a("officer-approved-early", _officer("approved_at", "2026-11-01T00:00:00.000000Z")),
    _a("officer-approved-late", _officer("approved_at", "2027-11-01T00:00:00.000000Z")),
    _a("officer-approved-loosely", _officer("approved_at", "2026-11-25T07:57:00Z")),
    _a("officer-approved-after-the-stamps", _officer("approved_at", "2026-11-25T08:05:00.000001Z"), "E802"),
    _a("officer-approved-within-tolerance", _officer("approved_at", "2026-11-25T08:05:00.000000Z"), "OK"),
    _a("authority-from-after-capture", _window("2026-11-25T08:04:40.000001Z", "2026-11-30"), "W802"),
    _a("authority-from-within-tolerance", _window("2026-11-25T08:04:40.000000Z", "2026-11-30"), "OK"),
    _a("authority-to-before-capture", _task("2020-01-01", "2026-11-25T07:54:39.999999Z"), "W802"),
    _a("authority-to-within-tolerance", _task("2020-01-01", "2026-11-25T07:54:40.000000Z"), "W801"),
    _a("authority-of-no-day", _task("2026-02-30", "2026-02-31"), "W802"),
    _a("officer-approved-on-no-day", _window("2026-02-30", "2026-02-31"), "E804"),
    _a("officer-approved-before-the-capture", _officer("approved_at", "2026-11-25T07:54:54.999999Z"), "E804"),
    _a("officers-approved-the-day-before", _approved("2026-11-24T09:00:00.000000Z"), "E804"),
    _a("officer-approved-just-before", _officer("approved_at", "2026-11-25T07:54:55.000000Z"), "OK"),
    _a("authority-of-year-nought", _window("0000-01-01", "9999-12-31"), "OK"),
    _a("authority-of-a-task-before", _task("2020-01-01", "2020-12-31"), "W802"),
    _a("officer-extra-key", _officer("phone", "1")),
    _a("authority-kind", _set("kind", "favour")),
    _a("authority-number", _set("number", "")),
    _a("authority-basis", _set("basis", "")),
    _a("authority-one-account", _set("sealed_by", "system:capture")),
    _a("authority-nobody", _set("captured_by", "")),
    _a("authority-window", _set("valid_to", "2026-11-01T00:00:00.000000Z")),
    _a("authority-window-loose", _set("valid_from", "2026-11-01")),
    _a("authority-extra-key", _set("note", "x")),
    _a("authority-number-not-text", _set("number", 5)),
    _k("same", lambda _: None, "OK"),
    _k("captured-by-another", _captured("actor", "officer-9")),
    _k("captured-by-no-text", _captured("actor", 5)),
    _k("captured-by-a-mark", _captured("actor", '"')),
    _k("other-capture", _digests("ab" * 32)),
    _k("capture-of-no-text", _digests(5)),
    _k("capture-not-named", _digests(""), "OK"),
    _k("captured-again", _captured_again),
    _k("approval-gone", lambda events: events.pop()),
    _k("approval-of-another-capture", _last(object_sha256="ab" * 32)),
    _k("approval-of-nothing", _last(object_sha256="")),
    _k("approval-at-another-time", _last(at="2026-11-25T07:57:00.000001Z")),
    _k("approval-by-another", lambda events: events[-1]["detail"].update(name="丙")),
    _k("approval-for-another-case", lambda events: events[-1]["detail"].update(case_number="ev-other")),
    _k("approval-under-another-number", lambda events: events[-1]["detail"].update(authorisation="x")),
    _k("approval-with-more", lambda events: events[-1]["detail"].update(note="x")),
    _k("approval-as-list", lambda events: events[-1].update(detail=[events[-1]["detail"]])),
    _k("approval-as-text", _last(detail="x")),
    _k("approval-as-another-act", _last(action="read")),
    _k("nothing-captured", lambda events: events.remove(next(one for one in events if one["action"] == "captured"))),
    Mutation(
        "insider-authority-spaced",
        files(lambda p: resealed(edited(p.good, AUTHORITY, lambda d: d.replace(b",", b", ", 1)))),
        1,
        ("E801",),
    ),
    Mutation(
        "insider-authority-no-end", files(lambda p: resealed(edited(p.good, AUTHORITY, lambda d: d[:-1]))), 1, ("E801",)
    ),
    Mutation(
        "insider-authority-two-lines",
        files(lambda p: resealed(edited(p.good, AUTHORITY, lambda d: d + d))),
        1,
        ("E801",),
    ),
    Mutation(
        "insider-authority-key-twice",
        files(lambda p: resealed(replaced(p.good, AUTHORITY, b'{"basis"', b'{"basis":"x","basis"'))),
        1,
        ("E801",),
    ),
    Mutation(
        "insider-authority-escaped",
        files(lambda p: resealed(replaced(p.good, AUTHORITY, "甲".encode(), b"\\u7532"))),
        1,
        ("E801",),
    ),
]

NODES: list[Mutation] = [
    Mutation("node-list-missing", put(LIST, None), 1, ("E103", "E811")),
    Mutation("node-signature-missing", put(SIGNED, None), 1, ("E103", "E811")),
    Mutation("node-list-of-other", files(lambda p: p.good.swapped(LIST, p.other)), 1, ("E101", "E811")),
    Mutation("node-signature-of-other", files(lambda p: p.good.swapped(SIGNED, p.other)), 1, ("E101", "E811")),
    Mutation(
        "node-pair-of-other",
        files(lambda p: p.good.swapped(LIST, p.other).swapped(SIGNED, p.other)),
        1,
        ("E101", "E811"),
    ),
    Mutation("node-signature-value", edit(SIGNED, lambda d: forge.flip(d, -2)), 1, ("E101", "E813")),
    Mutation("node-signature-ber", edit(SIGNED, forge.ber), 1, ("E813",)),
    Mutation("node-signature-garbage", put(SIGNED, b"garbage"), 1, ("E813",)),
    Mutation("node-list-order", edit(LIST, swap_lines), 1, ("E811",)),
    Mutation("node-list-empty", put(LIST, b""), 1, ("E811",)),
    Mutation(
        "insider-node-gone", files(lambda p: resealed(p.good.put({LIST: None, SIGNED: None}))), 1, ("W811", "E702")
    ),
    Mutation("insider-node-list-gone", files(lambda p: resealed(p.good.put({LIST: None}))), 1, ("E811",)),
    Mutation("insider-node-foreign", files(lambda p: resealed(p.good, node=p.foreign.shop.keys.node)), 1, ("E812",)),
    Mutation("insider-node-seal-key", files(lambda p: resealed(p.good, node=p.good.shop.keys.seal)), 1, ("E812",)),
    Mutation("insider-node-self-made", files(lambda p: resealed(p.good, node=foreign_signer())), 1, ("E812",)),
    Mutation(
        "insider-node-unsigned-attribute",
        files(lambda p: after_node(edited(p.good, SIGNED, forge.with_unsigned))),
        1,
        ("E813",),
    ),
    Mutation(
        "insider-file-after-node", files(lambda p: after_node(p.good.put({"data/dom.html": b"other"}))), 1, ("E811",)
    ),
    Mutation(
        "insider-file-added-after-node",
        files(lambda p: after_node(p.good.put({"data/more.html": b"x"}))),
        1,
        ("E811",),
    ),
    Mutation(
        "insider-file-gone-after-node", files(lambda p: after_node(p.good.put({"data/dom.html": None}))), 1, ("E811",)
    ),
    Mutation(
        "insider-record-after-node",
        files(lambda p: after_node(edited(p.good, "meta/capture.json", lambda d: d + b" "))),
        1,
        ("E811",),
    ),
    Mutation("insider-node-names-seal", files(lambda p: _node_list(p.good, b"f" * 64 + b"  seal/x\n")), 1, ("E811",)),
    Mutation(
        "insider-node-names-itself",
        files(lambda p: _node_list(p.good, b"f" * 64 + b"  meta/capture.p7s\n")),
        1,
        ("E811",),
    ),
]


def after_node(bag: Bag) -> Bag:
    """By somebody with all keys but the node's."""
    return bag.relist().relist("manifest-sm3.txt", "sm3").resalt().retag().resign().relog().reclose()


def _node_list(bag: Bag, line: bytes) -> Bag:
    lines = (bag.files[LIST] + line).decode().splitlines(keepends=True)
    listed = "".join(sorted(lines, key=lambda one: one[66:])).encode()
    signature = cms.sign(hashlib.sha256(listed).digest(), bag.shop.keys.node, AT)
    return after_node(bag.put({LIST: listed, SIGNED: signature}))


def _r(name: str, change: Callable[[bytes], bytes], code: str = "E821") -> Mutation:
    return Mutation(f"insider-running-{name}", files(lambda p: resealed(edited(p.good, RUNNING, change))), 1, (code,))


def _line(place: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def made(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        lines[place] = change(lines[place])
        return b"".join(lines)

    return made


def _offset(data: bytes, by: int) -> bytes:
    value = json.loads(data)
    return canonical_json({**value, "offset": value["offset"] + by}) + b"\n"


def _other_custody(bag: Bag) -> Bag:
    """A running digest in custody that the running hash does not know."""
    return resealed(bag.put({CUSTODY: render(custody_of("ev-good", (*CUTS[:-1], 5)))}))


def _archive(bag: Bag, change: Callable[[ZipFile], object]) -> Bag:
    """By somebody with all keys: something more in the archive, behind what was captured."""
    buffer = io.BytesIO(bag.files[WACZ])
    with ZipFile(buffer, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is meant
        change(archive)
    return resealed(bag.put({WACZ: buffer.getvalue()}))


def _packed(name: str, change: Callable[[ZipFile], object], code: str = "E821") -> Mutation:
    return Mutation(f"insider-archive-{name}", files(lambda p: _archive(p.good, change)), 1, (code, "E702"))


def _noted(archive: ZipFile) -> None:
    archive.comment = b"x" * 30


def _beside(bag: Bag) -> Bag:
    """The running hash is about a copy of the archive, viewers open another one."""
    told = bag.files[RUNNING].replace(b"data/capture.wacz", b"data/running.wacz", 1)
    other = bag.files[WACZ].replace(WARC[:40], bytes(40), 1)
    return resealed(bag.put({RUNNING: told, "data/running.wacz": bag.files[WACZ], WACZ: other}))


WACZ = "data/capture.wacz"
RUNNINGS: list[Mutation] = [
    _packed("index-added", lambda z: z.writestr("indexes/index.cdxj", b"x"), "OK"),
    _packed("second-warc", lambda z: z.writestr("archive/more.warc.gz", b"x")),
    _packed("second-warc-elsewhere", lambda z: z.writestr("archives/more.warc.gz", b"x"), "OK"),
    _packed("warc-twice", lambda z: z.writestr(MEMBER, b"x")),
    _packed("index-packed", lambda z: z.writestr("indexes/index.cdxj", b"x" * 900, ZIP_DEFLATED)),
    _packed("with-a-comment", _noted),
    Mutation("insider-running-about-a-copy", files(lambda p: _beside(p.good)), 1, ("E821", "E702")),
    Mutation(
        "insider-archive-with-a-tail",
        files(lambda p: resealed(edited(p.good, WACZ, lambda d: d + b"x"))),
        1,
        ("E821", "E702"),
    ),
    Mutation("running-missing", put(RUNNING, None), 1, ("E103", "W821")),
    Mutation("running-of-other", files(lambda p: p.good.swapped(RUNNING, p.other)), 1, ("E101",)),
    Mutation(
        "running-digest",
        edit(RUNNING, _line(2, lambda d: d.replace(b'"sha256":"', b'"sha256":"0')[:-4] + b'"}\n')),
        1,
        ("E101", "E821"),
    ),
    Mutation("running-line-gone", edit(RUNNING, lambda d: drop_line(d, 1)), 1, ("E101",)),
    Mutation("insider-running-gone", files(lambda p: resealed(p.good.put({RUNNING: None}))), 1, ("W821", "E702")),
    _r("empty", lambda _: b""),
    _r("only-first", lambda d: d.splitlines(keepends=True)[0]),
    _r("no-end", lambda d: d[:-1]),
    _r("last-gone", lambda d: drop_line(d, -1)),
    _r("order", lambda d: b"".join([d.splitlines(keepends=True)[n] for n in (0, 2, 1, 3)])),
    _r("time-falls", _line(2, lambda d: d.replace(b"2026-11-25", b"2026-11-24"))),
    _r("time-loose", _line(2, lambda d: d.replace(b".000000Z", b"Z"))),
    _r("bytes-zeros", _line(1, lambda d: d.replace(b'"bytes":', b'"bytes":0'))),
    _r("digest", _line(2, lambda d: d.replace(d[-67:-3], b"0" * 64))),
    _r("digest-last", _line(3, lambda d: d.replace(d[-67:-3], b"0" * 64))),
    _r("offset", _line(0, lambda d: _offset(d, 1))),
    _r("offset-back", _line(0, lambda d: _offset(d, -1))),
    _r("offset-zero", _line(0, lambda d: canonical_json({**json.loads(d), "offset": 0}) + b"\n")),
    _r("offset-outside", _line(0, lambda d: canonical_json({**json.loads(d), "offset": 10**14}) + b"\n")),
    _r("member", _line(0, lambda d: d.replace(b"data.warc.gz", b"evil.warc.gz"))),
    _r("member-climbs", _line(0, lambda d: d.replace(b"archive/", b"../../x/"))),
    _r("file", _line(0, lambda d: d.replace(b"capture.wacz", b"dom.html"))),
    _r("file-elsewhere", _line(0, lambda d: d.replace(b"data/capture.wacz", b"meta/capture.json"))),
    _r("file-missing", _line(0, lambda d: d.replace(b"capture.wacz", b"captured.wacz"))),
    _r("spaced", _line(1, lambda d: d.replace(b",", b", ", 1))),
    _r("key", _line(1, lambda d: d.replace(b'"at"', b'"on"'))),
    Mutation(
        "insider-archive-byte",
        files(lambda p: resealed(edited(p.good, "data/capture.wacz", lambda d: forge.flip(d, d.index(WARC) + 9_000)))),
        1,
        ("E821",),
    ),
    Mutation(
        "insider-archive-shifted",
        files(lambda p: resealed(edited(p.good, "data/capture.wacz", lambda d: b"x" + d))),
        1,
        ("E821",),
    ),
    Mutation(
        "insider-archive-cut",
        files(lambda p: resealed(edited(p.good, "data/capture.wacz", lambda d: d[: d.index(WARC) + len(WARC) - 1]))),
        1,
        ("E821",),
    ),
    Mutation(
        "insider-archive-header",
        files(
            lambda p: resealed(
                edited(p.good, "data/capture.wacz", lambda d: d.replace(MEMBER.encode(), b"archive/evil.warc.gz", 1))
            )
        ),
        1,
        ("E821",),
    ),
    Mutation("insider-running-unknown-to-custody", files(lambda p: _other_custody(p.good)), 1, ("E821",)),
]
