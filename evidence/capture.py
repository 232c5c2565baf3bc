"""The folder of a capture, read: what may be sealed, and the facts the seal repeats.

``meta/capture.json`` and ``meta/completeness.json`` are written by the capture; this is the only
place that knows their fields.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence import manifest, names
from evidence.errors import CaptureFolderError
from kernel.clock import as_utc, parse_iso
from kernel.errors import ClockError

VERDICTS = ("COMPLETE", "PARTIAL")
# How the origin's certificate was judged: good, bad, none (plain HTTP), unknown (not told).
TLS_VERDICTS = ("good", "bad", "none", "unknown")
GOOD_WORDS = frozenset(("ok", "good", "valid", "secure", "trusted", "passed"))
NONE_WORDS = frozenset(("none", "http", "no_tls", "plain", "not_tls"))
MAX_JSON_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Capture:
    """Facts of one capture.

    Attributes:
        files: names below the folder, in order, all to be sealed.
        started_at, ended_at: aware UTC. completeness: of ``VERDICTS``. origin_tls: of ``TLS_VERDICTS``.
        network: label and value for the report.
    """

    files: tuple[str, ...]
    url: str
    final_url: str
    title: str
    started_at: datetime
    ended_at: datetime
    completeness: str
    origin_tls: str
    network: tuple[tuple[str, str], ...]


def _refuse(step_code: str, message: str) -> CaptureFolderError:
    return CaptureFolderError(f"{message} ({step_code})")


def _files(folder: Path) -> tuple[str, ...]:
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise CaptureFolderError(f"expected regular files in the capture, got a link or other kind: {name}")
        if path.is_file():
            names.require_safe(name, _refuse)
            if not name.startswith(("data/", "meta/")):
                raise CaptureFolderError(f"expected files below data/ and meta/, got {name}")
            found.append(name)
    names.require_distinct(found, _refuse)
    if not any(name.startswith("data/") for name in found):
        raise CaptureFolderError(
            f"expected captured files below {folder}/data, got none", hint="Capture the page again."
        )
    return tuple(sorted(found))


def _json(folder: Path, name: str) -> dict[str, object]:
    path = folder / name
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise CaptureFolderError(f"expected {name} below {MAX_JSON_BYTES} bytes, got more")
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CaptureFolderError(
            f"expected JSON in {name}, got {error}", hint="The capture is not whole: capture the page again."
        ) from error
    if not isinstance(value, dict):
        raise CaptureFolderError(f"expected an object in {name}, got {type(value).__name__}")
    return value


def _text(value: Mapping[str, object], *keys: str) -> str:
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
    return ""


def _part(value: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    for key in keys:
        found = value.get(key)
        if isinstance(found, dict):
            return found
    return {}


def _time(value: Mapping[str, object], *keys: str) -> datetime:
    text = _text(value, *keys)
    try:
        return as_utc(parse_iso(text))
    except ClockError as error:
        raise CaptureFolderError(f"expected a time under {keys[0]} in {manifest.CAPTURE}, got {text!r}") from error


def _tls_verdict(record: Mapping[str, object], url: str) -> str:
    if url.startswith("http:"):
        return "none"
    main = _part(record, "main", "main_document")
    tls = _part(main, "tls", "origin_tls") or _part(record, "tls", "origin_tls")
    word = _text(tls, "verdict") or _text(main, "tls_verdict", "chain_verdict") or _text(record, "tls_verdict")
    if not word:
        return "unknown"
    if word.lower() in NONE_WORDS:
        return "none"
    return "good" if word.lower() in GOOD_WORDS else "bad"


def _flat(value: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key in sorted(value):
        item = value[key]
        if isinstance(item, dict):
            rows += _flat(item, f"{prefix}{key}.")
        elif isinstance(item, list):
            rows.append((f"{prefix}{key}", "; ".join(str(part) for part in item)[:600]))
        elif item not in {None, ""}:
            rows.append((f"{prefix}{key}", str(item)[:600]))
    return rows


def read_capture(folder: Path) -> Capture:
    """Read and check a capture folder.

    Args:
        folder: holds ``data/`` and ``meta/`` and nothing else.

    Raises:
        CaptureFolderError: links, names that are not allowed, missing or unreadable records.
    """
    if not folder.is_dir():
        raise CaptureFolderError(f"expected a capture folder at {folder}, got none", hint="Capture the page again.")
    files = _files(folder)
    record, whole = _json(folder, manifest.CAPTURE), _json(folder, manifest.COMPLETENESS)
    url = _text(record, "url", "requested_url")
    final_url = _text(record, "final_url") or url
    started = _time(record, "started_at", "started")
    ended = _time(record, "ended_at", "ended")
    verdict = _text(whole, "verdict")
    if not url or ended < started or verdict not in VERDICTS:
        raise CaptureFolderError(
            f"expected an address, times in order and a verdict of {VERDICTS}, got {url!r}, "
            f"{started.isoformat()}, {ended.isoformat()}, {verdict!r}"
        )
    network = _part(record, "main", "main_document", "network")
    rows = [*_flat(network), *_flat({"loaded": whole.get("loaded"), "stop_reason": whole.get("stop_reason")}, "completeness.")]
    return Capture(
        files=files,
        url=url,
        final_url=final_url,
        title=_text(record, "title"),
        started_at=started,
        ended_at=ended,
        completeness=verdict,
        origin_tls=_tls_verdict(record, final_url),
        network=tuple(rows[:60]),
    )
