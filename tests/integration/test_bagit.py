"""Packages as bags: the Library of Congress's cases and its validator as second judges.

Our reader takes sealed packages only, so none of the cases may pass as one; each fault that they show
is planted in a good package too, and both judges must find it.
"""

import tarfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest

from evidence import manifest
from evidence.errors import MalformedError
from evidence.package import extract
from evidence.verify import verify
from tests.data.evidence.workshop import AT, Workshop, open_workshop

CASES = Path(__file__).parents[1] / "data" / "bagit" / "conformance.tar.gz"


def _names() -> list[str]:
    with tarfile.open(CASES) as archive:
        parts = (member.name.split("/") for member in archive if member.isfile())
        return sorted({"/".join(part[:3]) for part in parts if len(part) > 3})


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases, unpacked."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(CASES) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys and two timestamp services."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture
def bag(workshop: Workshop, tmp_path: Path) -> Path:
    """A good package, unpacked."""
    source = workshop.folder / "work" / "ev-bag.evidence.zip"
    sealed = source if source.exists() else workshop.seal("ev-bag").path
    return extract(sealed, tmp_path / "bag")


def _valid_bag(folder: Path) -> bool:
    """By the Library of Congress's validator."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(bagit.Bag(str(folder)).is_valid())
    except bagit.BagError:
        return False


def _codes(folder: Path, workshop: Workshop) -> set[str]:
    """Codes of the steps that fail, by our verifier."""
    report = verify(folder, trust=workshop.trust(), at=AT)
    return {step.code for step in report.steps if step.code.startswith("E")}


def test_a_package_is_a_valid_bag(bag: Path, workshop: Workshop) -> None:
    """BagIt 1.0 with SHA-256, complete and valid; and ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = bagit.Bag(str(bag))
    assert opened.version_info == (1, 0)
    assert opened.algorithms == ["sha256"]
    assert opened.validate()
    assert opened.info["External-Identifier"] == "ev-bag"
    octets, count = opened.info["Payload-Oxum"].split(".")
    files = [path for path in (bag / "data").rglob("*") if path.is_file()]
    assert (int(octets), int(count)) == (sum(path.stat().st_size for path in files), len(files))
    assert _codes(bag, workshop) == set()


@pytest.mark.parametrize("name", _names())
def test_no_case_passes_as_a_package(name: str, cases: Path, workshop: Workshop) -> None:
    """Valid or not, none of them was sealed: refused with a code, never with a crash."""
    assert _codes(cases / name, workshop)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("v1.0/invalid/same-filename-listed-twice-with-different-hashes/manifest-sha256.txt", False),
        ("v1.0/invalid/same-filename-listed-twice-with-the-same-hash/manifest-sha256.txt", False),
        ("v1.0/invalid/bagit-with-invalid-whitespace/manifest-sha256.txt", True),
    ],
)
def test_manifests_of_the_cases(name: str, *, good: bool, cases: Path) -> None:
    """SHA-256 manifests of the current version, as our parser reads them."""
    data = (cases / name).read_bytes()
    if good:
        assert manifest.parse(data)
    else:
        with pytest.raises(MalformedError):
            manifest.parse(data)


def _edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(path.read_bytes()) if path.exists() else change(b""))

    return apply


def _first_line(data: bytes) -> bytes:
    return data.splitlines(keepends=True)[0]


PLANTED: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "corrupt-data-file": (_edit("data/dom.html", lambda data: data + b" "), {"E101"}),
    "corrupt-tag-file": (_edit("bag-info.txt", lambda data: data + b"X: y\n"), {"E101"}),
    "extra-file-in-bag": (_edit("data/extra.txt", lambda data: data + b"x"), {"E102"}),
    "missing-bagit.txt": (lambda folder: (folder / "bagit.txt").unlink(), {"E103"}),
    "invalid-version-number": (_edit("bagit.txt", lambda data: data.replace(b"1.0", b"1.x")), {"E101"}),
    "bom-in-bagit.txt": (_edit("bagit.txt", lambda data: b"\xef\xbb\xbf" + data), {"E101"}),
    "bagit-with-invalid-whitespace": (_edit("bagit.txt", lambda data: data.replace(b": ", b" : ")), {"E101"}),
    "missing-baginfo": (lambda folder: (folder / "bag-info.txt").unlink(), {"E103"}),
    "listed-twice-same-hash": (_edit(manifest.SHA256, lambda data: _first_line(data) + data), {"E201"}),
    "listed-twice-other-hash": (
        _edit(manifest.SHA256, lambda data: b"0" * 64 + _first_line(data)[64:] + data),
        {"E201"},
    ),
    "not-all-listed": (_edit(manifest.SHA256, lambda data: data[len(_first_line(data)) :]), {"E201"}),
    "path-by-dots": (_edit(manifest.SHA256, lambda data: data + b"0" * 64 + b"  data/../../x\n"), {"E201"}),
    "path-absolute": (_edit(manifest.SHA256, lambda data: data + b"0" * 64 + b"  /etc/passwd\n"), {"E201"}),
    "path-by-shortcut": (_edit(manifest.SHA256, lambda data: data + b"0" * 64 + b"  ~/x\n"), {"E201"}),
    "path-to-fetch": (_edit("fetch.txt", lambda _: b"http://shop.example.test/x - data/../../../x\n"), {"E102"}),
}


@pytest.mark.parametrize("fault", sorted(PLANTED))
def test_the_faults_of_the_cases_in_a_package(fault: str, bag: Path, workshop: Workshop) -> None:
    """Planted in a good package: our verifier finds each, and so does the other, but where a bag may be so."""
    plant, codes = PLANTED[fault]
    plant(bag)
    assert codes <= _codes(bag, workshop)
    assert not _valid_bag(bag)
