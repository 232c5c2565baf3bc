"""The readable parts of a package, from a capture folder: dossier, case graph, forms.

Effects: reads files of the folder, nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from evidence import manifest
from evidence.case_graph import case_graph
from evidence.dossier import Dossier, SealedFile, Sources, gather
from evidence.errors import CaptureFolderError
from evidence.forms.evidence_list import evidence_list
from evidence.forms.extraction_record import extraction_record
from evidence.forms.print_file import print_file
from evidence.forms.word_file import word_file
from kernel.errors import ClockError

MAX_JSON_BYTES = 16_000_000
ENVIRONMENT, SECOND = "data/env/clean.json", "data/second/diff.json"
GRAPH = "meta/case.jsonld"
FORMS = {"extraction-record": extraction_record, "evidence-list": evidence_list}


def _record(folder: Path, name: str) -> Mapping[str, object]:
    """One JSON object of the capture; an empty one where there is none or it is something else."""
    path = folder / name
    try:
        if not path.is_file() or path.stat().st_size > MAX_JSON_BYTES:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        # Sealed as it is; what cannot be read is shown as not recorded.
        return {}
    return value if isinstance(value, dict) else {}


def open_dossier(
    folder: Path,
    digests: Mapping[str, Mapping[str, str]],
    *,
    custody: Sequence[Mapping[str, object]],
    authority: Mapping[str, object],
    at: datetime,
    origin_tls: str,
) -> Dossier:
    """The dossier of a capture folder.

    Args:
        folder: as ``evidence.capture`` checked it. digests: name to ``sha256`` and ``sm3`` (hex) of
            each file of ``data/``. custody: records, oldest first. authority: content of
            ``meta/authority.json``, empty where there is none. at: of the seal, aware UTC.
        origin_tls: ``good``, ``bad``, ``none`` or ``unknown``.

    Raises:
        CaptureFolderError: the record of the capture has no times.
    """
    sources = Sources(
        capture=_record(folder, manifest.CAPTURE),
        completeness=_record(folder, manifest.COMPLETENESS),
        authority=authority,
        environment=_record(folder, ENVIRONMENT),
        second=_record(folder, SECOND),
        custody=custody,
    )
    files = [
        SealedFile(name, (folder / name).stat().st_size, value["sha256"], value.get("sm3", ""))
        for name, value in sorted(digests.items())
    ]
    try:
        return gather(sources, files, at, origin_tls)
    except ClockError as error:
        raise CaptureFolderError(f"expected times in the record of the capture, got: {error.message}") from error


def tag_files(dossier: Dossier) -> dict[str, bytes]:
    """The readable files that are sealed with the originals: name in the package to content.

    Same dossier, same bytes.

    Raises:
        FontMissingError: no Chinese font on this machine.
    """
    made = {GRAPH: case_graph(dossier)}
    for name, form in FORMS.items():
        sheet = form(dossier)
        made[f"meta/forms/{name}.docx"] = word_file(sheet, dossier.sealed_at)
        made[f"meta/forms/{name}.pdf"] = print_file(sheet, dossier.sealed_at)
    return made
