"""Extra roots for test hosts."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from crawlers.capture.errors import CaptureError
from crawlers.capture.roots import Roots, write_roots
from tests.unit.crawlers.capture.site import Authority


def test_roots_are_written_and_told(tmp_path: Path) -> None:
    """Each certificate of the file is imported and named by its digest."""
    one, two = Authority(tmp_path, "One"), Authority(tmp_path, "Two")
    both = tmp_path / "both.pem"
    both.write_bytes(one.file.read_bytes() + two.file.read_bytes())
    found = write_roots(str(both), tmp_path / "home")
    assert found.sha256 == tuple(
        hashlib.sha256(authority.root.public_bytes(Encoding.DER)).hexdigest() for authority in (one, two)
    )
    assert (tmp_path / "home/.pki/nssdb/cert9.db").stat().st_size > 0


def test_captures_of_one_process_take_turns(tmp_path: Path) -> None:
    """Several captures that begin at once in threads each get their roots; the library bears one at a time."""
    authority = Authority(tmp_path, "One")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: write_roots(str(authority.file), tmp_path / f"home-{n}"), range(18)))
    assert all(len(found.sha256) == 1 for found in made)


def test_no_file_means_no_roots(tmp_path: Path) -> None:
    """Without the setting nothing is added."""
    assert write_roots("", tmp_path / "home") == Roots()


@pytest.mark.parametrize("content", [None, b"not a certificate"])
def test_unusable_files_stop_the_start(tmp_path: Path, content: bytes | None) -> None:
    """A root file that cannot be used is an error, never silently dropped."""
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CaptureError) as caught:
        write_roots(str(file), tmp_path / "home")
    assert caught.value.code == "capture.roots"
