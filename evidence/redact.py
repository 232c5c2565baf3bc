"""Redacted exports: what others must not see is left out and told, and all that is left can still be checked.

Whatever repeats digests or content of a withheld file goes with it, for a stated reason: lists, forms, the web
archive that holds the same page, the report. A blurred picture is a new file with its parent named.

Spec: 行政处罚法 (2021) 第50条 (商业秘密、个人隐私).
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from evidence import archive_list, closing, digests, export, manifest, retold, trust
from evidence.container import Source
from evidence.errors import EvidenceError, MalformedError, RedactionError, TimestampError
from evidence.export import Aids, Exported
from evidence.package import Package, open_package
from evidence.redaction import SALT_BYTES, Derived, Redactions, Withheld
from kernel.clock import iso
from kernel.config import Settings
from kernel.crypto import CHUNK_BYTES, sha256_hex

ARCHIVE = "data/capture.wacz"
VIEWS = ("data/dom.html", "data/page.pdf", "data/session.webm", "data/screens/", "data/second/", ARCHIVE)
TRAFFIC = (manifest.CAPTURE, manifest.COMPLETENESS, manifest.RUNNING, "data/net/requests.jsonl", "data/second/")
READABLE = (manifest.CASE, "meta/forms/")
LISTS = (manifest.SHA256, manifest.SM3, manifest.NODE_LIST, manifest.NODE_SIGNATURE)
REPEATS_PAGE = "与被遮盖内容为同一网页 shows the same page"
REPEATS_TRAFFIC = "记载被遮盖网页档案的内容或哈希 tells contents or digests of the withheld archive"
REPEATS_DIGEST = "含被遮盖文件的哈希或内容摘要 repeats digests of what is withheld"
SAME = "与被遮盖文件内容相同 the same content as a withheld file"
CELL_PX, MOST_CELLS = 32, 4
MAX_PICTURE_BYTES = 64_000_000
MAX_SCAN_BYTES = 64_000_000
_BLUR = re.compile(r"(?P<name>[^=]+)=(?P<box>[0-9]+(?:,[0-9]+){3}):(?P<reason>.+)")


@dataclass(frozen=True, slots=True)
class Blur:
    """A part of a picture that is made unreadable: left, top, width and height in pixels, and why."""

    name: str
    box: tuple[int, int, int, int]
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be withheld.

    Attributes:
        officer: who decided. withhold: pattern of names (``*`` as in a shell) and reason, first match counts.
        blur: parts of pictures.
    """

    officer: str
    withhold: tuple[tuple[str, str], ...] = ()
    blur: tuple[Blur, ...] = ()


def parse_withhold(text: str) -> tuple[str, str]:
    """``PATTERN=REASON``.

    Raises:
        RedactionError: another form.
    """
    pattern, _, reason = text.partition("=")
    if not pattern or not reason.strip():
        raise RedactionError(f"expected PATTERN=REASON, got {text!r}", hint="data/dom.html=个人隐私")
    return pattern, reason.strip()


def parse_blur(text: str) -> Blur:
    """``FILE=x,y,w,h:REASON``, in pixels.

    Raises:
        RedactionError: another form.
    """
    found = _BLUR.fullmatch(text)
    if found is None:
        raise RedactionError(
            f"expected FILE=x,y,w,h:REASON, got {text!r}", hint="data/screens/000-initial.png=10,20,300,40:手机号"
        )
    left, top, width, height = (int(number) for number in found["box"].split(","))
    return Blur(found["name"], (left, top, width, height), found["reason"].strip())


def plan(package: Package, order: Order) -> dict[str, str]:
    """Names that are withheld, with reasons: those that were ordered, and all that would give them away.

    Raises:
        RedactionError: a pattern without a file, a blur of no picture, or a file that must stay and repeats digests.
    """
    gone = _ordered(package, order)
    free = [name for name in package.members if manifest.may_withhold(name)]

    def add(starts: Sequence[str], reason: str) -> None:
        for name in free:
            if name.startswith(tuple(starts)):
                gone.setdefault(name, reason)

    if any(name.startswith(VIEWS) for name in gone):
        add((ARCHIVE,), REPEATS_PAGE)
    if ARCHIVE in gone:
        add(TRAFFIC, REPEATS_TRAFFIC)
    if any(name.startswith("data/") for name in gone):
        add((*LISTS, *READABLE), REPEATS_DIGEST)
    _follow(package, gone)
    return gone


