"""The commands by which a court checks a package by hand, run as the document shows them."""

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tables import BLOCK, text_of
from tests.data.evidence.workshop import AT, Workshop, open_workshop

PART = "### 三、手工 By hand"
SERVICES = ("alpha", "beta")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys and two timestamp services."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture
def bag(workshop: Workshop, tmp_path: Path) -> Path:
    """A sealed package, unpacked."""
    source = workshop.folder / "work" / "ev-hand.evidence.zip"
    sealed = source if source.exists() else workshop.seal("ev-hand").path
    zipfile.ZipFile(sealed).extractall(tmp_path / "bag")
    return tmp_path / "bag"


def _lines(trust: Path) -> list[str]:
    (block,) = BLOCK.findall(text_of("docs/evidence.md").partition(PART)[2].partition("\n## ")[0])
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        timed = (
            f"{line} -attime {int(AT.timestamp())}" if line.startswith(("openssl cms", "openssl ts -verify")) else line
        )
        services = SERVICES if "NAME" in line else ("",)
        found += [timed.replace("TRUST_DIR", str(trust)).replace("NAME", service) for service in services]
    return found


def _failing(trust: Path, bag: Path) -> set[str]:
    """First words of the lines that fail."""
    return {
        " ".join(line.split()[:3])
        for line in _lines(trust)
        if subprocess.run(["/bin/sh", "-c", line], cwd=bag, capture_output=True, check=False).returncode
    }


def test_a_good_package_passes_every_line(workshop: Workshop, bag: Path) -> None:
    """Each command of the page succeeds."""
    assert len(_lines(workshop.settings.trust_path())) >= 10
    assert _failing(workshop.settings.trust_path(), bag) == set()


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        ("original", {"sha256sum -c --strict"}),
        ("added", {"find data -type"}),
        ("manifest", {"sha256sum -c --strict", "openssl cms -verify"}),
        ("signature", {"sha256sum -c --strict", "openssl cms -verify"}),
        ("checkpoint", {"sha256sum -c --strict", "openssl ts -verify"}),
    ],
)
def test_a_changed_package_fails_where_it_should(change: str, failing: set[str], workshop: Workshop, bag: Path) -> None:
    """And the other lines say that the rest still stands."""
    if change == "added":
        (bag / "data" / "added.txt").write_bytes(b"x")
    else:
        names = {
            "original": (bag / "manifest-sha256.txt").read_text().split()[1],
            "manifest": "tagmanifest-sha256.txt",
            "signature": "seal/tagmanifest.p7s",
            "checkpoint": "seal/checkpoint.note",
        }
        path = bag / names[change]
        data = bytearray(path.read_bytes())
        data[10] ^= 1
        path.write_bytes(data)
    assert _failing(workshop.settings.trust_path(), bag) == failing
