"""Mutations of redacted packages and of renewals, and how good ones are made."""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from evidence.redaction import Derived, Redactions, Withheld
from kernel.clock import iso
from kernel.crypto import canonical_json
from simulators.tsa.authority import make
from tests.data.evidence import forge
from tests.data.evidence.forge import SALTS, TAGS, Bag
from tests.data.evidence.mutation import Mutation, Parts, drop_line, edited, files
from tests.data.evidence.workshop import AT

REDACTIONS = "redactions.json"
WITHHELD = (
    "data/dom.html",
    "manifest-sha256.txt",
    "manifest-sm3.txt",
    "meta/capture-sha256.txt",
    "meta/capture.p7s",
)
LIST = "list-sha512.txt"


DAY = timedelta(days=1)


def redact(bag: Bag, withheld: Iterable[str] = WITHHELD, derived: dict[str, bytes] | None = None) -> Bag:
    """A redacted export: files withheld and told, closed by the report key."""
    gone = tuple(withheld)
    told = Redactions(
        at=iso(AT),
        evidence_id=json.loads(bag.files["meta/seal.json"])["evidence_id"],
        officer="officer-1",
        root_sha256=hashlib.sha256(bag.files[TAGS]).hexdigest(),
        withheld=tuple(Withheld(name, '个人"隐私"') for name in gone),
        derived=tuple(Derived(name, "blurred", "data/dom.html") for name in derived or {}),
    )
    salts = b"".join(line for line in bag.files[SALTS].splitlines(keepends=True) if line[66:-1].decode() not in gone)
    left: dict[str, bytes | None] = {**dict.fromkeys(gone), "report.pdf": None}
    return bag.put({**left, SALTS: salts, REDACTIONS: told.render(), **(derived or {})}).reclose(bag.shop.keys.report)


def renew(bag: Bag, at: datetime = AT + timedelta(days=300), names: tuple[str, ...] = ("alpha",)) -> Bag:
    """A renewal over everything, and the package closed again."""
    folder = f"seal/renewals/{at:%Y%m%dT%H%M%SZ}"
    covered = [name for name in bag.files if name not in {"seal/closing-sha256.txt", "seal/closing.p7s"}]
    lines = {name: hashlib.sha512(bag.files[name]).hexdigest() for name in covered}
    listed = "".join(f"{lines[name]}  {name}\n" for name in sorted(lines)).encode()
    known = {**bag.shop.authorities, "late": bag.shop.late}
    made: dict[str, bytes | None] = {f"{folder}/{LIST}": listed}
    for name in names:
        made[f"{folder}/list.{name}.tsr"] = forge.stamped(known[name], listed, at)
    return bag.put(made).reclose()


def _told(change: Callable[[dict[str, Any]], object]) -> Callable[[Bag], Bag]:
    def made(bag: Bag) -> Bag:
        value = json.loads(bag.files[REDACTIONS])
        change(value)
        return bag.put({REDACTIONS: canonical_json(value) + b"\n"}).reclose(bag.shop.keys.report)

    return made


def _t(name: str, change: Callable[[dict[str, Any]], object], code: str = "E902") -> Mutation:
    return Mutation(f"redacted-{name}", files(lambda p: _told(change)(p.redacted)), 1, (code,))


def _reclosed(bag: Bag) -> Bag:
    return bag.reclose(bag.shop.keys.report)


def _other_salt(data: bytes) -> bytes:
    return b"0" * 64 + data[64:]