def _ordered(package: Package, order: Order) -> dict[str, str]:
    if not order.officer or not (order.withhold or order.blur):
        raise RedactionError("expected an officer and something to withhold, got neither or one")
    gone: dict[str, str] = {}
    for pattern, reason in order.withhold:
        found = [name for name in package.members if manifest.may_withhold(name) and fnmatchcase(name, pattern)]
        if not found:
            raise RedactionError(f"expected a file that may be withheld, got none for {pattern!r}")
        for name in found:
            gone.setdefault(name, reason)
    for blur in order.blur:
        if blur.name not in package.members or not blur.name.startswith("data/") or not blur.reason:
            raise RedactionError(f"expected a picture of the package and a reason, got {blur.name!r}")
        gone.setdefault(blur.name, blur.reason)
    return gone


def _marks(package: Package, name: str) -> set[bytes]:
    """Digests of one file as others may repeat them, in hex."""
    taken = [hashlib.new(kind, usedforsecurity=False) for kind in ("sha1", "sha256", "sha512", "md5")]
    with package.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            for one in taken:
                one.update(chunk)
    return {one.hexdigest().encode() for one in taken} | {package.digests(name).sm3.encode()}


def _follow(package: Package, gone: dict[str, str]) -> None:
    """Withhold what repeats a digest of a withheld original, until nothing does.

    Digests of tag files stand in the tag manifest, which stays; only originals have salted ones.
    """
    later = {name for name in package.members if _is_later(name)}
    done: set[str] = set()
    while fresh := [name for name in gone if name not in done and name.startswith("data/")]:
        same = {package.digests(name).sha256 for name in fresh}
        for name in package.members:
            if name.startswith("data/") and package.digests(name).sha256 in same:
                gone.setdefault(name, SAME)
        marks = {mark for name in fresh for mark in _marks(package, name)}
        done.update(fresh)
        for name, member in package.members.items():
            told = name in gone or name in later or name in {manifest.TAGS, manifest.REDACT}
            if told or member.size > MAX_SCAN_BYTES or not _holds(package, name, marks):
                continue
            if not manifest.may_withhold(name):
                raise RedactionError(f"expected {name}, which stays, to repeat no digest of what is withheld, it does")
            gone[name] = REPEATS_DIGEST


def _is_later(name: str) -> bool:
    return manifest.belongs(name, "closing") or name in {manifest.CLOSING, manifest.CLOSING_SIGNATURE}


def _holds(package: Package, name: str, marks: set[bytes]) -> bool:
    data = package.read(name, MAX_SCAN_BYTES).lower()
    return any(mark in data for mark in marks)


