"""Mutations of the log's proof, its checkpoint, its witnesses, and of the bracket."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.log import note
from evidence.log.checkpoint import Checkpoint
from evidence.log.note import Note, Signature
from simulators.tsa.authority import make
from tests.data.evidence import forge
from tests.data.evidence.forge import Bag
from tests.data.evidence.mutation import (
    CHECKPOINT,
    PROOF,
    Mutation,
    drop_line,
    edit,
    edited,
    files,
    put,
    replaced,
    resealed,
    swap_lines,
)
from tests.data.evidence.tinylog import TinyLog, TinyWitness
from tests.data.evidence.workshop import AT

BEACON, BEACON_STAMP = "meta/beacon.note", "meta/beacon.alpha.tsr"


def _log(bag: Bag) -> TinyLog:
    return bag.shop.log


def _size(bag: Bag) -> int:
    """Leaves of the tree of its checkpoint."""
    return int(bag.files[CHECKPOINT].split(b"\n")[1])


def _index(bag: Bag) -> int:
    return int(bag.files[PROOF].split(b"\n")[1].removeprefix(b"index "))


def _note(bag: Bag, witnesses: list[TinyWitness] | None = None, tree: Checkpoint | None = None) -> bytes:
    log = _log(bag)
    return log.note(tree or log.tree(_size(bag)), witnesses)


def _stranger(name: str = "witness.example.test/stranger") -> TinyWitness:
    return TinyWitness(name, Ed25519PrivateKey.generate())


def _rechecked(change: Callable[[Bag], bytes]) -> Callable[[Bag], Bag]:
    """By somebody who closes again: another checkpoint, stamped, in the proof too."""
    return lambda bag: bag.recheck(change(bag)).reclose()


def _lines(data: bytes, change: Callable[[list[Signature]], list[Signature]]) -> bytes:
    found = note.parse(data)
    return Note(found.text, tuple(change(list(found.signatures)))).render()


def _bent(line: Signature, place: int) -> Signature:
    return replace(line, value=forge.flip(line.value, place))


def _forked(bag: Bag) -> bytes:
    """Another tree of the same size, signed by the log's own key, shown to no witness."""
    log = _log(bag)
    other = replace(log, leaves=[*log.leaves[1 : _size(bag)], log.leaves[0]])
    return log.note(other.tree(), [])


def _forked_with_package(bag: Bag, witnesses: list[TinyWitness]) -> Bag:
    """A second history that holds the package, signed by the log's key, cosigned by whom it finds."""
    log = _log(bag)
    index, size = _index(bag), _size(bag)
    leaves = [*reversed(log.leaves[:index]), log.leaves[index], *log.leaves[index + 1 : size]]
    other = replace(log, leaves=leaves)
    checkpoint = other.note(None, witnesses)
    return forge.restamp(
        bag.put({CHECKPOINT: checkpoint, PROOF: other.prove(index, checkpoint)}), bag.shop.authorities
    ).reclose()


def _stale(bag: Bag) -> Bag:
    """The checkpoint before this package came in."""
    log = _log(bag)
    return bag.recheck(log.note(log.tree(_index(bag)))).reclose()


def _proof(bag: Bag, index: int) -> Bag:
    """The proof of another entry under the same checkpoint."""
    return bag.put({PROOF: _log(bag).prove(index, bag.files[CHECKPOINT], _size(bag))})


def _cosigned_at(bag: Bag, seconds: int) -> bytes:
    witness = _log(bag).witnesses[0]
    text = _log(bag).tree(_size(bag)).text()
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    value = seconds.to_bytes(8, "big") + witness.key.sign(message)
    line = replace(witness.cosign(text, AT), value=value)
    return _lines(bag.files[CHECKPOINT], lambda found: [found[0], line, found[2]])


def _other_proof_checkpoint(bag: Bag) -> Bag:
    head = bag.files[PROOF].partition(b"\n\n")[0]
    return bag.put({PROOF: head + b"\n\n" + _note(bag, _log(bag).witnesses[:1])})


def _grown(bag: Bag) -> Bag:
    """A later checkpoint with its own proof: just as good."""
    log = _log(bag)
    log.publish([log.leaves[0]])
    checkpoint = log.note()
    return forge.restamp(
        bag.put({CHECKPOINT: checkpoint, PROOF: log.prove(_index(bag), checkpoint)}), bag.shop.authorities
    ).reclose()


