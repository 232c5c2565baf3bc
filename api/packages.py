"""Sealed packages behind the pages: files, verification, export, the archive for replay."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from api.auth import SignedIn
from api.context import Context
from api.errors import NotFoundError
from api.orders import check_purpose
from api.package_record import proven_detail
from api.queries.evidence import find_sealed
from evidence import custody, manifest, trust
from evidence.errors import StoreMissingError
from evidence.export import export
from evidence.package import Package, open_package
from evidence.store import open_store
from evidence.store_files import FileStore
from evidence.verdict import EXIT_FAILED, EXIT_PASSED, EXIT_UNREADABLE, WORDS, State, Step, exit_code
from evidence.verify import Verification
from kernel import audit
from kernel.config import Settings
from kernel.crypto import digest_file
from kernel.models import Evidence
from pipeline.exporting import reading_aids

SCREENS = "data/screens/"
SHOWN_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
ARCHIVE = "data/capture.wacz"
MAX_SHOWN_BYTES = 64_000_000
COPIES_KEPT = 50


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One file of a package. ``sha256`` is the one its manifests state, hex, or empty."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the steps of a verification add up to.

    Attributes:
        word: PASSED, FAILED, UNREADABLE or RESERVED. colour: name of a step state with the same colour.
    """

    word: str
    zh: str
    en: str
    colour: str
    passed: int
    failed: int
    unsure: int


def verdict_of(steps: Sequence[Step]) -> Verdict:
    """The verdict over all steps."""
    code = exit_code(steps)
    word, zh, en = WORDS[code]
    colour = {EXIT_PASSED: "PASSED", EXIT_FAILED: "FAILED", EXIT_UNREADABLE: "FAILED"}.get(code, "INDETERMINATE")
    passed = sum(step.state is State.PASSED for step in steps)
    failed = sum(step.state is State.FAILED for step in steps)
    return Verdict(word, zh, en, colour, passed, failed, len(steps) - passed - failed)


@contextmanager
def stored_path(settings: Settings, evidence: Evidence, *, hashed: bool = True) -> Iterator[Path]:
    """The package as a file on this machine, for as long as the block runs. Nobody may write to it.

    A store of files gives the file itself; another store is copied from, once for many readers. Either is hashed at
    every read.

    Args:
        hashed: not where the reader is a verification, which hashes all itself and says which file is wrong.

    Raises:
        StoreMissingError, StoreDamagedError, StoreError: it cannot be had.

    Effects: folder ``data_dir/packages`` when the store is elsewhere.
    """
    store, key = open_store(settings), evidence.store_key
    if isinstance(store, FileStore):
        if hashed:
            store.check(key)
        elif not store.exists(key):
            raise StoreMissingError(
                f"expected the package {key[:12]} in the store, got none", hint="从备份恢复证据库。"
            )
        yield store.path(key)
        return
    copy = settings.data_dir / "packages" / key
    if not copy.exists() or (hashed and digest_file(copy)["sha256"] != key):
        copy.parent.mkdir(parents=True, exist_ok=True)
        store.fetch(key, copy)
    copy.touch()
    for old in sorted(copy.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-COPIES_KEPT]:
        old.unlink(missing_ok=True)
    yield copy


@contextmanager
def stored_package(settings: Settings, evidence: Evidence) -> Iterator[Package]:
    """The package open for reading."""
    with stored_path(settings, evidence) as path:
        yield open_package(path)


def list_files(package: Package) -> tuple[PackageFile, ...]:
    """All files with the digests that the manifests state."""
    stated: dict[str, str] = {}
    for name in (manifest.SHA256, manifest.TAGS, manifest.CLOSING):
        if name in package.members:
            stated.update(manifest.parse(package.read(name)))
    return tuple(PackageFile(name, member.size, stated.get(name, "")) for name, member in package.members.items())


def screens_of(files: Sequence[PackageFile]) -> tuple[PackageFile, ...]:
    """The screenshots among the files."""
    return tuple(file for file in files if file.path.startswith(SCREENS) and Path(file.path).suffix in SHOWN_TYPES)


