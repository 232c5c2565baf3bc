"""Verification; the tamper corpus is in tests/integration/test_verify_corpus.py."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.package import MAX_READ_BYTES, extract
from evidence.seal import Sealed
from evidence.trust import Trust
from evidence.verdict import State
from evidence.verify import verify, verify_steps
from tests.data.evidence.forge import Bag
from tests.data.evidence.workshop import AT, URL, Workshop, make_capture

LATER = AT + timedelta(hours=1)


def test_good_package(workshop: Workshop, sealed: Sealed) -> None:
    """Everything passes; test trust is named; the report says who, what, when."""
    report = verify(sealed.path, trust=workshop.trust(), at=LATER)
    assert {step.code for step in report.steps} == {"OK", "W320"}
    assert (report.exit_code, report.trust, report.evidence_id, report.url) == (3, "test", "ev-unit", URL)
    assert report.root_sha256 == sealed.root_sha256
    assert [(stamp.name, stamp.gen_time) for stamp in report.stamps] == [("alpha", AT), ("beta", AT)]


def test_court_trust_passes_whole(workshop: Workshop, sealed: Sealed) -> None:
    """The same package under a list that calls its services court: exit code 0."""
    trust = workshop.trust()
    court = replace(
        trust,
        anchors=tuple(replace(one, kind="court") if one.use == "timestamp" else one for one in trust.anchors),
        note_keys=tuple(replace(one, kind="court") for one in trust.note_keys),
    )
    report = verify(sealed.path, trust=court, at=LATER)
    assert (report.exit_code, report.trust, report.verdict) == (0, "court", "PASSED")


def test_same_input_same_report(workshop: Workshop, sealed: Sealed) -> None:
    """The JSON twin is deterministic, and steps come one by one."""
    trust = workshop.trust()
    first = verify(sealed.path, trust=trust, at=LATER)
    assert first.as_json() == verify(sealed.path, trust=trust, at=LATER).as_json()
    assert json.loads(first.as_json())["steps"][0]["title_zh"] == "数据包容器"
    live = verify_steps(sealed.path, trust=trust, at=LATER)
    assert next(live) == first.steps[0]
    assert list(live) == list(first.steps[1:])


def test_folder_is_judged_without_its_container(workshop: Workshop, sealed: Sealed, tmp_path: Path) -> None:
    """An unpacked package: the container is not checked, and that is said."""
    folder = extract(sealed.path, tmp_path / "bag")
    report = verify(folder, trust=workshop.trust(), at=LATER)
    assert report.steps[0].state is State.NOT_CHECKED
    assert {step.code for step in report.steps[1:]} == {"OK", "W320"}


def test_without_anchors_nothing_is_believed(sealed: Sealed) -> None:
    """An empty trust list: signature and report unchecked, no timestamp holds."""
    report = verify(sealed.path, trust=Trust(()), at=LATER)
    found = {step.key: step.code for step in report.steps}
    assert (found["signature"], found["report"], found["timestamps"]) == ("N000", "N000", "E304")
    assert (found["closing"], found["trust"], found["bracket"]) == ("N000", "N000", "N000")
    assert (found["log"], found["witness"], found["node"]) == ("N000", "W402", "N000")
    assert report.exit_code == 1


@pytest.mark.parametrize("make", [lambda _: None, lambda p: p.write_bytes(b""), lambda p: p.mkdir()])
def test_nothing_there(workshop: Workshop, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A missing or empty file is unreadable; an empty folder lacks everything."""
    target = tmp_path / "x"
    make(target)
    report = verify(target, trust=workshop.trust(), at=LATER)
    assert report.exit_code == (1 if target.is_dir() else 2)


@pytest.mark.parametrize("data", [b"[]\n", b"{", b'{"a":1}\n', b'{"b":"1", "a":"2"}\n'])
def test_facts_in_another_form(workshop: Workshop, bag: Bag, tmp_path: Path, data: bytes) -> None:
    """Facts that are not canonical text are not read at all."""
    (tmp_path / "x.zip").write_bytes(bag.put({"meta/seal.json": data}).zip())
    report = verify(tmp_path / "x.zip", trust=workshop.trust(), at=LATER)
    found = {step.key: step.code for step in report.steps}
    assert (found["completeness"], found["origin-tls"], found["bracket"]) == ("N000", "N000", "N000")
    assert report.exit_code == 1


@pytest.mark.parametrize("name", ["meta/seal.json", "meta/custody.jsonl", "seal/checkpoint.note.beta.tsr"])
def test_a_part_too_large_to_be_read_fails(workshop: Workshop, bag: Bag, tmp_path: Path, name: str) -> None:
    """It is told as a step, and the other steps go on."""
    (tmp_path / "x.zip").write_bytes(bag.put({name: b"x" * (MAX_READ_BYTES + 1)}).zip())
    report = verify(tmp_path / "x.zip", trust=workshop.trust(), at=LATER)
    assert report.exit_code == 1
    assert report.steps[-1].key == "trust"


def test_times_out_of_range_fail(workshop: Workshop, bag: Bag, tmp_path: Path) -> None:
    """A zone can lead out of the years that there are."""
    times = b'{"captured_from":"0001-01-01T00:00:00+14:00","captured_to":"9999-12-31T23:59:59-14:00"}\n'
    (tmp_path / "x.zip").write_bytes(bag.put({"meta/seal.json": times}).zip())
    report = verify(tmp_path / "x.zip", trust=workshop.trust(), at=LATER)
    assert "E501" in {step.code for step in report.steps}


@pytest.mark.slow
def test_constant_memory(workshop: Workshop, tmp_path: Path) -> None:
    """A package of 300 MB is sealed and verified in a process that may not grow by 100 MB."""
    source = tmp_path / "capture"
    make_capture(source, evidence_id="ev-big")
    with (source / "data/capture.wacz").open("wb") as stream:
        stream.truncate(300_000_000)
    sealed = workshop.seal_folder(source, "ev-big")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from datetime import UTC, datetime\n"
        "from evidence import trust\n"
        "from evidence.verify import verify\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "listed, at = trust.load(Path(sys.argv[2])), datetime(2026, 11, 25, 9, tzinfo=UTC)\n"
        "report = verify(Path(sys.argv[1]), trust=listed, at=at)\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(report.exit_code, grown)\n"
    )
    command = [sys.executable, "-c", code, str(sealed.path), str(workshop.settings.trust_path())]
    done = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[3])
    exit_code, grown = (int(word) for word in done.stdout.split())
    assert exit_code == 3
    assert grown < 100_000, f"grew by {grown} KiB"


def test_a_clock_before_the_timestamps_expires_nothing(workshop: Workshop, sealed: Sealed) -> None:
    """A wrong clock of a reader: what is stamped later than now is no reason for W310 or W312."""
    report = verify(sealed.path, trust=workshop.trust(), at=AT - timedelta(days=400))
    assert {step.code for step in report.steps} == {"OK", "W320"}
