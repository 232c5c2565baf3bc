"""Export: a stored package closed again with what a reader needs, and verified before anybody gets it.

Added are the report where there is none, the browser's verifier and the offline viewer. What was sealed stays
as it is. A renewed package has all that already: its archive timestamps name every file, so nothing is added.

Spec: 电子数据规定 (2016) 第18条 (移送); 行政处罚法 (2021) 第47条.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import archive_list, authority, closing, keys, manifest, retold, timestamp, trust
from evidence.closing import Packed
from evidence.container import Source
from evidence.errors import ExportFailedError, MalformedError, TimestampError
from evidence.package import Package, open_package
from evidence.retold import Press
from evidence.signer import Signer
from evidence.verdict import EXIT_FAILED, EXIT_UNREADABLE, Report
from evidence.verify import verify
from kernel.clock import as_utc
from kernel.config import Settings

logger = logging.getLogger(__name__)

ARCHIVE = "data/capture.wacz"
VIEWER_PAGE = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>离线查看 Offline viewer</title><script src="ui.js"></script></head>
<body style="margin:0;height:100vh">
<p>网页存档的离线查看。浏览器不许本地文件用服务线程：请在解压后的文件夹内执行
<code>python3 -m http.server 8000 --bind 127.0.0.1</code>，再打开 <code>http://127.0.0.1:8000/viewer/</code>。
这只是阅读工具，不作任何核验。 Reading aid only; serve the unpacked folder on this machine and open it there.</p>
<replay-web-page source="../data/capture.wacz" replaybase="replay/" style="display:block;height:90vh"></replay-web-page>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Aids:
    """Reading aids that the caller holds.

    Attributes:
        verifier: ``verifier.html``, or nothing. viewer: folder of the offline viewer's files, or none.
    """

    verifier: bytes = b""
    viewer: Path | None = None

    def files(self, package: Package) -> dict[str, Source]:
        """What goes into this package, by name; the viewer only where the archive is there to be viewed."""
        made: dict[str, Source] = {manifest.VERIFIER: self.verifier} if self.verifier else {}
        if self.viewer is not None and ARCHIVE in package.members:
            found = sorted(path for path in self.viewer.rglob("*") if path.is_file())
            made |= {f"viewer/{path.relative_to(self.viewer).as_posix()}": path for path in found}
            made["viewer/index.html"] = VIEWER_PAGE.encode()
        return made


@dataclass(frozen=True, slots=True)
class Exported:
    """A package that was written and verified."""

    packed: Packed
    report: Report


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex, in constant memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def closer_of(settings: Settings, package: Package, at: datetime) -> Signer:
    """The report signer for a package: one whose certificate was in force when it was sealed.

    A verification judges the closing list for that time; a leaf made later would not hold then.

    Raises:
        KeysError: there is none.
    """
    return keys.signer_then(settings, "report", retold.sealed_time(package), at)


def facts_of(package: Package) -> dict[str, str]:
    """The facts of the seal.

    Raises:
        MalformedError: they cannot be read.
    """
    try:
        value = json.loads(package.read(manifest.FACTS))
        return {str(key): str(item) for key, item in value.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise MalformedError(f"expected the facts of a seal, got {error}") from error


def kinds_of(anchors: trust.Trust) -> dict[str, str]:
    """Timestamp service to its kind."""
    return {anchor.name: anchor.kind for anchor in anchors.anchors if anchor.use == "timestamp"}


def is_renewed(package: Package) -> bool:
    """Whether it has archive timestamps."""
    return bool(archive_list.folders(package))


@contextmanager
def open_press(settings: Settings, anchors: trust.Trust, at: datetime) -> Iterator[Press]:
    """Report signer and timestamp services of the settings, their connections closed in the end.

    Raises:
        TimestampError: the settings name no usable services. KeysError: keys are damaged.
    """
    services = timestamp.open_timestampers(settings)
    with ExitStack() as open_services:
        for service in services:
            open_services.enter_context(service.client)
        signer = keys.ensure_keys(settings, at).report
        lists = tuple(authority.lists(settings, at).values())
        yield Press(signer, services, as_utc(at), kinds_of(anchors), lists)


def late_report(package: Package, settings: Settings, anchors: trust.Trust, at: datetime) -> dict[str, Source]:
    """The report of a package that has none; nothing while no timestamp service answers: then N001 is told."""
    try:
        with open_press(settings, anchors, at) as press:
            return {manifest.REPORT: retold.make(package, press)}
    except TimestampError as error:
        logger.warning("exported without a report: %s (%s)", error.message, error.code)
        return {}


def export(stored: Path, target: Path, *, settings: Settings, at: datetime, aids: Aids) -> Exported:
    """Close a stored package again with its reading aids, and verify what was written.

    Args:
        stored: only read. target: a file that is not there yet. at: aware UTC, now.

    Raises:
        PackageError, KeysError: it cannot be done. ExportFailedError: what was written does not verify; it is gone.

    Effects: ``target``; keys at the first call.
    """
    anchors = trust.load(settings.trust_path())
    package = open_package(stored)
    signer = closer_of(settings, package, at)
    added: dict[str, Source] = {} if is_renewed(package) else aids.files(package)
    if not is_renewed(package) and manifest.REPORT not in package.members:
        added |= late_report(package, settings, anchors, at)
    return checked(
        lambda: closing.close_again(package, target, signer=signer, at=as_utc(at), added=added), target, anchors, at
    )


def checked(write: Callable[[], Packed], target: Path, anchors: trust.Trust, at: datetime) -> Exported:
    """Write a package and verify it; one that does not stand is taken away again.

    Raises:
        ExportFailedError: a step failed.
    """
    packed = write()
    report = verify(target, trust=anchors, at=at)
    if report.exit_code in {EXIT_FAILED, EXIT_UNREADABLE}:
        target.unlink(missing_ok=True)
        wrong = ", ".join(f"{step.key} {step.code} {step.detail}".strip() for step in report.failed())
        raise ExportFailedError(
            f"expected a package that stands, got one that fails: {wrong[:400]}",
            hint="先核验库中原件 verify the stored package; --as-stored gives its bytes as they are.",
        )
    return Exported(packed, report)
