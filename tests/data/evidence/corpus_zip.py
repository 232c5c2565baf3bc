"""Mutations of the container: zip tricks that keep or hide bytes."""

import os
import zlib
from dataclasses import replace
from typing import Any

from tests.data.evidence import forge
from tests.data.evidence.forge import Entry
from tests.data.evidence.mutation import Make, Mutation, Parts


def _with_entry(**change: Any) -> Make:
    def made(parts: Parts) -> bytes:
        entries = [replace(e, **change) if e.name == "data/dom.html" else e for e in parts.good.entries()]
        return forge.zip_bytes(entries)

    return made


def _plus(name: str, **change: Any) -> Make:
    return lambda parts: forge.zip_bytes([*parts.good.entries(), replace(Entry(name, b"x"), **change)])


def _deflated(size: int) -> Make:
    def made(parts: Parts) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = bytes(size)
        stored = packer.compress(data) + packer.flush()
        return forge.zip_bytes([*parts.good.entries(), Entry("data/zeros.bin", data, stored=stored, method=8)])

    return made


def _whole(**tricks: Any) -> Make:
    return lambda parts: forge.zip_bytes(parts.good.entries(), **tricks)


CONTAINERS: list[Mutation] = [
    Mutation("zip-suffix", _whole(suffix=b"\0"), 1, ("E110",)),
    Mutation("zip-suffix-long", _whole(suffix=os.urandom(5000)), 1, ("E110",)),
    Mutation("zip-prefix", _whole(prefix=b"MZ"), 1, ("E110",)),
    Mutation("zip-prefix-hidden", _whole(prefix=b"MZ", shift=-2), 1, ("E110",)),
    Mutation("zip-comment", _whole(comment=b"hello"), 1, ("E110",)),
    Mutation("zip-before-end", _whole(before_end=b"hidden"), 1, ("E110",)),
    Mutation("zip-offsets", _whole(shift=1), 1, ("E110",)),
    Mutation("zip-order", _whole(order=lambda found: sorted(found, key=lambda e: e.name, reverse=True)), 1, ("E110",)),
    Mutation("zip-cut-one", lambda p: p.good.zip()[:-1], 2, ("E100",)),
    Mutation("zip-cut-half", lambda p: p.good.zip()[: len(p.good.zip()) // 2], 2, ("E100",)),
    Mutation("zip-head-only", lambda p: p.good.zip()[:100], 2, ("E100",)),
    Mutation("zip-empty", lambda _: b"", 2, ("E100",)),
    Mutation("zip-text", lambda _: b"this is not a zip file\n" * 50, 2, ("E100",)),
    Mutation("zip-nothing-inside", lambda _: forge.zip_bytes([]), 1, ("E103",)),
    Mutation("zip-doubled", _plus("data/dom.html"), 1, ("E112",)),
    Mutation("zip-case", _plus("data/DOM.html"), 1, ("E112",)),
    Mutation("zip-file-and-folder", _plus("data/dom.html/x"), 1, ("E112",)),
    Mutation("zip-climbs", _plus("../evil"), 1, ("E111",)),
    Mutation("zip-climbs-inside", _plus("data/../../evil"), 1, ("E111",)),
    Mutation("zip-absolute", _plus("/etc/evil"), 1, ("E111",)),
    Mutation("zip-backslash", _plus("data\\evil"), 1, ("E111",)),
    Mutation("zip-drive", _plus("C:evil"), 1, ("E111",)),
    Mutation("zip-hidden-name", _plus("data/.evil"), 1, ("E111",)),
    Mutation("zip-folder-entry", _plus("data/evil/"), 1, ("E111",)),
    Mutation("zip-foreign-name", _plus("data/\xe9vil"), 1, ("E111",)),
    Mutation("zip-newline-name", _plus("data/ev\nil"), 1, ("E111",)),
    Mutation("zip-long-name", _plus("data/" + "x" * 300), 1, ("E111",)),
    Mutation("zip-link", _with_entry(mode=0o120777), 1, ("E113",)),
    Mutation("zip-link-added", _plus("data/link", mode=0o120777), 1, ("E113",)),
    Mutation("zip-device", _plus("data/device", mode=0o060644), 1, ("E113",)),
    Mutation("zip-deflated", _deflated(100), 1, ("E114",)),
    Mutation("zip-bomb", _deflated(50_000_000), 1, ("E114",)),
    Mutation("zip-size-lie", _with_entry(stored=b"<html>"), 1, ("E114",)),
    Mutation("zip-date", _with_entry(date=0x5A21), 1, ("E110",)),
    Mutation("zip-time", _with_entry(time=1), 1, ("E110",)),
    Mutation("zip-mode", _with_entry(mode=0o100755), 1, ("E110",)),
    Mutation("zip-made-by", _with_entry(made_by=0x0314), 1, ("E110",)),
    Mutation("zip-encrypted", _with_entry(flags=1), 1, ("E110",)),
    Mutation("zip-internal", _with_entry(internal=1), 1, ("E110",)),
    Mutation("zip-extra-local", _with_entry(local_extra=b"\xfe\xca\x00\x00"), 1, ("E110",)),
    Mutation("zip-extra-central", _with_entry(central_extra=b"\xfe\xca\x00\x00"), 1, ("E110",)),
    Mutation("zip-entry-comment", _with_entry(comment=b"x"), 1, ("E110",)),
    Mutation("zip-gap", _with_entry(gap=b"hidden"), 1, ("E110",)),
    Mutation("zip-local-name", _with_entry(local_name="data/evil.htm"), 1, ("E110",)),
    Mutation("zip-crc", _with_entry(crc=1), 1, ("E110",)),
]
