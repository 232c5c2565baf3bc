"""verify.sh as a script; its agreement with the verifier is in tests/integration/test_verify_corpus.py."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import shell, trust
from evidence.errors import TrustError
from evidence.package import extract
from evidence.seal import Sealed
from evidence.verdict import codes
from evidence.verify import verify
from tests.data.evidence.corpus_redacted import renew
from tests.data.evidence.forge import Bag
from tests.data.evidence.mutation import resealed
from tests.data.evidence.workshop import AT, Workshop

LEAST_STACK = 512 * 1024
"""Bytes: a quarter of the stack is what a command line may have, 128 kB at least."""
LATER = AT + timedelta(hours=1)
COREUTILS = "basenc cat comm cp cut date dd du head mkdir mktemp od rm sha256sum sha512sum sort tail tr wc".split()
AWKS = [
    [path, *name.split()[1:]]
    for name in ("mawk", "gawk", "busybox awk", "original-awk")
    if (path := shutil.which(name.split()[0]))
]
"""The kinds of awk that are on this machine; Debian has the first where nothing else was chosen."""


def run(script: Path, *arguments: object, cwd: Path | None = None, path: str = "") -> tuple[int, str]:
    """Exit code and output of the script."""
    done = subprocess.run(
        ["/bin/sh", str(script), *map(str, arguments)],
        capture_output=True,
        check=False,
        cwd=cwd,
        env={"PATH": path or os.environ["PATH"], "AT": str(int(LATER.timestamp()))},
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script as published."""
    path = tmp_path / "verify.sh"
    path.write_bytes(shell.script())
    return path


def test_is_the_one_in_the_package(bag: Bag) -> None:
    """Published and packed scripts are the same; all sentences are in; the shell can read it."""
    text = shell.script().decode()
    assert bag.files["verify.sh"].decode() == text
    assert "#@" not in text
    assert all(words.zh in text for words in codes().values())
    assert subprocess.run(["/bin/sh", "-n"], input=text.encode(), check=False).returncode == 0


def _link(bag: Path) -> None:
    (bag / "README.txt").unlink()
    (bag / "README.txt").symlink_to("bagit.txt")


def _touch(bag: Path, *names: str) -> Path:
    for name in names:
        (bag / name).parent.mkdir(exist_ok=True)
        (bag / name).touch()
    return bag


def _link_to_nothing(bag: Path) -> None:
    (bag / "data/z").symlink_to("nothing")


def _many_folders(bag: Path) -> Path:
    (bag / "/".join(["data", *["d"] * 100])).mkdir(parents=True)
    return bag


def _long_folders(bag: Path) -> None:
    """So deep that no path reaches the file at the end."""
    place = os.open(bag / "data", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 240, dir_fd=place)
        below = os.open("d" * 240, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(os.open("hidden", os.O_CREAT, dir_fd=place))
    os.close(place)


def _bytes(bag: Path) -> None:
    """A name of every byte that a name may have."""
    data = os.fsencode(bag / "data") + b"/"
    for byte in range(1, 256):
        if byte != ord("/"):
            with suppress(IsADirectoryError):
                Path(os.fsdecode(data + bytes((byte,)))).touch()


def _cased_bytes(bag: Path) -> None:
    for name in (b"/data/\xc3", b"/data/\xe3"):
        Path(os.fsdecode(os.fsencode(bag) + name)).touch()


def _empty(bag: Path) -> None:
    shutil.rmtree(bag)
    bag.mkdir()


TAMPER: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "changed": lambda bag: (bag / "data/dom.html").write_text("x"),
    "added": lambda bag: (bag / "data/new").touch(),
    "missing": lambda bag: (bag / "data/page.pdf").unlink(),
    "link": lambda bag: (bag / "data/link").symlink_to("/etc/passwd"),
    "linked-folder": lambda bag: (bag / "data/folder").symlink_to("/etc"),
    "pipe": lambda bag: os.mkfifo(bag / "data/pipe"),
    "case": lambda bag: (bag / "data/DOM.html").touch(),
    "name": lambda bag: (bag / "data/a b").touch(),
    "name-of-two-lines": lambda bag: (bag / "data/dom.html\nxxdata").touch(),
    "name-of-two-lines-and-case": lambda bag: _touch(bag, "data/x\ny", "data/DOM.html"),
    "name-of-a-pattern": lambda bag: _touch(bag, "data/*"),
    "names-that-begin-with-points": lambda bag: _touch(bag, "data/.x", "data/..x", "data/..."),
    "name-that-begins-with-a-dash": lambda bag: _touch(bag, "-n"),
    "names-of-every-byte": _bytes,
    "names-of-one-case-in-other-bytes": _cased_bytes,
    "name-hidden-in-a-folder": lambda bag: _touch(bag, ".git/x"),
    "link-to-nothing": _link_to_nothing,
    "link-and-case": lambda bag: _link_to_nothing(_touch(bag, "data/DOM.html")),
    "link-and-too-many-folders": lambda bag: _link_to_nothing(_many_folders(bag)),
    "hard-link": lambda bag: (bag / "data/again").hardlink_to(bag / "data/dom.html"),
    "too-many-folders": _many_folders,
    "too-long-folders": _long_folders,
    "names-hidden-in-one": lambda bag: (bag / "data/page.pdf").rename(bag / "data/dom.html\nxxdata"),
    "replaced-by-link": _link,
    "seal-gone": lambda bag: shutil.rmtree(bag / "seal"),
    "all-gone": _empty,
}


