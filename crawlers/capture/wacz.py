"""The archive as one file a replay viewer opens.

Spec: WACZ 1.1.1 (webrecorder), Frictionless data package.
"""

import hashlib
import json
import shutil
import struct
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kernel.crypto import sha256_hex

WARC_NAME = "data.warc.gz"


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """The page a viewer opens first."""

    url: str
    title: str
    at: datetime


def write_wacz(target: Path, warc: Path, cdxj: bytes, page: ReplayPage, software: str) -> tuple[int, int]:
    """Write the archive: every member stored, not compressed again, in a fixed order.

    Args:
        target: file to make. warc: gzipped WARC file. cdxj: its index, sorted.

    Returns:
        offset and size of the WARC in the archive, bytes.
    """
    stamp = page.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    pages = _line({"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": False}) + _line(
        {"id": "page-1", "url": page.url, "ts": stamp, "title": page.title}
    )
    with warc.open("rb") as stream:
        resources = [(f"archive/{WARC_NAME}", hashlib.file_digest(stream, "sha256").hexdigest(), warc.stat().st_size)]
    members = {"indexes/index.cdxj": cdxj, "pages/pages.jsonl": pages}
    resources += [(path, sha256_hex(data), len(data)) for path, data in members.items()]
    package = _pretty(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "title": page.title,
            "software": software,
            "created": stamp,
            "mainPageUrl": page.url,
            "mainPageDate": stamp,
            "resources": [
                {"name": path.rpartition("/")[2], "path": path, "hash": f"sha256:{digest}", "bytes": size}
                for path, digest, size in resources
            ],
        }
    )
    members["datapackage.json"] = package
    members["datapackage-digest.json"] = _pretty({"path": "datapackage.json", "hash": f"sha256:{sha256_hex(package)}"})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        first = _member(f"archive/{WARC_NAME}", page.at)
        first.file_size = resources[0][2]
        with warc.open("rb") as source, archive.open(first, "w") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        for path, data in members.items():
            archive.writestr(_member(path, page.at), data)
    return _content_offset(target), resources[0][2]


def _member(path: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, (at.year, at.month, at.day, at.hour, at.minute, 0))
    info.external_attr = 0o644 << 16
    return info


def _content_offset(archive: Path) -> int:
    """Where the bytes of the first member begin. Spec: APPNOTE.TXT 4.3.7, local file header."""
    with archive.open("rb") as stream:
        name, extra = struct.unpack_from("<2H", stream.read(30), 26)
    return 30 + int(name) + int(extra)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
