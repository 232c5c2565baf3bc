"""The archive as one file a replay viewer opens.

Spec: WACZ 1.1.1 (webrecorder), Frictionless data package.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime

from kernel.crypto import sha256_hex

WARC_NAME = "data.warc.gz"


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """The page a viewer opens first."""

    url: str
    title: str
    at: datetime


def build_wacz(warc: bytes, cdxj: bytes, page: ReplayPage, software: str) -> bytes:
    """Bytes of the archive: every member stored, not compressed again, in a fixed order.

    Args:
        warc: gzipped WARC file.
        cdxj: its index, sorted.
    """
    stamp = page.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    pages = _line({"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": False}) + _line(
        {"id": "page-1", "url": page.url, "ts": stamp, "title": page.title}
    )
    members = {
        f"archive/{WARC_NAME}": warc,
        "indexes/index.cdxj": cdxj,
        "pages/pages.jsonl": pages,
    }
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
                {
                    "name": path.rpartition("/")[2],
                    "path": path,
                    "hash": f"sha256:{sha256_hex(data)}",
                    "bytes": len(data),
                }
                for path, data in members.items()
            ],
        }
    )
    members["datapackage.json"] = package
    members["datapackage-digest.json"] = _pretty({"path": "datapackage.json", "hash": f"sha256:{sha256_hex(package)}"})
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, data in members.items():
            info = zipfile.ZipInfo(path, (page.at.year, page.at.month, page.at.day, page.at.hour, page.at.minute, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return target.getvalue()


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
