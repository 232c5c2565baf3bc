"""Mutations of files and lists: originals, records, manifests."""

from tests.data.evidence import forge
from tests.data.evidence.forge import TAGS
from tests.data.evidence.mutation import Mutation, edit, files, put, renamed, replaced, swap_lines

CONTENT: list[Mutation] = [
    Mutation("untouched", files(lambda p: p.good), 3, ("W320",)),
    Mutation("payload-bit", edit("data/dom.html", lambda d: forge.flip(d, 3)), 1, ("E101", "E105")),
    Mutation("payload-emptied", put("data/dom.html", b""), 1, ("E101",)),
    Mutation("payload-filled", put("data/net/empty.jsonl", b"x"), 1, ("E101",)),
    Mutation("payload-cut", edit("data/capture.wacz", lambda d: d[:-1]), 1, ("E101",)),
    Mutation("payload-longer", edit("data/capture.wacz", lambda d: d + b"\0"), 1, ("E101",)),
    Mutation("payload-added", put("data/extra.js", b"x"), 1, ("E102",)),
    Mutation("payload-missing", put("data/page.pdf", None), 1, ("E103",)),
    Mutation("payload-renamed", files(lambda p: renamed(p.good, "data/page.pdf", "data/page2.pdf")), 1, ("E103",)),
    Mutation(
        "payload-swapped",
        files(
            lambda p: p.good.put(
                {"data/page.pdf": p.good.files["data/dom.html"], "data/dom.html": p.good.files["data/page.pdf"]}
            )
        ),
        1,
        ("E101",),
    ),
    Mutation("payload-of-other", files(lambda p: p.good.swapped("data/dom.html", p.other)), 1, ("E101",)),
    Mutation("payload-doubled", edit("data/screens/000-initial.png", lambda d: d + d), 1, ("E101",)),
    Mutation("file-outside", put("notes.txt", b"x"), 1, ("E102",)),
    Mutation("meta-added", put("meta/note.json", b"{}"), 1, ("E102",)),
    Mutation(
        "capture-record", edit("meta/capture.json", lambda d: d.replace(b"127.0.0.1", b"127.0.0.2")), 1, ("E101",)
    ),
    Mutation("capture-record-missing", put("meta/capture.json", None), 1, ("E103",)),
    Mutation(
        "completeness-raised",
        files(lambda p: replaced(p.partial, "meta/seal.json", b"PARTIAL", b"COMPLETE")),
        1,
        ("E101",),
    ),
    Mutation(
        "facts-evidence-id",
        files(lambda p: replaced(p.good, "meta/seal.json", b'"ev-good"', b'"ev-evil"')),
        1,
        ("E101", "E502"),
    ),
    Mutation(
        "custody-actor",
        edit("meta/custody.jsonl", lambda d: d.replace(b"officer-1", b"officer-2")),
        1,
        ("E101", "E502"),
    ),
    Mutation("custody-cut", edit("meta/custody.jsonl", lambda d: d.splitlines(keepends=True)[1]), 1, ("E101", "E502")),
    Mutation("custody-order", edit("meta/custody.jsonl", swap_lines), 1, ("E101", "E502")),
    Mutation("custody-emptied", put("meta/custody.jsonl", b""), 1, ("E101", "E502")),
    Mutation("readme", edit("README.txt", lambda d: d + b"x"), 1, ("E101",)),
    Mutation("script", edit("verify.sh", lambda d: d.replace(b"exit 2", b"exit 0")), 1, ("E101",)),
    Mutation("bagit", edit("bagit.txt", lambda d: d.replace(b"1.0", b"0.9")), 1, ("E101",)),
    Mutation("bag-info", edit("bag-info.txt", lambda d: d.replace(b"ev-good", b"ev-evil")), 1, ("E101",)),
    Mutation("bag-info-missing", put("bag-info.txt", None), 1, ("E103",)),
]

MANIFESTS: list[Mutation] = [
    Mutation("manifest-relisted", files(lambda p: p.good.put({"data/dom.html": b"x"}).relist()), 1, ("E201", "E105")),
    Mutation("manifest-line-gone", edit("manifest-sha256.txt", lambda d: d[d.index(b"\n") + 1 :]), 1, ("E201",)),
    Mutation(
        "manifests-relisted",
        files(lambda p: p.good.put({"data/dom.html": b"x"}).relist().relist("manifest-sm3.txt", "sm3")),
        1,
        ("E201",),
    ),
    Mutation(
        "manifest-sm3",
        edit("manifest-sm3.txt", lambda d: (b"1" if d[:1] == b"0" else b"0") + d[1:]),
        1,
        ("E201", "E105"),
    ),
    Mutation("manifest-order", edit("manifest-sha256.txt", swap_lines), 1, ("E201",)),
    Mutation("manifest-crlf", edit("manifest-sha256.txt", lambda d: d.replace(b"\n", b"\r\n")), 1, ("E201",)),
    Mutation("manifest-cut", edit("manifest-sha256.txt", lambda d: d[:-1]), 1, ("E201",)),
    Mutation("manifest-upper-case", edit("manifest-sha256.txt", lambda d: d[:64].upper() + d[64:]), 1, ("E201",)),
    Mutation("manifest-climbs", edit("manifest-sha256.txt", lambda d: b"0" * 64 + b"  ../x\n" + d), 1, ("E201",)),
    Mutation("manifest-names-seal", edit("manifest-sha256.txt", lambda d: d + b"0" * 64 + b"  seal/x\n"), 1, ("E201",)),
    Mutation("manifest-emptied", put("manifest-sha256.txt", b""), 1, ("E201",)),
    Mutation("manifest-missing", put("manifest-sha256.txt", None), 1, ("E103",)),
    Mutation("manifest-sm3-missing", put("manifest-sm3.txt", None), 1, ("E103",)),
    Mutation(
        "tags-retagged",
        files(lambda p: p.good.put({"data/dom.html": b"x"}).relist().relist("manifest-sm3.txt", "sm3").retag()),
        1,
        ("E201", "E702"),
    ),
    Mutation("tags-line-gone", edit(TAGS, lambda d: d[d.index(b"\n") + 1 :]), 1, ("E102", "E201")),
    Mutation("tags-missing", put(TAGS, None), 1, ("E103",)),
    Mutation("tags-of-other", files(lambda p: p.good.swapped(TAGS, p.other)), 1, ("E201",)),
    Mutation(
        "bag-of-other-under-seal",
        files(lambda p: p.other.put({n: d for n, d in p.good.files.items() if n.startswith("seal/")})),
        1,
        ("E201",),
    ),
]