REDACTED: list[Mutation] = [
    Mutation("redacted", files(lambda p: p.redacted), 3, ("W901", "N902", "N001")),
    Mutation("redacted-derived", files(lambda p: redact(p.good, derived={"derived/dom.txt": b"x"})), 3, ("W901",)),
    Mutation(
        "redacted-archive", files(lambda p: redact(p.good, (*WITHHELD, "data/capture.wacz"))), 3, ("W901", "N902")
    ),
    Mutation(
        "redacted-running",
        files(lambda p: redact(p.good, (*WITHHELD, "data/capture.wacz", "meta/running.jsonl"))),
        3,
        ("N902",),
    ),
    Mutation(
        "redacted-everything",
        files(
            lambda p: redact(
                p.good, (*WITHHELD, *(n for n in p.good.files if n.startswith("data/") and n not in WITHHELD))
            )
        ),
        3,
        ("W901", "N902"),
    ),
    Mutation("redacted-nothing", files(lambda p: redact(p.good, ())), 3, ("W901",)),
    Mutation(
        "redacted-payload-bit",
        files(lambda p: edited(p.redacted, "data/page.pdf", lambda d: forge.flip(d, 3))),
        1,
        ("E901",),
    ),
    Mutation("redacted-more-gone", files(lambda p: p.redacted.put({"data/page.pdf": None})), 1, ("E103", "E901")),
    Mutation(
        "redacted-more-gone-and-salt",
        files(
            lambda p: _reclosed(
                p.redacted.put(
                    {
                        "data/page.pdf": None,
                        SALTS: drop_line(
                            p.redacted.files[SALTS],
                            [line[66:] for line in p.redacted.files[SALTS].decode().splitlines()].index(
                                "data/page.pdf"
                            ),
                        ),
                    }
                )
            )
        ),
        1,
        ("E902",),
    ),
    Mutation("redacted-salt-gone", files(lambda p: _reclosed(edited(p.redacted, SALTS, drop_line))), 1, ("E901",)),
    Mutation("redacted-salt-other", files(lambda p: _reclosed(edited(p.redacted, SALTS, _other_salt))), 1, ("E901",)),
    Mutation("redacted-salt-of-withheld", files(lambda p: _reclosed(p.redacted.swapped(SALTS, p.good))), 1, ("E901",)),
    Mutation("redacted-salts-missing", files(lambda p: p.redacted.put({SALTS: None})), 1, ("E103", "E901")),
    Mutation("redacted-list-missing", files(lambda p: p.redacted.put({REDACTIONS: None})), 1, ("E103",)),
    Mutation(
        "redacted-list-of-other",
        files(lambda p: _reclosed(p.redacted.swapped(REDACTIONS, redact(p.other)))),
        1,
        ("E902",),
    ),
    Mutation("redacted-list-garbage", files(lambda p: _reclosed(p.redacted.put({REDACTIONS: b"{}\n"}))), 1, ("E902",)),
    Mutation(
        "redacted-line-changed",
        files(lambda p: edited(p.redacted, "manifest-redact.txt", _other_salt)),
        1,
        ("E201", "E901"),
    ),
    Mutation("redacted-file-exchanged", files(lambda p: p.redacted.put({"data/dom.html": b"other"})), 1, ("E901",)),
    Mutation(
        "redacted-file-back",
        files(
            lambda p: _reclosed(
                p.redacted.put({"data/dom.html": p.good.files["data/dom.html"], SALTS: p.good.files[SALTS]})
            )
        ),
        1,
        ("E902",),
    ),
    Mutation(
        "redacted-derived-untold", files(lambda p: _reclosed(p.redacted.put({"derived/x.png": b"x"}))), 1, ("E902",)
    ),
    Mutation("redacted-custody", files(lambda p: redact(p.good, (*WITHHELD, "meta/custody.jsonl"))), 1, ("E902",)),
    Mutation(
        "redacted-facts",
        files(lambda p: redact(p.good, ("data/dom.html",)).put({"meta/seal.json": None})),
        1,
        ("E103",),
    ),
    Mutation("redacted-signature", files(lambda p: redact(p.good, (*WITHHELD, "seal/tagmanifest.p7s"))), 1, ("E902",)),
    _t("untold", lambda v: v["withheld"].pop(0)),
    _t("told-not-gone", lambda v: v["withheld"].append({"name": "data/page.pdf", "reason": "x"})),
    _t("told-unknown", lambda v: v["withheld"].append({"name": "data/never.pdf", "reason": "x"})),
    _t("told-twice", lambda v: v["withheld"].append(v["withheld"][0])),
    _t("without-reason", lambda v: v["withheld"][0].update({"reason": ""})),
    _t("without-officer", lambda v: v.update({"officer": ""})),
    _t("time-loose", lambda v: v.update({"at": "2026-11-25"})),
    _t("extra-key", lambda v: v.update({"more": "x"})),
    _t("other-root", lambda v: v.update({"root_sha256": "0" * 64})),
    _t("derived-from-nothing", lambda v: v["derived"].append({"file": "derived/a", "how": "x", "parent": "data/b"})),
    Mutation(
        "redacted-unclosed",
        files(lambda p: p.redacted.put({REDACTIONS: p.redacted.files[REDACTIONS] + b"\n"})),
        1,
        ("E104", "E902"),
    ),
    Mutation("good-with-empty-salts", files(lambda p: p.good.put({SALTS: b""}).reclose()), 1, ("E201", "E901")),
    Mutation("good-salt-other", files(lambda p: edited(p.good, SALTS, _other_salt)), 1, ("E104", "E901")),
    Mutation("good-salts-of-other", files(lambda p: p.good.swapped(SALTS, p.other).reclose()), 1, ("E901",)),
    Mutation("good-salts-missing", files(lambda p: p.good.put({SALTS: None})), 1, ("E103", "E901")),
    Mutation("good-redact-list-missing", files(lambda p: p.good.put({"manifest-redact.txt": None})), 1, ("E103",)),
    Mutation("good-redact-line-gone", files(lambda p: edited(p.good, "manifest-redact.txt", drop_line)), 1, ("E201",)),
    Mutation(
        "good-reader-added",
        files(lambda p: p.good.put({"viewer/index.html": b"x", "verifier.html": b"x"}).reclose()),
        3,
        ("W320",),
    ),
    Mutation("good-reader-unlisted", files(lambda p: p.good.put({"viewer/index.html": b"x"})), 1, ("E102",)),
    Mutation("good-without-report", files(lambda p: p.good.put({"report.pdf": None}).reclose()), 3, ("N001",)),
]