@pytest.mark.parametrize("name", TAMPER)
def test_agrees_inside_a_folder(name: str, workshop: Workshop, sealed: Sealed, script: Path, tmp_path: Path) -> None:
    """In an unpacked package both say the same, step for step."""
    folder = extract(sealed.path, tmp_path / "bag")
    TAMPER[name](folder)
    report = verify(folder, trust=workshop.trust(), at=LATER)
    code, output = run(script, workshop.settings.trust_path(), cwd=folder)
    lines = [line.split() for line in output.splitlines() if line[:2].strip().isdigit()]
    assert [(words[1], words[2], words[3]) for words in lines] == [
        (step.key, step.state.value, step.code) for step in report.steps
    ]
    assert code == report.exit_code
    assert code == (3 if name == "nothing" else 1)


def test_wrong_usage(workshop: Workshop, sealed: Sealed, script: Path, tmp_path: Path) -> None:
    """No or wrong trust folder, too many arguments, a missing tool: exit 2 with a sentence."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "trust.json").write_text("{}")
    spoiled = shutil.copytree(workshop.settings.trust_path(), tmp_path / "spoiled")
    (spoiled / "seal.pem").write_bytes((spoiled / "report.pem").read_bytes())
    good = workshop.settings.trust_path()
    for arguments in ([], [tmp_path / "nothing"], [tmp_path / "empty"], [tmp_path / "none"], [spoiled], [good, 1, 2]):
        code, output = run(script, *arguments, cwd=tmp_path)
        assert code == 2, output
        assert "verify.sh TRUST_DIR" in output
    code, output = run(script, good, sealed.path, path=str(tmp_path / "empty"))
    assert (code, "missing tool" in output) == (2, True)


def test_a_trust_list_in_another_form_is_refused(
    workshop: Workshop, sealed: Sealed, script: Path, tmp_path: Path
) -> None:
    """A key named twice, other spaces, an entry twice or in another's file: what the other verifiers refuse too."""
    good = (workshop.settings.trust_path() / "trust.json").read_text()
    line = next(one for one in good.splitlines() if '"use": "timestamp"' in one)
    for text in (
        good.replace('"kind": "test"', '"kind": "test", "kind": "court"', 1),
        good.replace('"use": "log"', '"use":  "log"'),
        good.replace("\n]}\n", '\n], "quorum": 0}\n'),
        good.replace('"kind": "test"', '"kind": "friend"', 1),
        good.replace(line, f"{line.rstrip(',')},\n{line}"),
        good.rstrip(),
    ):
        assert text != good
        changed = shutil.copytree(workshop.settings.trust_path(), tmp_path / "changed", dirs_exist_ok=True)
        (changed / "trust.json").write_text(text)
        with pytest.raises(TrustError):
            trust.load(changed)
        code, output = run(script, changed, sealed.path)
        assert code == 2, output


def test_more_names_than_a_command_line_holds(workshop: Workshop, bag: Bag, script: Path, tmp_path: Path) -> None:
    """Names go in by a pipe: the digests of a big package are taken as those of a small one."""
    many: dict[str, bytes | None] = {f"data/{'x' * 150}-{number:04}": b"x" for number in range(900)}
    big = resealed(bag.put({**many, "report.pdf": None}))
    path = tmp_path / "big.zip"
    path.write_bytes(big.zip())
    folder = extract(path, tmp_path / "big")
    limit = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (LEAST_STACK, limit[1]))
    try:
        code, output = run(script, workshop.settings.trust_path(), cwd=folder)
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, limit)
    assert code == 3, output
    assert "content-sha256 PASSED" in output
    assert "content-sm3 PASSED" in output


def _tools(folder: Path, awk: list[str]) -> Path:
    """A PATH with openssl, some of coreutils and one awk, and nothing else; not even gzip."""
    folder.mkdir()
    for tool in ("openssl", *COREUTILS):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    # By its own name, as some look at it to see what they are.
    (folder / "awk").write_text(f'#!/bin/sh\nexec {" ".join(awk)} "$@"\n')
    (folder / "awk").chmod(0o755)
    return folder


def test_some_awk_is_here() -> None:
    """Of the ways below one at least is tried."""
    assert AWKS


@pytest.mark.parametrize("awk", AWKS, ids="-".join)
def test_openssl_coreutils_and_awk_are_enough(
    awk: list[str], workshop: Workshop, bag: Bag, script: Path, tmp_path: Path
) -> None:
    """Every step is done as by the verifier, but that the container's CRCs need gzip: told as not checked."""
    tools = str(_tools(tmp_path / "tools", awk))
    renewed, spoilt = tmp_path / "renewed.zip", tmp_path / "spoilt.zip"
    renewed.write_bytes(renew(bag).zip())
    spoilt.write_bytes(bag.put({"data/dom.html": b"x"}).zip())
    for path in (renewed, spoilt, extract(renewed, tmp_path / "folder")):
        report = verify(path, trust=workshop.trust(), at=LATER)
        zipped, cwd = ((path,), None) if path.is_file() else ((), path)
        code, output = run(script, workshop.settings.trust_path(), *zipped, cwd=cwd, path=tools)
        steps = [line.split()[1:4] for line in output.splitlines() if line[:2].strip().isdigit()]
        assert steps[0] == ["container", "NOT_CHECKED", "N000"]
        assert steps[1:] == [[step.key, step.state.value, step.code] for step in report.steps[1:]]
        assert code == (report.exit_code or 3), output


def test_no_court_reservation_without_test_trust(
    workshop: Workshop, sealed: Sealed, script: Path, tmp_path: Path
) -> None:
    """Under a list without test services everything passes: exit code 0."""
    court = shutil.copytree(workshop.settings.trust_path(), tmp_path / "court")
    (court / "trust.json").write_text((court / "trust.json").read_text().replace('"test"', '"court"'))
    assert run(script, court, sealed.path)[0] == 0