LOG: list[Mutation] = [
    Mutation("checkpoint-missing", put(CHECKPOINT, None), 1, ("E103",)),
    Mutation("proof-missing", put(PROOF, None), 1, ("E103", "E304")),
    Mutation("checkpoint-garbage", put(CHECKPOINT, b"garbage"), 1, ("E403", "E304")),
    Mutation("checkpoint-empty", put(CHECKPOINT, b""), 1, ("E403", "E304")),
    Mutation("checkpoint-cut", edit(CHECKPOINT, lambda d: d[:-1]), 1, ("E403", "E104")),
    Mutation("checkpoint-longer", edit(CHECKPOINT, lambda d: d + b"x\n"), 1, ("E403",)),
    Mutation("checkpoint-crlf", edit(CHECKPOINT, lambda d: d.replace(b"\n", b"\r\n")), 1, ("E403",)),
    Mutation("checkpoint-nul", edit(CHECKPOINT, lambda d: d.replace(b"\n", b"\0\n", 1)), 1, ("E403",)),
    Mutation("checkpoint-no-signature", edit(CHECKPOINT, lambda d: d[: d.index(b"\n\n") + 2]), 1, ("E403",)),
    Mutation(
        "checkpoint-signature-twice", edit(CHECKPOINT, lambda d: d + d.splitlines(keepends=True)[-1]), 1, ("E403",)
    ),
    Mutation("checkpoint-lines-swapped", edit(CHECKPOINT, swap_lines), 1, ("E403",)),
    Mutation("checkpoint-extension", edit(CHECKPOINT, lambda d: d.replace(b"\n\n", b"\nmore\n\n", 1)), 1, ("E403",)),
    Mutation("checkpoint-root-loose", edit(CHECKPOINT, lambda d: d.replace(b"=\n\n", b"\n\n", 1)), 1, ("E403",)),
    Mutation("checkpoint-size-zeros", edit(CHECKPOINT, lambda d: d.replace(b"\n", b"\n0", 1)), 1, ("E403",)),
    Mutation(
        "checkpoint-size-huge",
        edit(CHECKPOINT, lambda d: d.replace(b"\n", b"\n9223372036854775808", 1).replace(b"808\n", b"808\n", 1)),
        1,
        ("E403",),
    ),
    Mutation("checkpoint-foreign-name", edit(CHECKPOINT, lambda d: d + "— 见证 AAAAAAAA\n".encode()), 1, ("E403",)),
    Mutation("checkpoint-size-raised", edit(CHECKPOINT, lambda d: d.replace(b"\n", b"\n1", 1)), 1, ("E403", "E404")),
    Mutation("checkpoint-of-other", files(lambda p: p.good.swapped(CHECKPOINT, p.other)), 1, ("E403", "E104")),
    Mutation("proof-of-other", files(lambda p: p.good.swapped(PROOF, p.other)), 1, ("E403", "E104")),
    Mutation(
        "proof-and-checkpoint-of-other",
        files(lambda p: p.good.swapped(PROOF, p.other).swapped(CHECKPOINT, p.other)),
        1,
        ("E401", "E304", "E104"),
    ),
    Mutation(
        "insider-proof-and-checkpoint-of-other",
        files(
            lambda p: forge.restamp(
                p.good.swapped(PROOF, p.other).swapped(CHECKPOINT, p.other), p.good.shop.authorities
            ).reclose()
        ),
        1,
        ("E401", "E304"),
    ),
    Mutation("proof-garbage", put(PROOF, b"garbage"), 1, ("E403",)),
    Mutation("proof-header", edit(PROOF, lambda d: d.replace(b"@v1", b"@v2", 1)), 1, ("E403",)),
    Mutation("proof-cut", edit(PROOF, lambda d: d[:-1]), 1, ("E403",)),
    Mutation("proof-padded", edit(PROOF, lambda d: d + b"\n"), 1, ("E403",)),
    Mutation("proof-extra", edit(PROOF, lambda d: d.replace(b"\nindex", b"\nextra AA==\nindex", 1)), 1, ("E403",)),
    Mutation("proof-index-spaced", edit(PROOF, lambda d: d.replace(b"index ", b"index  ", 1)), 1, ("E403",)),
    Mutation("proof-index-zeros", edit(PROOF, lambda d: d.replace(b"index ", b"index 0", 1)), 1, ("E403",)),
    Mutation(
        "proof-index-huge", edit(PROOF, lambda d: d.replace(b"index ", b"index 9223372036854775", 1)), 1, ("E401",)
    ),
    Mutation(
        "proof-index-off-by-one",
        files(lambda p: replaced(p.good, PROOF, b"index %d" % _index(p.good), b"index %d" % (_index(p.good) - 1))),
        1,
        ("E401",),
    ),
    Mutation(
        "proof-index-outside",
        files(lambda p: replaced(p.good, PROOF, b"index %d" % _index(p.good), b"index %d" % _size(p.good))),
        1,
        ("E401",),
    ),
    Mutation("proof-of-other-entry", files(lambda p: _proof(p.good, _index(p.good) - 1)), 1, ("E401", "E104")),
    Mutation("insider-proof-of-other-entry", files(lambda p: _proof(p.good, 0).reclose()), 1, ("E401", "E304")),
    Mutation("proof-hash-gone", edit(PROOF, lambda d: drop_line(d, 2)), 1, ("E401",)),
    Mutation(
        "proof-hash-twice",
        edit(PROOF, lambda d: d.replace(d.split(b"\n")[2], d.split(b"\n")[2] + b"\n" + d.split(b"\n")[2], 1)),
        1,
        ("E401",),
    ),
    Mutation(
        "proof-hash-bit",
        edit(PROOF, lambda d: d.replace(d.split(b"\n")[2], base64.b64encode(bytes(32)), 1)),
        1,
        ("E401",),
    ),
    Mutation(
        "proof-hash-short",
        edit(PROOF, lambda d: d.replace(d.split(b"\n")[2], base64.b64encode(bytes(31)), 1)),
        1,
        ("E403",),
    ),
    Mutation("proof-other-cosignatures", files(lambda p: _other_proof_checkpoint(p.good)), 1, ("E403",)),
    Mutation(
        "log-signature-bit",
        files(lambda p: _rechecked(lambda b: _lines(b.files[CHECKPOINT], lambda f: [_bent(f[0], 9), *f[1:]]))(p.good)),
        1,
        ("E402",),
    ),
    Mutation(
        "log-signature-gone",
        files(lambda p: _rechecked(lambda b: _lines(b.files[CHECKPOINT], lambda f: f[1:]))(p.good)),
        1,
        ("E402",),
    ),
    Mutation(
        "log-signature-short",
        files(
            lambda p: _rechecked(
                lambda b: _lines(b.files[CHECKPOINT], lambda f: [replace(f[0], value=f[0].value[:-1]), *f[1:]])
            )(p.good)
        ),
        1,
        ("E402",),
    ),
    Mutation(
        "log-key-id",
        files(
            lambda p: _rechecked(
                lambda b: _lines(b.files[CHECKPOINT], lambda f: [replace(f[0], key_id=b"\0\1\2\3"), *f[1:]])
            )(p.good)
        ),
        1,
        ("E402",),
    ),
    Mutation(
        "log-unlisted",
        files(lambda p: p.good.recheck(replace(_log(p.good), name="elsewhere.example.test/log").note(None)).reclose()),
        1,
        ("E402", "E304"),
    ),
    Mutation(
        "log-of-other-installation",
        files(lambda p: p.good.recheck(p.foreign.files[CHECKPOINT]).reclose()),
        1,
        ("E402", "E304"),
    ),
    Mutation("log-forked", files(lambda p: p.good.recheck(_forked(p.good)).reclose()), 1, ("E401", "W402", "E304")),
    Mutation("log-forked-with-package", files(lambda p: _forked_with_package(p.good, [])), 3, ("W402",)),
    Mutation(
        "log-forked-cosignatures-moved",
        files(
            lambda p: (
                _forked_with_package(p.good, [])
                .recheck(
                    Note(
                        note.parse(_forked_with_package(p.good, []).files[CHECKPOINT]).text,
                        (
                            note.parse(_forked_with_package(p.good, []).files[CHECKPOINT]).signatures[0],
                            *note.parse(p.good.files[CHECKPOINT]).signatures[1:],
                        ),
                    ).render()
                )
                .reclose()
            )
        ),
        1,
        ("E404",),
    ),
    Mutation(
        "log-forked-before-a-stranger",
        files(lambda p: _forked_with_package(p.good, [_stranger(), _stranger("x")])),
        3,
        ("W402",),
    ),
    Mutation("checkpoint-stale", files(lambda p: _stale(p.good)), 1, ("E401", "E304")),
    Mutation("checkpoint-later", files(lambda p: _grown(p.good)), 3, ("W320",)),
    Mutation(
        "witness-one-gone", files(lambda p: _rechecked(lambda b: _note(b, _log(b).witnesses[:1]))(p.good)), 3, ("W402",)
    ),
    Mutation("witnesses-gone", files(lambda p: _rechecked(lambda b: _note(b, []))(p.good)), 3, ("W402",)),
    Mutation(
        "witness-stranger-only", files(lambda p: _rechecked(lambda b: _note(b, [_stranger()]))(p.good)), 3, ("W402",)
    ),
    Mutation(
        "witness-stranger-beside",
        files(lambda p: _rechecked(lambda b: _note(b, [*_log(b).witnesses, _stranger()]))(p.good)),
        3,
        ("W320",),
    ),
    Mutation(
        "witness-order", files(lambda p: _rechecked(lambda b: _note(b, _log(b).witnesses[::-1]))(p.good)), 3, ("W320",)
    ),
    Mutation(
        "witness-namesake",
        files(
            lambda p: _rechecked(lambda b: _note(b, [_log(b).witnesses[0], _stranger(_log(b).witnesses[1].name)]))(
                p.good
            )
        ),
        3,
        ("W402",),
    ),
    Mutation(
        "witness-cosignature-bit",
        files(lambda p: _rechecked(lambda b: _lines(b.files[CHECKPOINT], lambda f: [*f[:2], _bent(f[2], 30)]))(p.good)),
        1,
        ("E404",),
    ),
    Mutation(
        "witness-time-bit",
        files(lambda p: _rechecked(lambda b: _lines(b.files[CHECKPOINT], lambda f: [*f[:2], _bent(f[2], 7)]))(p.good)),
        1,
        ("E404",),
    ),
    Mutation(
        "witness-cosignature-of-other",
        files(
            lambda p: _rechecked(
                lambda b: _lines(
                    b.files[CHECKPOINT], lambda f: [*f[:2], note.parse(p.other.files[CHECKPOINT]).signatures[2]]
                )
            )(p.good)
        ),
        1,
        ("E404",),
    ),
    Mutation(
        "witness-cosignature-short",
        files(
            lambda p: _rechecked(
                lambda b: _lines(b.files[CHECKPOINT], lambda f: [*f[:2], replace(f[2], value=f[2].value[:-1])])
            )(p.good)
        ),
        1,
        ("E404",),
    ),
    Mutation(
        "witness-cosignature-tiny",
        files(
            lambda p: _rechecked(lambda b: _lines(b.files[CHECKPOINT], lambda f: [*f[:2], replace(f[2], value=b"\1")]))(
                p.good
            )
        ),
        1,
        ("E404",),
    ),
    Mutation("witness-time-zero", files(lambda p: _rechecked(lambda b: _cosigned_at(b, 0))(p.good)), 1, ("E404",)),
    Mutation(
        "witness-time-too-late",
        files(lambda p: _rechecked(lambda b: _cosigned_at(b, 253_402_300_800))(p.good)),
        1,
        ("E404",),
    ),
    Mutation(
        "witness-time-huge", files(lambda p: _rechecked(lambda b: _cosigned_at(b, 2**64 - 1))(p.good)), 1, ("E404",)
    ),
    Mutation(
        "witness-time-last",
        files(lambda p: _rechecked(lambda b: _cosigned_at(b, 253_402_300_799))(p.good)),
        1,
        ("E501",),
    ),
]