_R = "seal/renewals/20270921T080000Z"


def _relisted(bag: Bag, change: Callable[[bytes], bytes]) -> Bag:
    return edited(bag, f"{_R}/{LIST}", change).reclose()


CORE = (TAGS, "seal/tagmanifest.p7s", "seal/checkpoint.note", "seal/item.tlog-proof")
GRAFT = "seal/renewals/20350101T000000Z"


def _list_of(bag: Bag, names: Iterable[str] | None = None) -> bytes:
    """A list of some files, or all."""
    chosen = bag.files if names is None else names
    return "".join(f"{hashlib.sha512(bag.files[name]).hexdigest()}  {name}\n" for name in sorted(chosen)).encode()


def _grafted(bag: Bag, data: bytes, at: datetime = AT + 3300 * DAY) -> Bag:
    """With a renewal of 2035 over anything, by the service that outlives the others."""
    return bag.put({f"{GRAFT}/{LIST}": data, f"{GRAFT}/list.late.tsr": forge.stamped(bag.shop.late, data, at)})


def _without(part: str) -> Callable[[Parts], Bag]:
    """Renewed late, after a list that leaves out one file that every renewal is about."""
    return lambda p: renew(
        _grafted(p.good, _list_of(p.good, [name for name in CORE if name != part])), AT + 3700 * DAY, ("late",)
    )


