"""The archive as one file."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from crawlers.capture.wacz import ReplayPage, write_wacz

PAGE = ReplayPage("http://shop.example.test/", "商店", datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC))


def test_members_are_stored_and_digests_hold(tmp_path: Path) -> None:
    """Stored members, right digests, the page named; the same input gives the same bytes."""
    warc = tmp_path / "data.warc.gz"
    warc.write_bytes(b"warc")
    places = [write_wacz(tmp_path / name, warc, b"index", PAGE, "Wangjian") for name in ("1.wacz", "2.wacz")]
    data = (tmp_path / "1.wacz").read_bytes()
    assert data == (tmp_path / "2.wacz").read_bytes()
    offset, size = places[0]
    assert data[offset : offset + size] == b"warc"
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    package = json.loads(archive.read("datapackage.json"))
    assert {item["path"] for item in package["resources"]} == {
        "archive/data.warc.gz",
        "indexes/index.cdxj",
        "pages/pages.jsonl",
    }
    for item in package["resources"]:
        assert item["hash"] == "sha256:" + hashlib.sha256(archive.read(item["path"])).hexdigest()
    digest = json.loads(archive.read("datapackage-digest.json"))
    assert digest["hash"] == "sha256:" + hashlib.sha256(archive.read("datapackage.json")).hexdigest()
    assert package["mainPageUrl"] == PAGE.url
    assert json.loads(archive.read("pages/pages.jsonl").splitlines()[1])["title"] == "商店"