def _beacon(bag: Bag, data: bytes, *, at: timedelta = timedelta(seconds=30)) -> Bag:
    """By somebody with all keys: another beacon, stamped before the capture."""
    stamp = forge.stamped(bag.shop.authorities["alpha"], data, AT - at)
    return resealed(bag.put({BEACON: data, BEACON_STAMP: stamp}))


_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1, seconds=20)
"""Before the seal; the capture began 20 seconds before it."""


def _stamped_late(bag: Bag, by: timedelta) -> Bag:
    """The checkpoint as it is, stamped later by both services."""
    return forge.restamp(bag, bag.shop.authorities, AT + by).reclose()


def _cosigned_before(bag: Bag, ago: timedelta) -> bytes:
    """Today's checkpoint, if its witnesses had seen it then."""
    return replace(_log(bag), at=AT - ago).note()


def _stamped(bag: Bag, **ago: timedelta) -> Bag:
    """With timestamps of services whose clocks are so far behind, over the checkpoint as it is."""
    made = {
        f"{CHECKPOINT}.{name}.tsr": forge.stamped(bag.shop.authorities[name], bag.files[CHECKPOINT], AT - by)
        for name, by in ago.items()
    }
    return bag.put(dict(made)).reclose()


def _backdated(bag: Bag, ago: timedelta) -> Bag:
    """Today's witnesses and one honest service; the other service says that the checkpoint is old."""
    checkpoint = replace(_log(bag), at=AT + ago).note(_log(bag).tree(_size(bag)))
    forged = bag.recheck(checkpoint)
    honest = forge.stamped(bag.shop.authorities["alpha"], checkpoint, AT + ago)
    return forged.put({f"{CHECKPOINT}.alpha.tsr": honest}).reclose()


