"""Both verifiers over the tamper corpus: same steps, same codes, same exit code; nothing passes unseen."""

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from evidence import shell
from evidence.trust import load
from evidence.verify import verify
from tests.data.evidence.corpus import CORPUS, GROUPS
from tests.data.evidence.corpus_shelf import Shelf
from tests.data.evidence.mutation import Mutation


def in_shell(script: Path, trust: Path, at: datetime, target: Path) -> tuple[int, list[tuple[str, str, str]]]:
    """Exit code and (key, state, code) of each step that verify.sh prints."""
    done = subprocess.run(
        ["/bin/sh", str(script), str(trust), str(target)],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "AT": str(int(at.timestamp()))},
    )
    lines = [line.split() for line in done.stdout.decode().splitlines() if line[:2].strip().isdigit()]
    return done.returncode, [(words[1], words[2], words[3]) for words in lines]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The shell's verifier."""
    path = tmp_path / "verify.sh"
    path.write_bytes(shell.script())
    return path


def test_corpus_is_large_and_named() -> None:
    """At least two hundred mutations, each with a name of its own."""
    assert len(CORPUS) >= 200
    assert len({mutation.name for mutation in CORPUS}) == len(CORPUS)


def test_corpus_is_written_out(shelf: Shelf) -> None:
    """Files, trust list and expected steps, for a verifier in another language."""
    assert [entry["name"] for entry in shelf.entries] == [mutation.name for mutation in CORPUS]
    assert all((shelf.folder / entry["file"]).is_file() and entry["steps"] for entry in shelf.entries)
    assert (shelf.trust / "trust.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_both_verifiers_agree_on_every_mutation(group: str, shelf: Shelf, script: Path) -> None:
    """Expected exit code and codes from the verifier; the shell prints the same steps and exits alike."""
    said = {entry["name"]: entry for entry in shelf.entries}

    def judge(mutation: Mutation) -> list[str]:
        entry = said[mutation.name]
        exit_code: int = entry["exit_code"]
        found = [(step["key"], step["state"], step["code"]) for step in entry["steps"]]
        problems = []
        if exit_code != mutation.exit_code or not set(mutation.codes) <= {code for _, _, code in found}:
            problems.append(f"{mutation.name}: expected {mutation.exit_code} {mutation.codes}, got {exit_code} {found}")
        code, lines = in_shell(script, shelf.trust, mutation.at, shelf.package(mutation.name))
        if (code, lines) != (exit_code, found):
            differing = [pair for pair in zip(lines, found, strict=False) if pair[0] != pair[1]]
            problems.append(f"{mutation.name}: shell {code}, verifier {exit_code}; shell/verifier {differing}")
        return problems

    with ThreadPoolExecutor(2) as pool:
        problems = [problem for found in pool.map(judge, GROUPS[group]) for problem in found]
    assert problems == []


def test_every_byte_flip_is_detected(shelf: Shelf, tmp_path: Path) -> None:
    """1,000 flips of one bit, anywhere in the file: each fails or cannot be read."""
    good, trust = shelf.package(CORPUS[0].name).read_bytes(), load(shelf.trust)
    chance = random.Random(20261125)  # noqa: S311 - places to flip, no secret
    target = tmp_path / "flipped.zip"
    missed = []
    for _ in range(1000):
        place, bit = chance.randrange(len(good)), chance.randrange(8)
        target.write_bytes(good[:place] + bytes((good[place] ^ 1 << bit,)) + good[place + 1 :])
        if verify(target, trust=trust, at=CORPUS[0].at).exit_code not in {1, 2}:
            missed.append((place, bit))
    assert missed == []


@pytest.mark.slow
def test_the_shell_detects_byte_flips_too(shelf: Shelf, script: Path, tmp_path: Path) -> None:
    """A sample of the same flips, the same answer of both verifiers' exit codes: none passes."""
    good, trust = shelf.package(CORPUS[0].name).read_bytes(), load(shelf.trust)
    chance = random.Random(7)  # noqa: S311 - places to flip, no secret

    def missed(number: int) -> str:
        place, bit = chance.randrange(len(good)), chance.randrange(8)
        target = tmp_path / f"flipped-{number}.zip"
        target.write_bytes(good[:place] + bytes((good[place] ^ 1 << bit,)) + good[place + 1 :])
        code, _ = in_shell(script, shelf.trust, CORPUS[0].at, target)
        ours = verify(target, trust=trust, at=CORPUS[0].at).exit_code
        return "" if code == ours and code in {1, 2} else f"{place}.{bit}: shell {code}, verifier {ours}"

    with ThreadPoolExecutor(2) as pool:
        assert [found for found in pool.map(missed, range(30)) if found] == []
