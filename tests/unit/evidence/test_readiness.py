"""What contradicts itself is not sealed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from evidence import manifest
from evidence.errors import CaptureFolderError, CustodyBrokenError, EvidenceError
from evidence.running import Mark
from evidence.seal import seal
from tests.data.evidence.forge import flip
from tests.data.evidence.workshop import AT, CUTS, Workshop, case_of, custody_of, marks, put_running


def _resigned(change: Callable[[Workshop, Path], object]) -> Callable[[Workshop, Path], object]:
    def made(shop: Workshop, source: Path) -> None:
        change(shop, source)
        shop.sign_node(source)

    return made


def _bit(name: str) -> Callable[[Workshop, Path], object]:
    return lambda _, source: (source / name).write_bytes(flip((source / name).read_bytes(), -2))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _, source: (source / "data/dom.html").write_bytes(b"other"), "node signed"),
        (lambda _, source: (source / "data/more.html").write_bytes(b"x"), "node signed"),
        (lambda _, source: (source / manifest.NODE_LIST).unlink(), "one of them"),
        (_bit(manifest.NODE_SIGNATURE), "fits together"),
        (_resigned(_bit(manifest.RUNNING)), "fits together"),
        (
            _resigned(lambda _, source: put_running(source, (*marks()[:2], Mark(marks()[2].at, CUTS[2], "0" * 64)))),
            "fits together",
        ),
        (_resigned(lambda _, source: (source / manifest.beacon_stamp_name("alpha")).unlink()), "exactly one timestamp"),
        (_resigned(lambda _, source: (source / manifest.BEACON).write_bytes(b"x")), "fits together"),
        (_resigned(lambda shop, source: shop.put_beacon(source, AT + timedelta(hours=1))), "beacon stamped before"),
        (
            _resigned(
                lambda shop, source: (source / manifest.beacon_stamp_name("alpha")).write_bytes(
                    (shop.whole_capture("ev-ready-2") / manifest.BEACON).read_bytes()
                )
            ),
            "beacon stamped before",
        ),
    ],
)
def test_spoiled_captures(workshop: Workshop, spoil: Callable[[Workshop, Path], object], words: str) -> None:
    """The node's list, the running hash and the beacon have to hold, even where the node signed them."""
    source = workshop.whole_capture("ev-ready")
    size = len(workshop.log.leaves)
    try:
        spoil(workshop, source)
        with pytest.raises((CaptureFolderError, CustodyBrokenError), match=words):
            workshop.seal_folder(source, "ev-ready")
    finally:
        (source / "data/more.html").unlink(missing_ok=True)
    assert len(workshop.log.leaves) == size, "nothing was logged"


def test_custody_of_another_running_hash(workshop: Workshop) -> None:
    """The digest of the whole archive was a custody event."""
    source = workshop.whole_capture("ev-ready-3")
    for cuts in ((), CUTS[:2]):
        with pytest.raises(CustodyBrokenError, match="custody event"):
            seal(
                source,
                evidence_id="ev-ready-3",
                custody=custody_of("ev-ready-3", cuts),
                sealer=workshop.sealer,
                at=AT,
                work_dir=workshop.folder / "work",
            )


def test_authority_that_breaks_a_rule(workshop: Workshop) -> None:
    """One officer for a case is refused with a next step."""
    source = workshop.whole_capture("ev-ready-4")
    record = case_of("ev-ready-4")
    one = type(record)(**{name: getattr(record, name) for name in record.__slots__} | {"officers": record.officers[:1]})
    with pytest.raises(EvidenceError, match="keeps the rules") as refused:
        workshop.seal_folder(source, "ev-ready-4", authority=one)
    assert refused.value.hint


def test_captures_without_any_of_it(workshop: Workshop, capture: Path) -> None:
    """Imports and older records can be sealed."""
    assert workshop.seal_folder(capture).path.exists()