RENEWED: list[Mutation] = [
    Mutation("renewed", files(lambda p: p.renewed), 3, ("W320",)),
    Mutation("renewed-after-seal-expired", files(lambda p: p.renewed), 3, ("W310",), AT + timedelta(days=2000)),
    Mutation("renewed-expired-too", files(lambda p: p.renewed), 3, ("W312",), AT + timedelta(days=4000)),
    Mutation("not-renewed-and-expired", files(lambda p: p.good), 3, ("W310", "W312"), AT + timedelta(days=4000)),
    Mutation(
        "renewal-stamp-missing", files(lambda p: p.renewed.put({f"{_R}/list.alpha.tsr": None}).reclose()), 1, ("E311",)
    ),
    Mutation("renewal-list-missing", files(lambda p: p.renewed.put({f"{_R}/{LIST}": None}).reclose()), 1, ("E311",)),
    Mutation("renewal-list-line-gone", files(lambda p: _relisted(p.renewed, drop_line)), 1, ("E311",)),
    Mutation("renewal-list-digest", files(lambda p: _relisted(p.renewed, _other_salt)), 1, ("E311",)),
    Mutation(
        "renewal-stamp-bit",
        files(lambda p: edited(p.renewed, f"{_R}/list.alpha.tsr", lambda d: forge.flip(d, -3)).reclose()),
        1,
        ("E311",),
    ),
    Mutation(
        "renewal-stamp-of-seal",
        files(
            lambda p: p.renewed.put({f"{_R}/list.alpha.tsr": p.good.files["seal/checkpoint.note.alpha.tsr"]}).reclose()
        ),
        1,
        ("E311",),
    ),
    Mutation(
        "renewal-unlisted-tsa",
        files(
            lambda p: p.renewed.put(
                {f"{_R}/list.alpha.tsr": forge.stamped(make("alpha", AT)[0], p.renewed.files[f"{_R}/{LIST}"], AT)}
            ).reclose()
        ),
        1,
        ("E311",),
    ),
    Mutation("renewal-file-odd", files(lambda p: p.renewed.put({f"{_R}/more.txt": b"x"}).reclose()), 1, ("E311",)),
    Mutation("renewal-then-file-added", files(lambda p: p.renewed.put({"viewer/x.js": b"x"}).reclose()), 1, ("E311",)),
    Mutation(
        "renewal-unclosed",
        files(lambda p: p.good.put({f"{_R}/{LIST}": p.renewed.files[f"{_R}/{LIST}"]})),
        1,
        ("E102", "E311"),
    ),
    Mutation("renewal-late", files(lambda p: renew(p.good, AT + 3700 * DAY, ("late",))), 3, ("W313",), AT + 4000 * DAY),
    Mutation(
        "renewal-after-renewal-late",
        files(lambda p: renew(renew(p.good, AT + 3700 * DAY, ("late",)), AT + 3800 * DAY, ("late",))),
        3,
        ("W313",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-in-time-then-late",
        files(lambda p: renew(p.renewed, AT + 3700 * DAY, ("late",))),
        3,
        ("W313",),
        AT + 9000 * DAY,
    ),
    Mutation(
        "renewal-in-time-by-another",
        files(lambda p: renew(p.good, AT + 3600 * DAY, ("late",))),
        3,
        ("W310",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-earlier-stamp-bit",
        files(
            lambda p: renew(
                edited(p.renewed, f"{_R}/list.alpha.tsr", lambda d: forge.flip(d, -3)), AT + 400 * DAY, ("beta",)
            )
        ),
        1,
        ("E311",),
    ),
    Mutation(
        "renewal-late-bridged-by-an-alien-stamp",
        files(lambda p: renew(_grafted(p.good, p.other.files["seal/checkpoint.note"]), AT + 3700 * DAY, ("late",))),
        1,
        ("E311",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-late-bridged-by-a-list-of-other",
        files(lambda p: renew(_grafted(p.good, _list_of(p.other)), AT + 3700 * DAY, ("late",))),
        1,
        ("E311",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-bridged-by-a-list-of-the-core",
        files(lambda p: renew(_grafted(p.good, _list_of(p.good, CORE)), AT + 3700 * DAY, ("late",))),
        3,
        ("W310",),
        AT + 4000 * DAY,
    ),
    *(
        Mutation(
            f"renewal-bridged-without-{part.rpartition('/')[2]}", files(_without(part)), 1, ("E311",), AT + 4000 * DAY
        )
        for part in CORE
    ),
    Mutation(
        "renewal-between-forgets-the-first",
        files(lambda p: renew(_grafted(p.renewed, _list_of(p.good)), AT + 3700 * DAY, ("late",))),
        1,
        ("E311",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-between-remembers-the-first",
        files(lambda p: renew(_grafted(p.renewed, _list_of(p.renewed)), AT + 3700 * DAY, ("late",))),
        3,
        ("W310",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-named-before-its-stamp",
        files(lambda p: renew(_grafted(p.good, _list_of(p.good), AT + 3800 * DAY), AT + 3700 * DAY, ("late",))),
        1,
        ("E311",),
        AT + 4000 * DAY,
    ),
    Mutation(
        "renewal-earlier-list-loose",
        files(lambda p: renew(_grafted(p.good, _list_of(p.good).replace(b"\n", b"\r\n")), AT + 3700 * DAY, ("late",))),
        1,
        ("E311",),
        AT + 4000 * DAY,
    ),
    Mutation("renewal-twice", files(lambda p: renew(p.renewed, AT + timedelta(days=400), ("beta",))), 3, ("W320",)),
    Mutation(
        "renewal-payload-bit",
        files(lambda p: edited(p.renewed, "data/dom.html", lambda d: forge.flip(d, 2))),
        1,
        ("E101", "E311"),
    ),
]
