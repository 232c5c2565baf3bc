"""The steps by which a court checks a package, run as the page shows them, on good and spoilt packages."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence.package import extract
from tests.architecture.tables import BLOCK, text_of
from tests.data.evidence.workshop import AT, Workshop, open_workshop

STEP = re.compile(r"^## 第 (\d+) 步", re.MULTILINE)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Keys, log, witness and two timestamp services."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture
def bag(workshop: Workshop, tmp_path: Path) -> Path:
    """A sealed package, unpacked."""
    source = workshop.folder / "work" / "ev-court.evidence.zip"
    sealed = source if source.exists() else workshop.seal("ev-court").path
    return extract(sealed, tmp_path / "bag")


def _steps() -> dict[int, str]:
    parts = STEP.split(text_of("docs/court.md").partition("\n## 一条命令")[0])
    return {int(number): "\n".join(BLOCK.findall(text)) for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def _run(number: int, bag: Path, trust: Path) -> subprocess.CompletedProcess[str]:
    """One step, after what step 0 sets, stopping at the first command that fails."""
    steps = _steps()
    script = f"set -e\n{steps[0]}\n{steps[6].partition('openssl')[0] if number == 6 else ''}{steps[number]}"
    environment = {**os.environ, "TRUST": str(trust), "T": str(int(AT.timestamp()))}
    shell = shutil.which("sh") or "sh"
    return subprocess.run([shell, "-c", script], cwd=bag, env=environment, capture_output=True, text=True, check=False)


def _failing(bag: Path, trust: Path) -> set[int]:
    return {number for number in _steps() if number and _run(number, bag, trust).returncode}


def test_every_step_is_there() -> None:
    """Eleven, and a step 0, each with commands."""
    steps = _steps()
    assert list(steps) == list(range(12))
    assert all(steps.values())


def test_a_good_package_passes_every_step(workshop: Workshop, bag: Path) -> None:
    """And the steps say what they found."""
    trust = workshop.settings.trust_path()
    assert _failing(bag, trust) == set()
    assert _run(4, bag, trust).stdout.count("Time stamp") == 2
    assert "Verified Successfully" in _run(6, bag, trust).stdout
    assert "Signature is Valid" in _run(9, bag, trust).stdout
    assert "captured_from" in _run(7, bag, trust).stdout


def _flip(name: str, place: int = 10) -> Callable[[Path], None]:
    def change(bag: Path) -> None:
        data = bytearray((bag / name).read_bytes())
        data[place] ^= 1
        (bag / name).write_bytes(data)

    return change


def _replace(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(bag: Path) -> None:
        data = (bag / name).read_bytes()
        assert old in data
        (bag / name).write_bytes(data.replace(old, new))

    return change


def _add(name: str) -> Callable[[Path], None]:
    def change(bag: Path) -> None:
        (bag / name).write_bytes(b"x")

    return change


SPOILT: dict[str, tuple[Callable[[Path], None], set[int]]] = {
    "an original": (_flip("data/dom.html"), {1}),
    "a file added": (_add("data/added.txt"), {2}),
    "a file missing": (lambda bag: (bag / "data/page.pdf").unlink(), {1, 2}),
    "the sealed list": (_flip("tagmanifest-sha256.txt"), {1, 3, 5, 9}),
    "the seal": (_flip("seal/tagmanifest.p7s", 400), {1, 3, 5}),
    "the custody": (_replace("meta/custody.jsonl", b'"prev_hash":"0000', b'"prev_hash":"1000'), {1, 10}),
}


@pytest.mark.parametrize("spoilt", sorted(SPOILT))
def test_a_spoilt_package_fails_where_it_should(spoilt: str, workshop: Workshop, bag: Path) -> None:
    """At least at these steps, and never at none."""
    change, expected = SPOILT[spoilt]
    change(bag)
    assert expected <= _failing(bag, workshop.settings.trust_path())


def test_a_log_that_was_changed(workshop: Workshop, bag: Path) -> None:
    """Another root in the checkpoint: timestamps, proof and signatures all say so."""
    note = bag / "seal/checkpoint.note"
    lines = note.read_text("utf-8").split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    note.write_text("\n".join(lines), "utf-8")
    assert {1, 4, 5, 6} <= _failing(bag, workshop.settings.trust_path())


def test_another_list(workshop: Workshop, bag: Path, tmp_path: Path) -> None:
    """Under the trust list of somebody else the signatures do not hold."""
    with open_workshop(tmp_path / "foreign") as foreign:
        assert {3, 4, 6} <= _failing(bag, foreign.settings.trust_path())
