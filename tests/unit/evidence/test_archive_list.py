"""The list of a renewal and the timestamps over it, as maker and judge share them."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import archive_list, manifest
from evidence.errors import EvidenceError, MalformedError
from evidence.package import Package, open_package
from evidence.seal import Sealed
from tests.data.evidence.corpus_redacted import renew
from tests.data.evidence.forge import Bag
from tests.data.evidence.workshop import AT, Workshop

LINE = f"{'ab' * 64}  data/a\n".encode()


@pytest.fixture
def renewed(bag: Bag, tmp_path: Path) -> Package:
    """A package with a renewal."""
    path = tmp_path / "renewed.zip"
    path.write_bytes(renew(bag).zip())
    return open_package(path)


def test_lists_have_one_form() -> None:
    """Sorted, each name once, line feeds; an empty one lists nothing."""
    assert archive_list.parse(LINE) == {"data/a": "ab" * 64}
    for data in (b"", LINE[:-1], LINE + LINE, LINE.replace(b"ab", b"AB"), LINE.replace(b"data/a", b"/a"), LINE[1:]):
        with pytest.raises(MalformedError):
            archive_list.parse(data)


def test_digests_of_bytes_and_files(tmp_path: Path) -> None:
    """The same for what is held and for what is read."""
    (tmp_path / "a").write_bytes(b"abc")
    wanted = hashlib.sha512(b"abc").hexdigest()
    assert archive_list.sha512(b"abc") == archive_list.sha512(tmp_path / "a") == wanted


def test_timestamps_of_seal_and_renewal(workshop: Workshop, sealed: Sealed, renewed: Package) -> None:
    """Each under the roots of its service; none is an error, and so is one over something else."""
    trust, package = workshop.trust(), open_package(sealed.path)
    assert archive_list.folders(package) == []
    assert archive_list.first_stamps_end(package, trust) > AT + timedelta(days=3000)
    (folder,) = archive_list.folders(renewed)
    assert len(archive_list.renewal_stamps(renewed, folder, trust)) >= 1
    with pytest.raises(MalformedError, match="got none"):
        archive_list.stamps(package, manifest.TAGS, manifest.TAGS, trust)
    with pytest.raises(EvidenceError):
        archive_list.stamps(package, manifest.TAGS, manifest.CHECKPOINT, trust)