def _fork_beacon(bag: Bag) -> bytes:
    """Of the size of the checkpoint that the package will get, with another root."""
    log = _log(bag)
    leaves = [*reversed(log.leaves), log.leaves[0]]
    return log.note(replace(log, leaves=leaves).tree())


def _future_beacon(bag: Bag) -> bytes:
    log = _log(bag)
    return log.note(replace(log, leaves=[*log.leaves, *log.leaves]).tree())


FACTS: dict[str, Callable[[bytes], bytes]] = {
    "spaced": lambda data: data.replace(b",", b", ", 1),
    "turned": lambda data: b'{"zzz":"",' + data[1:],
    "twice": lambda data: b'{"captured_from":"",' + data[1:],
    "nested": lambda data: data.replace(b'"origin_tls":"good"', b'"origin_tls":["good"]'),
    "empty": lambda _: b"{}\n",
    "two-lines": lambda data: data + data,
    "no-end": lambda data: data[:-1],
    "utf8": lambda data: data.replace(b'"good"', b'"go\xffd"'),
}


def _facts(name: str, change: Callable[[bytes], bytes]) -> Mutation:
    made = files(lambda p: resealed(edited(p.good, "meta/seal.json", change)))
    return Mutation(f"insider-facts-{name}", made, 1, ("N000",))


