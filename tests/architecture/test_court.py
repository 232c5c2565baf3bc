"""The steps by which a court checks a package, run as the page shows them, on good and spoilt packages."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence.package import extract
from evidence.trust import load
from tests.architecture.tables import BLOCK, text_of
from tests.data.evidence.workshop import AT, Workshop, open_workshop

MARK = "-- step --"
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


def _run(
    number: int, bag: Path, trust: Path | str, *, through: str = "bash", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """One step after step 0, as somebody at a terminal gives the lines: what fails does not end the shell."""
    steps = _steps()
    script = f"{steps[0]}\ncd '{bag}'\necho {MARK}\n{steps[number]}\necho {MARK}"
    environment = {**os.environ, "TRUST": str(trust), "T": str(int(AT.timestamp()))}
    done = subprocess.run(
        [shutil.which(through) or "sh", "-c", script],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    done.stdout = done.stdout.split(f"{MARK}\n")[1]
    return done


def _passed(said: str) -> bool:
    """What the step says at its end: passed, or that there is nothing to check."""
    last = said.rstrip().rsplit("\n", 1)[-1]
    return last == "通过 passed" or last.startswith("没有")


def _failing(bag: Path, trust: Path) -> set[int]:
    return {number for number in _steps() if number and not _passed(_run(number, bag, trust).stdout)}


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
    assert {
        number for number in _steps() if number and not _passed(_run(number, bag, trust, through="sh").stdout)
    } == set()


def test_no_step_ends_the_terminal() -> None:
    """Somebody gives these lines to a shell that has to stay open."""
    assert not re.search(r"\|\| exit\b|\bset -e\b", "\n".join(_steps().values()))


def test_where_the_list_is_may_be_said_from_here(workshop: Workshop, bag: Path) -> None:
    """Before going into the package's folder."""
    trust = workshop.settings.trust_path()
    assert _passed(_run(3, bag, trust.name, cwd=trust.parent).stdout)


def test_fingerprints_of_every_root_and_key(workshop: Workshop, tmp_path: Path) -> None:
    """All blocks of a file, and the public keys as the list has them."""
    trust = tmp_path / "trust"
    shutil.copytree(workshop.settings.trust_path(), trust)
    (trust / "seal.pem").write_bytes((trust / "seal.pem").read_bytes() + (trust / "node.pem").read_bytes())
    shown = subprocess.run(
        [shutil.which("bash") or "sh", "-c", _steps()[0]],
        env={**os.environ, "TRUST": str(trust)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = load(workshop.settings.trust_path())
    prints = shown.replace(":", "").lower()
    marks = [*(root.fingerprint() for root in listed.anchors), *(key.fingerprint() for key in listed.note_keys)]
    assert all(mark in prints for mark in marks)
    (node,) = (anchor for anchor in listed.anchors if anchor.use == "node")
    assert prints.count(node.fingerprint()) == 2


@pytest.mark.parametrize(
    ("name", "line", "text"),
    [
        ("seal/item.tlog-proof", 1, "index a[$(id>PWNED)]"),
        ("seal/item.tlog-proof", 1, "index 010"),
        ("seal/item.tlog-proof", 1, "index 99999999999999999999"),
        ("seal/checkpoint.note", 1, "a[$(id>PWNED)]"),
        ("seal/checkpoint.note", 1, ""),
    ],
)
def test_nothing_of_the_package_is_carried_out(name: str, line: int, text: str, workshop: Workshop, bag: Path) -> None:
    """What should be a number and is none fails, and no shell reads it as a command."""
    lines = (bag / name).read_text("utf-8").split("\n")
    lines[line] = text
    (bag / name).write_text("\n".join(lines), "utf-8")
    for shell in ("bash", "sh"):
        assert not _passed(_run(5, bag, workshop.settings.trust_path(), through=shell).stdout)
    assert not (bag / "PWNED").exists()


def test_a_root_of_the_computer_is_not_trusted(
    workshop: Workshop, bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal's own root among those of the computer, another in the list."""
    trust, computer = tmp_path / "trust", tmp_path / "certs"
    shutil.copytree(workshop.settings.trust_path(), trust)
    computer.mkdir()
    shutil.copy(trust / "seal.pem", computer / "ca.pem")
    subprocess.run([shutil.which("openssl") or "openssl", "rehash", str(computer)], check=True, capture_output=True)
    shutil.copy(trust / "node.pem", trust / "seal.pem")
    monkeypatch.setenv("SSL_CERT_DIR", str(computer))
    assert not _passed(_run(3, bag, trust).stdout)


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


def _link(name: str) -> Callable[[Path], None]:
    def change(bag: Path) -> None:
        (bag / name).rename(bag.parent / "elsewhere")
        (bag / name).symlink_to(bag.parent / "elsewhere")

    return change


SPOILT: dict[str, tuple[Callable[[Path], None], set[int]]] = {
    "an original": (_flip("data/dom.html"), {1}),
    "a file added": (_add("data/added.txt"), {2}),
    "an original that is a link": (_link("data/dom.html"), {2}),
    "an empty folder": (lambda bag: (bag / "data/empty").mkdir(), {2}),
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
