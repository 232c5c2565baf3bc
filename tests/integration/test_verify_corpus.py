"""Both verifiers over the tamper corpus: same steps, same codes, same exit code; nothing passes unseen."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evidence import shell
from evidence.trust import Trust
from evidence.verdict import Report
from evidence.verify import verify
from tests.data.evidence.corpus import CORPUS, GROUPS, opened, write
from tests.data.evidence.mutation import Mutation, Parts
from tests.data.evidence.workshop import Workshop


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workshop, Parts]]:
    """One installation for all mutations, and its good packages."""
    with opened(tmp_path_factory.mktemp("corpus")) as both:
        yield both


@pytest.fixture
def shop(made: tuple[Workshop, Parts]) -> Workshop:
    """The installation."""
    return made[0]


@pytest.fixture
def parts(made: tuple[Workshop, Parts]) -> Parts:
    """The packages."""
    return made[1]


def in_shell(script: Path, trust: Path, mutation: Mutation, target: Path) -> tuple[int, list[tuple[str, str, str]]]:
    """Exit code and (key, state, code) of each step that verify.sh prints."""
    done = subprocess.run(
        ["/bin/sh", str(script), str(trust), str(target)],
        capture_output=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "AT": str(int(mutation.at.timestamp()))},
    )
    lines = [line.split() for line in done.stdout.decode().splitlines() if line[:2].strip().isdigit()]
    return done.returncode, [(words[1], words[2], words[3]) for words in lines]


def told(report: Report) -> list[tuple[str, str, str]]:
    """(key, state, code) of each step of a report."""
    return [(step.key, step.state.value, step.code) for step in report.steps]


def test_corpus_is_large_and_named() -> None:
    """At least two hundred mutations, each with a name of its own."""
    assert len(CORPUS) >= 200
    assert len({mutation.name for mutation in CORPUS}) == len(CORPUS)


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_both_verifiers_agree_on_every_mutation(group: str, shop: Workshop, parts: Parts, tmp_path: Path) -> None:
    """Expected exit code and codes from the verifier; the shell prints the same steps and exits alike."""
    script = tmp_path / "verify.sh"
    script.write_bytes(shell.script())
    trust = shop.trust()

    def judge(mutation: Mutation) -> list[str]:
        target = tmp_path / f"{mutation.name}.zip"
        target.write_bytes(mutation.make(parts))
        report = verify(target, trust=trust, at=mutation.at)
        found = told(report)
        problems = []
        if report.exit_code != mutation.exit_code or not set(mutation.codes) <= {code for _, _, code in found}:
            problems.append(
                f"{mutation.name}: expected {mutation.exit_code} {mutation.codes}, got {report.exit_code} {found}"
            )
        code, lines = in_shell(script, shop.settings.trust_path(), mutation, target)
        if (code, lines) != (report.exit_code, found):
            differing = [pair for pair in zip(lines, found, strict=False) if pair[0] != pair[1]]
            problems.append(f"{mutation.name}: shell {code}, verifier {report.exit_code}; shell/verifier {differing}")
        return problems

    with ThreadPoolExecutor(2) as pool:
        problems = [problem for found in pool.map(judge, GROUPS[group]) for problem in found]
    assert problems == []


def test_every_byte_flip_is_detected(shop: Workshop, parts: Parts, tmp_path: Path) -> None:
    """1,000 flips of one bit, anywhere in the file: each fails or cannot be read."""
    good = parts.good.zip()
    trust: Trust = shop.trust()
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
def test_the_shell_detects_byte_flips_too(shop: Workshop, parts: Parts, tmp_path: Path) -> None:
    """A sample of the same flips, the same answer of both verifiers' exit codes: none passes."""
    good, script = parts.good.zip(), tmp_path / "verify.sh"
    script.write_bytes(shell.script())
    chance = random.Random(7)  # noqa: S311 - places to flip, no secret

    def missed(number: int) -> str:
        place, bit = chance.randrange(len(good)), chance.randrange(8)
        target = tmp_path / f"flipped-{number}.zip"
        target.write_bytes(good[:place] + bytes((good[place] ^ 1 << bit,)) + good[place + 1 :])
        code, _ = in_shell(script, shop.settings.trust_path(), CORPUS[0], target)
        ours = verify(target, trust=shop.trust(), at=CORPUS[0].at).exit_code
        return "" if code == ours and code in {1, 2} else f"{place}.{bit}: shell {code}, verifier {ours}"

    with ThreadPoolExecutor(2) as pool:
        assert [found for found in pool.map(missed, range(30)) if found] == []


def test_corpus_can_be_written_out(shop: Workshop, parts: Parts, tmp_path: Path) -> None:
    """Files, trust list and expected steps, for a verifier in another language."""
    write(tmp_path, shop.trust(), shop.settings.trust_path(), parts)
    index = json.loads((tmp_path / "index.json").read_text())
    assert [item["name"] for item in index] == [mutation.name for mutation in CORPUS]
    assert all((tmp_path / item["file"]).is_file() and item["steps"] for item in index)
    assert (tmp_path / "trust/trust.json").is_file()
