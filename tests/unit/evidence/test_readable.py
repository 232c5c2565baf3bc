"""The readable parts, from a capture folder."""

from pathlib import Path

import pytest

from evidence import readable
from evidence.dossier import Dossier
from evidence.errors import CaptureFolderError
from tests.data.evidence.workshop import AT, URL

DIGESTS = {"data/dom.html": {"sha256": "0" * 64, "sm3": "1" * 64}}


def opened(folder: Path) -> Dossier:
    """The dossier of a folder."""
    return readable.open_dossier(folder, DIGESTS, custody=(), authority={}, at=AT, origin_tls="good")


def test_from_a_folder(capture: Path) -> None:
    """Records are read, files counted; all five readable files are made, the same each time."""
    dossier = opened(capture)
    assert dossier.url == URL
    assert dossier.files[0].size == (capture / "data/dom.html").stat().st_size
    made = readable.tag_files(dossier)
    assert set(made) == {
        "meta/case.jsonld",
        "meta/forms/extraction-record.docx",
        "meta/forms/extraction-record.pdf",
        "meta/forms/evidence-list.docx",
        "meta/forms/evidence-list.pdf",
    }
    assert made == readable.tag_files(opened(capture))


def test_damaged_records_are_not_guessed(capture: Path) -> None:
    """What cannot be read is not told; a capture without times is refused."""
    (capture / "data/env/clean.json").write_bytes(b"[1")
    assert opened(capture).tools == (("网鉴 Wangjian", ""),)
    (capture / "meta/completeness.json").write_bytes(b"[]")
    assert opened(capture).completeness == ""
    (capture / "meta/capture.json").write_bytes(b"{}")
    with pytest.raises(CaptureFolderError, match="times"):
        opened(capture)
