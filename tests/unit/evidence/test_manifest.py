"""Manifests."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import manifest
from evidence.errors import MalformedError
from kernel.crypto import sha256_hex

NAME = st.from_regex(r"data/[a-z0-9]{1,8}(/[a-z0-9]{1,8})?", fullmatch=True)
DIGEST = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.dictionaries(NAME, DIGEST, max_size=6))
def test_round_trip(digests: dict[str, str]) -> None:
    """What is written is read back, and only that form is accepted."""
    data = manifest.render(digests)
    assert manifest.parse(data) == digests
    for spoiled in (data + b"\n", data + b"x", b" " + data):
        with pytest.raises(MalformedError):
            manifest.parse(spoiled)


@pytest.mark.parametrize(
    "data",
    [
        b"0" * 63 + b"  a\n",
        b"0" * 64 + b" a\n",
        b"0" * 64 + b"  ../a\n",
        b"A" * 64 + b"  a\n",
        b"0" * 64 + b"  a",
        b"0" * 64 + b"  a\r\n",
        b"0" * 64 + b"  b\n" + b"0" * 64 + b"  a\n",
        b"0" * 64 + b"  a\n" + b"0" * 64 + b"  a\n",
    ],
)
def test_refuses_other_forms(data: bytes) -> None:
    """Sorted, lower-case, LF, plain names; nothing else."""
    with pytest.raises(MalformedError):
        manifest.parse(data)


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    """A manifest is a file for sha256sum as it stands."""
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "list").write_bytes(manifest.render({"a": sha256_hex(b"x")}))
    assert subprocess.run(["sha256sum", "-c", "--strict", "list"], cwd=tmp_path, check=False).returncode == 0  # noqa: S607 - a system tool


def test_belongs() -> None:
    """Each list names its own part of the package."""
    assert manifest.belongs("data/x", "payload")
    assert not manifest.belongs("meta/x", "payload")
    assert manifest.belongs("meta/x", "tags")
    assert not manifest.belongs("seal/x", "tags")
    assert manifest.belongs("report.pdf", "closing")
    assert not manifest.belongs(manifest.CLOSING, "closing")
    assert manifest.stamp_name("alpha") == "seal/checkpoint.note.alpha.tsr"
    assert set(manifest.SELF) <= manifest.Manifests({}, {}, {}, {}).names()