BRACKET: list[Mutation] = [
    Mutation("beacon-missing", put(BEACON, None), 1, ("E103", "E503")),
    Mutation("beacon-stamp-missing", put(BEACON_STAMP, None), 1, ("E103", "E503")),
    Mutation("beacon-gone", files(lambda p: p.good.put({BEACON: None, BEACON_STAMP: None})), 1, ("E103", "W501")),
    Mutation(
        "insider-beacon-gone",
        files(lambda p: resealed(p.good.put({BEACON: None, BEACON_STAMP: None}))),
        1,
        ("W501", "E702"),
    ),
    Mutation("beacon-of-other", files(lambda p: p.good.swapped(BEACON, p.other)), 1, ("E101", "E503")),
    Mutation(
        "beacon-pair-of-other",
        files(lambda p: p.good.swapped(BEACON, p.other).swapped(BEACON_STAMP, p.other)),
        1,
        ("E101",),
    ),
    Mutation(
        "beacon-of-foreign",
        files(lambda p: p.good.swapped(BEACON, p.foreign).swapped(BEACON_STAMP, p.foreign)),
        1,
        ("E101", "E503"),
    ),
    Mutation("beacon-bit", edit(BEACON, lambda d: forge.flip(d, 60)), 1, ("E101", "E503")),
    Mutation("beacon-stamp-bit", edit(BEACON_STAMP, lambda d: forge.flip(d, -3)), 1, ("E101", "E503")),
    Mutation(
        "beacon-stamp-is-a-seal-stamp",
        files(lambda p: p.good.put({BEACON_STAMP: p.good.files[f"{CHECKPOINT}.alpha.tsr"]})),
        1,
        ("E101", "E503"),
    ),
    Mutation(
        "beacon-stamp-renamed",
        files(lambda p: p.good.put({BEACON_STAMP: None, "meta/beacon.beta.tsr": p.good.files[BEACON_STAMP]})),
        1,
        ("E103", "E503"),
    ),
    Mutation(
        "insider-beacon-two-stamps",
        files(lambda p: resealed(p.good.put({"meta/beacon.beta.tsr": p.good.files[BEACON_STAMP]}))),
        1,
        ("E503",),
    ),
    Mutation(
        "insider-beacon-unlisted-log",
        files(lambda p: _beacon(p.good, replace(_log(p.good), name="elsewhere").note())),
        1,
        ("E503",),
    ),
    Mutation(
        "insider-beacon-one-witness",
        files(lambda p: _beacon(p.good, _log(p.good).note(None, _log(p.good).witnesses[:1]))),
        1,
        ("W402", "E702"),
    ),
    Mutation(
        "insider-beacon-cosignature",
        files(lambda p: _beacon(p.good, _lines(_log(p.good).note(), lambda f: [*f[:2], _bent(f[2], 30)]))),
        1,
        ("E503",),
    ),
    Mutation("insider-beacon-larger-tree", files(lambda p: _beacon(p.good, _future_beacon(p.good))), 1, ("E501",)),
    Mutation(
        "insider-beacon-after-capture",
        files(lambda p: _beacon(p.good, _log(p.good).note(), at=timedelta(minutes=-6))),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-beacon-within-tolerance",
        files(lambda p: _beacon(p.good, _log(p.good).note(), at=timedelta(0))),
        1,
        ("E702",),
    ),
    Mutation(
        "insider-beacon-long-before",
        files(lambda p: _beacon(p.good, _cosigned_before(p.good, timedelta(hours=20)), at=timedelta(hours=20))),
        1,
        ("W503", "E702"),
    ),
    Mutation(
        "insider-beacon-an-hour-before",
        files(lambda p: _beacon(p.good, _cosigned_before(p.good, _HOUR), at=_HOUR)),
        1,
        ("OK", "E702"),
    ),
    Mutation(
        "insider-beacon-over-an-hour-before",
        files(lambda p: _beacon(p.good, _cosigned_before(p.good, _HOUR + _SECOND), at=_HOUR + _SECOND)),
        1,
        ("W503", "E702"),
    ),
    Mutation(
        "insider-stamped-a-day-after-the-beacon",
        files(lambda p: _stamped_late(p.good, timedelta(days=1) - 30 * _SECOND)),
        3,
        ("W320",),
    ),
    Mutation(
        "insider-stamped-over-a-day-after-the-beacon",
        files(lambda p: _stamped_late(p.good, timedelta(days=1) - 29 * _SECOND)),
        3,
        ("W503",),
    ),
    Mutation(
        "insider-beacon-before-its-tsa",
        files(lambda p: _beacon(p.good, _log(p.good).note(), at=timedelta(days=30))),
        1,
        ("E503",),
    ),
    Mutation(
        "insider-beacon-unlisted-tsa",
        files(
            lambda p: resealed(
                p.good.put(
                    {
                        BEACON_STAMP: forge.stamped(
                            make("alpha", AT)[0], p.good.files[BEACON], AT - timedelta(seconds=30)
                        )
                    }
                )
            )
        ),
        1,
        ("E503",),
    ),
    Mutation(
        "insider-beacon-tsa-of-other-name",
        files(
            lambda p: resealed(
                p.good.put(
                    {
                        BEACON_STAMP: forge.stamped(
                            p.good.shop.authorities["beta"], p.good.files[BEACON], AT - timedelta(seconds=30)
                        )
                    }
                )
            )
        ),
        1,
        ("E503",),
    ),
    Mutation(
        "insider-times-loose",
        files(lambda p: resealed(edited(p.good, "meta/seal.json", lambda d: d.replace(b".000000Z", b"Z")))),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-time-of-no-day",
        files(
            lambda p: resealed(
                replaced(p.good, "meta/seal.json", b'"captured_from":"2026-11-25', b'"captured_from":"2026-02-31')
            )
        ),
        1,
        ("E501",),
    ),
    *(_facts(name, change) for name, change in FACTS.items()),
    Mutation("insider-backdated", files(lambda p: _backdated(p.good, timedelta(hours=700))), 1, ("E501",)),
    Mutation("insider-backdated-a-little", files(lambda p: _backdated(p.good, timedelta(seconds=301))), 1, ("E501",)),
    Mutation(
        "insider-cosigned-within-tolerance", files(lambda p: _backdated(p.good, timedelta(minutes=5))), 3, ("W320",)
    ),
    Mutation(
        "insider-backdated-beacon",
        files(lambda p: _beacon(p.good, _log(p.good).note(), at=timedelta(seconds=301))),
        1,
        ("E501",),
    ),
    Mutation(
        "insider-services-apart",
        files(lambda p: _stamped(p.good, alpha=timedelta(0), beta=timedelta(seconds=-301))),
        3,
        ("W502",),
    ),
    Mutation(
        "insider-services-nearly-apart",
        files(lambda p: _stamped(p.good, alpha=timedelta(0), beta=timedelta(minutes=-5))),
        3,
        ("W320",),
    ),
    Mutation(
        "bare-services-apart",
        files(lambda p: _stamped(p.bare, alpha=timedelta(minutes=-40), beta=timedelta(0))),
        3,
        ("W502", "W801"),
    ),
    Mutation("bare", files(lambda p: p.bare), 3, ("W501", "W801", "W811", "W821")),
]