def read_screen(package: Package, name: str) -> tuple[bytes, str]:
    """One screenshot: its bytes and its media type.

    Only images are given out one by one; they cannot run. All else leaves as the whole package.

    Raises:
        NotFoundError: no such file, or not an image below ``data/screens``.
    """
    kind = SHOWN_TYPES.get(Path(name).suffix)
    if kind is None or not name.startswith(SCREENS) or name not in package.members:
        raise NotFoundError("expected a screenshot of this package, got another name", hint="从证据页打开截图。")
    return package.read(name, MAX_SHOWN_BYTES), kind


def run_verification(context: Context, who: SignedIn, evidence_id: str) -> Iterator[Step]:
    """Verify a package step by step; the outcome goes into its custody chain and the audit trail.

    Raises:
        NotFoundError, ConflictError: before the first step.

    Effects: tables ``custody_event``, ``audit``, once all steps are done.
    """
    with context.database.read() as session:
        evidence = find_sealed(session, who.scope, evidence_id)
    anchors = trust.load(context.settings.trust_path())
    with ExitStack() as stack:
        path = stack.enter_context(stored_path(context.settings, evidence, hashed=False))
        held = stack.pop_all()

    def steps() -> Iterator[Step]:
        run = Verification(path, trust=anchors, at=context.now())
        with held:
            yield from run.steps()
        report = run.report()
        codes = sorted({step.code for step in report.steps if step.code != "OK"})
        kept = {"verdict": report.verdict, "codes": codes, **proven_detail(report)}
        note(context, who, evidence, "verified", detail=kept)

    return steps()


def note(
    context: Context,
    who: SignedIn,
    evidence: Evidence,
    action: str,
    *,
    purpose: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write a custody event and an audit entry in one transaction.

    Effects: tables ``custody_event``, ``audit``.
    """
    with context.database.write() as session:
        at = context.now()
        custody.append(
            session,
            evidence_id=evidence.id,
            action=action,
            actor=who.scope.name,
            role=who.roles[0] if who.roles else "",
            purpose=purpose,
            object_sha256=evidence.root_sha256,
            detail=detail,
            at=at,
        )
        audit.append(
            session,
            actor=who.scope.name,
            action=f"evidence.{action}",
            object_type="evidence",
            object_id=evidence.id,
            detail={"purpose": purpose, **(detail or {})},
            at=at,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """A package on its way out: its bytes in pieces, its size and a file name."""

    pieces: Iterator[bytes]
    size: int
    name: str


def export_package(
    context: Context, who: SignedIn, evidence_id: str, purpose: str, *, as_stored: bool = False
) -> Export:
    """Hand out a package; who, why and when are written down first.

    Args:
        as_stored: the stored bytes; else closed again with its reading aids, and verified.

    Raises:
        InputError: no purpose. NotFoundError, ConflictError: none to be had. ExportFailedError: it does not verify.

    Effects: tables ``custody_event``, ``audit``; a file of ``data_dir/exports`` for as long as it takes.
    """
    purpose = check_purpose(purpose)
    with context.database.read() as session:
        evidence = find_sealed(session, who.scope, evidence_id)
    with ExitStack() as stack:
        path = stack.enter_context(stored_path(context.settings, evidence))
        if not as_stored:
            path = stack.enter_context(_closed_again(context, path))
        stream = stack.enter_context(path.open("rb"))
        size = path.stat().st_size
        note(context, who, evidence, "exported", purpose=purpose)
        held = stack.pop_all()

    def pieces() -> Iterator[bytes]:
        with held:
            yield from _chunks(stream)

    return Export(pieces(), size, f"{evidence.id}.evidence.zip")


@contextmanager
def _closed_again(context: Context, stored: Path) -> Iterator[Path]:
    """The package with its reading aids, as a file that is gone after the block."""
    folder = context.settings.data_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as own:
        made = Path(own) / "package.zip"
        export(stored, made, settings=context.settings, at=context.now(), aids=reading_aids())
        yield made


def _chunks(stream: BinaryIO, size: int = 1 << 18) -> Iterator[bytes]:
    while chunk := stream.read(size):
        yield chunk
