"""The folder of a capture, read: what may be sealed, and the facts the seal repeats.

``meta/capture.json`` and ``meta/completeness.json`` are written by the capture; this is the only
place that knows their fields.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evidence import manifest, names
from evidence.dossier import answer_line, text
from evidence.errors import CaptureFolderError
from evidence.stated import TLS_WORDS
from kernel.clock import as_utc, parse_iso
from kernel.errors import ClockError

VERDICTS = ("COMPLETE", "PARTIAL")
MAX_JSON_BYTES = 16_000_000


class _Part(BaseModel):
    # Fields that the seal does not repeat are sealed as they are and need not be known here.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _TlsVerdict(_Part):
    state: str
    error: str = ""


class _Answer(_Part):
    address: str
    ttl: int | None = None


class _Main(_Part):
    status: int | None = None
    remote_address: str = ""
    remote_port: int | None = None
    protocol: str = ""
    tls: str = ""
    cipher: str = ""
    tls_verdict: _TlsVerdict
    certificates: tuple[str, ...] = ()
    dns: tuple[_Answer, ...] = ()
    resolver: str = ""


class _Stated(_Part):
    # A part that says how it went: the beacon, the node's signature, one of the second looks.
    state: str = ""
    reason: str = ""
    at: str = ""
    different: tuple[str, ...] = ()


class _SecondLook(_Stated):
    fetch: _Stated = _Stated()
    node: _Stated = _Stated()


class _Recovered(_Part):
    at: str


class _Record(_Part):
    id: str
    requested_url: str
    final_url: str
    title: str = ""
    started_at: str
    ended_at: str
    main_document: _Main
    beacon: _Stated = _Stated()
    second_look: _SecondLook = _SecondLook()
    node_signature: _Stated = _Stated()
    recovered: _Recovered | None = None


class _Completeness(_Part):
    verdict: str
    loaded: int = 0
    failed: tuple[object, ...] = ()
    blocked: tuple[object, ...] = ()
    stop_reason: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """Facts of one capture.

    Attributes:
        id: the evidence it was made for. files: names below the folder, in order, all to be sealed.
        started_at, ended_at: aware UTC. completeness: of ``VERDICTS``.
        origin_tls: ``good``, ``bad``, ``none`` (plain HTTP) or ``unknown``.
        network: label and value for the report.
    """

    id: str
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


def _json(folder: Path, name: str) -> object:
    path = folder / name
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise CaptureFolderError(f"expected {name} below {MAX_JSON_BYTES} bytes, got more")
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CaptureFolderError(
            f"expected JSON in {name}, got {error}", hint="The capture is not whole: capture the page again."
        ) from error


def _told(part: _Stated) -> str:
    """A part in one line: what differs, its time, or why there is nothing."""
    if part.state == "compared":
        return "不同 different: " + ", ".join(part.different) if part.different else "一致 the same"
    return " ".join(text for text in (part.state, part.at, part.reason) if text)


def _circumstances(record: _Record) -> tuple[tuple[str, str], ...]:
    return (
        ("时间信标 Beacon", _told(record.beacon)),
        ("节点签名 Node signature", _told(record.node_signature)),
        ("再次抓取 Plain fetch", _told(record.second_look.fetch)),
        ("第二节点 Second node", _told(record.second_look.node)),
        ("中断后恢复 Recovered", record.recovered.at if record.recovered else ""),
    )


def _network(record: _Record, whole: _Completeness) -> tuple[tuple[str, str], ...]:
    main = record.main_document
    rows = (
        ("HTTP 状态 Status", str(main.status or "")),
        ("远端地址 Remote", f"{main.remote_address}:{main.remote_port}" if main.remote_address else ""),
        ("协议 Protocol", " ".join(part for part in (main.protocol, main.tls, main.cipher) if part)),
        ("证书判定 Certificate", " ".join(part for part in (main.tls_verdict.state, main.tls_verdict.error) if part)),
        ("证书指纹 SHA-256", "\n".join(main.certificates)),
        ("DNS", "; ".join(answer_line(answer.address, text(answer.ttl)) for answer in main.dns)),
        ("解析器 Resolver", main.resolver),
        (
            "资源 Resources",
            f"{whole.loaded} 已取得 loaded, {len(whole.failed)} 失败 failed, {len(whole.blocked)} 拦截 blocked",
        ),
        ("停止原因 Stopped by", whole.stop_reason),
        *_circumstances(record),
    )
    return tuple((label, value) for label, value in rows if value)


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
    try:
        record = _Record.model_validate(_json(folder, manifest.CAPTURE))
        whole = _Completeness.model_validate(_json(folder, manifest.COMPLETENESS))
        started, ended = as_utc(parse_iso(record.started_at)), as_utc(parse_iso(record.ended_at))
    except (ValidationError, ClockError) as error:
        raise CaptureFolderError(f"expected the records of a capture in {folder}/meta, got {error}") from error
    tls = TLS_WORDS.get(record.main_document.tls_verdict.state, "")
    if ended < started or whole.verdict not in VERDICTS or not tls:
        raise CaptureFolderError(
            f"expected times in order, a verdict of {VERDICTS} and a known certificate state, "
            f"got {started.isoformat()}, {ended.isoformat()}, {whole.verdict!r}, "
            f"{record.main_document.tls_verdict.state!r}"
        )
    return Capture(
        id=record.id,
        files=files,
        url=record.requested_url,
        final_url=record.final_url,
        title=record.title,
        started_at=started,
        ended_at=ended,
        completeness=whole.verdict,
        origin_tls=tls,
        network=_network(record, whole),
    )