def blurred(picture: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
    """A PNG whose boxes hold at most 16 averaged colours each; nothing else of the original file is kept.

    Raises:
        RedactionError: not a picture, or a box outside of it.
    """
    try:
        with Image.open(io.BytesIO(picture)) as source:
            made = source.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        raise RedactionError(f"expected a picture to blur, got {error}") from error
    for left, top, width, height in boxes:
        box = (left, top, left + width, top + height)
        if not width or not height or box[2] > made.width or box[3] > made.height:
            raise RedactionError(f"expected a part of {made.width}×{made.height} pixels, got {box}")
        cells = tuple(max(1, min(MOST_CELLS, side // CELL_PX)) for side in (width, height))
        small = made.crop(box).resize((cells[0], cells[1]), Image.Resampling.BOX)
        made.paste(small.resize((width, height), Image.Resampling.BICUBIC), box)
    sink = io.BytesIO()
    Image.frombytes("RGB", made.size, made.tobytes()).save(sink, "PNG")
    return sink.getvalue()


def _derive(package: Package, blurs: Sequence[Blur]) -> tuple[dict[str, Source], list[Derived]]:
    files: dict[str, Source] = {}
    told = []
    for name in sorted({blur.name for blur in blurs}):
        boxes = [blur.box for blur in blurs if blur.name == name]
        made = f"derived/{Path(name.removeprefix('data/')).with_suffix('.png')}"
        files[made] = blurred(package.read(name, MAX_PICTURE_BYTES), boxes)
        how = "blurred boxes x,y,w,h: " + "; ".join(",".join(map(str, box)) for box in boxes)
        told.append(Derived(made, f"{how}; at most {MOST_CELLS}x{MOST_CELLS} averaged colours a box, PNG", name))
    return files, told


def redact(stored: Path, target: Path, order: Order, *, settings: Settings, at: datetime, aids: Aids) -> Exported:
    """Write the redacted package, closed again with the report key, and verify it.

    Args:
        stored: only read. target: a file that is not there yet. at: aware UTC, now.

    Raises:
        RedactionError: what is ordered cannot be done. ExportFailedError: what was written does not verify.

    Effects: ``target``; a request to each timestamp service where the report is made anew.
    """
    anchors = trust.load(settings.trust_path())
    package = open_package(stored)
    _require_still_proven(package, anchors, at)
    gone = plan(package, order)
    derived, told = _derive(package, order.blur)
    facts = export.facts_of(package)
    redactions = Redactions(
        at=iso(at),
        evidence_id=facts.get("evidence_id", ""),
        officer=order.officer,
        root_sha256=sha256_hex(package.read(manifest.TAGS)),
        withheld=tuple(Withheld(name, gone[name]) for name in sorted(gone)),
        derived=tuple(told),
    )
    salts = {name: salt for name, salt in manifest.parse(package.read(manifest.SALTS)).items() if name not in gone}
    added: dict[str, Source] = {**derived, manifest.SALTS: manifest.render(salts)}
    added[manifest.REDACTIONS] = redactions.render()
    reading = {} if ARCHIVE in gone else aids.files(package)
    added |= reading or Aids(aids.verifier).files(package)
    added |= _report(package, gone, settings, anchors, at)
    # Readers of an earlier export and archive timestamps over the whole package do not fit what is left.
    without = {*gone, manifest.REPORT, *(n for n in package.members if n.startswith((archive_list.FOLDER, "viewer/")))}
    signer = export.closer_of(settings, package, at)
    return export.checked(
        lambda: closing.close_again(package, target, signer=signer, at=at, added=added, without=without),
        target,
        anchors,
        at,
    )


def _require_still_proven(package: Package, anchors: trust.Trust, at: datetime) -> None:
    """Refuse a package whose time only its renewals still prove: they list digests of what is withheld and stay behind.

    Raises:
        RedactionError: the timestamps of the seal have ended.
    """
    if not export.is_renewed(package):
        return
    ended = archive_list.first_stamps_end(package, anchors)
    if ended < at:
        raise RedactionError(
            f"expected timestamps of the seal in force, got certificates that ended {iso(ended)}",
            hint="归档时间戳的清单含被遮盖文件的哈希，不能带上；没有它时间无从证明：请以完整包不公开质证 the archive "
            "timestamps list digests of what is withheld; without them nothing proves the time: show the whole package "
            "in closed court",
        )


def _report(
    package: Package, gone: Mapping[str, str], settings: Settings, anchors: trust.Trust, at: datetime
) -> dict[str, Source]:
    """The report without what is withheld; none where its facts are withheld, or no service answers."""
    if manifest.CAPTURE in gone:
        return {}
    try:
        with export.open_press(settings, anchors, at) as press:
            return {manifest.REPORT: retold.make(package, press, gone)}
    except TimestampError:
        return {}


@dataclass(frozen=True, slots=True)
class Proved:
    """Whether a file is the one that a package withholds; digests are hex."""

    holds: bool
    name: str
    stated: str
    found: str


def prove(package: Package, name: str, original: Path, salt: bytes) -> Proved:
    """Compare a file and its salt with the signed line of a package.

    Args:
        package: redacted; verify it first. salt: 32 bytes.

    Raises:
        RedactionError: no such line, or a salt of another length.
    """
    try:
        lines = manifest.parse(package.read(manifest.REDACT))
    except EvidenceError as error:
        raise RedactionError(f"expected {manifest.REDACT} in the package, got {error.message}") from error
    if name not in lines or len(salt) != SALT_BYTES:
        raise RedactionError(f"expected a listed name and {SALT_BYTES} bytes of salt, got {name!r} and {len(salt)}")
    found = digests.salted(original, salt)
    return Proved(found == lines[name], name, lines[name], found)


def salt_in(package: Package, name: str) -> bytes:
    """The salt of a file, from a whole package.

    Raises:
        RedactionError: the package does not disclose it.
    """
    try:
        return bytes.fromhex(manifest.parse(package.read(manifest.SALTS))[name])
    except (KeyError, MalformedError) as error:
        raise RedactionError(f"expected the salt of {name} in the package, got none") from error
