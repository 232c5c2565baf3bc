"""One mutation of a good package, what it is cut from, and small ways to make one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence.signer import Signer
from tests.data.evidence import forge
from tests.data.evidence.forge import Bag
from tests.data.evidence.workshop import AT

LATER = AT + timedelta(hours=1)
Make = Callable[["Parts"], bytes]
CHECKPOINT, PROOF = forge.CHECKPOINT, forge.PROOF
ALPHA, BETA = f"{CHECKPOINT}.alpha.tsr", f"{CHECKPOINT}.beta.tsr"


@dataclass(frozen=True, slots=True)
class Parts:
    """Good packages to cut from.

    Attributes:
        good: the one to be tampered with. other: of another page, same installation. partial, bad_tls,
            plain: good packages with reservations. bare: without beacon, running hash, node and officers.
        foreign: of another installation. redacted: of good, parts withheld.
        renewed: of good, with a renewal.
    """

    good: Bag
    other: Bag
    partial: Bag
    bad_tls: Bag
    plain: Bag
    bare: Bag
    foreign: Bag
    redacted: Bag
    renewed: Bag


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mutation: exit code and codes that all verifiers must give; at: time of the verification."""

    name: str
    make: Make
    exit_code: int
    codes: tuple[str, ...]
    at: datetime = LATER


def files(change: Callable[[Parts], Bag]) -> Make:
    """The package that a change of bags makes."""
    return lambda parts: change(parts).zip()


def put(name: str, data: bytes | None) -> Make:
    """The good one with a file added, changed, or taken out."""
    return lambda parts: parts.good.put({name: data}).zip()


def edit(name: str, change: Callable[[bytes], bytes]) -> Make:
    """The good one with the bytes of a file changed."""
    return lambda parts: edited(parts.good, name, change).zip()


def edited(bag: Bag, name: str, change: Callable[[bytes], bytes]) -> Bag:
    """A bag with the bytes of a file changed, which must change something."""
    data = change(bag.files[name])
    assert data != bag.files[name], name
    return bag.put({name: data})


def replaced(bag: Bag, name: str, old: bytes, new: bytes) -> Bag:
    """A bag with a piece of a file changed."""
    return edited(bag, name, lambda data: data.replace(old, new, 1))


def renamed(bag: Bag, old: str, new: str) -> Bag:
    """A bag with a file under another name."""
    return bag.put({old: None, new: bag.files[old]})


def resealed(bag: Bag, *, node: Signer | None = None) -> Bag:
    """By somebody with all keys: everything made anew after a change inside."""
    signed = bag.relist().relist("manifest-sm3.txt", "sm3").resalt()
    if forge.NODE[0] in bag.files and forge.NODE[1] in bag.files:
        signed = signed.renode(node)
    return signed.retag().resign().relog().reclose()


def swap_lines(data: bytes) -> bytes:
    """The first two lines exchanged."""
    lines = data.splitlines(keepends=True)
    return b"".join([lines[1], lines[0], *lines[2:]])


def drop_line(data: bytes, place: int = 0) -> bytes:
    """Without one line."""
    lines = data.splitlines(keepends=True)
    del lines[place]
    return b"".join(lines)
