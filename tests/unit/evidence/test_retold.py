"""The report told again from a package."""

import pytest

from evidence import manifest, pades, retold
from evidence.errors import MalformedError
from evidence.package import open_package
from evidence.retold import Press
from evidence.seal import Sealed
from tests.data.evidence.forge import Bag
from tests.data.evidence.workshop import AT, Workshop


def test_it_says_what_the_first_one_said(workshop: Workshop, sealed: Sealed) -> None:
    """Same facts, same bytes before signing; signed for the long term."""
    package = open_package(sealed.path)
    press = Press(workshop.keys.report, workshop.timestampers, AT, {"alpha": "test", "beta": "test"})
    first = package.read(manifest.REPORT)
    made = retold.make(package, press)
    assert first[:20_000] == made[:20_000]
    assert pades.quoted_root(made) == sealed.root_sha256
    trust = workshop.trust()
    pades.require_long_term(pades.check(made, trust.roots("report"), AT, trust.roots("timestamp")))


def test_withheld_files_are_not_spoken_of(sealed: Sealed) -> None:
    """Neither name nor digest nor picture."""
    package = open_package(sealed.path)
    gone = ("data/dom.html", "data/screens/000-initial.png")
    facts = retold.dossier(package, gone)
    assert not {file.name for file in facts.files} & {*gone}
    assert len(retold.render(package, {}, gone)) < len(retold.render(package, {}))


def test_without_times_there_is_no_report(sealed: Sealed) -> None:
    """The record of the capture is withheld, or no record."""
    with pytest.raises(MalformedError, match="times"):
        retold.dossier(open_package(sealed.path), (manifest.CAPTURE,))


def test_records_of_another_kind_are_shown_as_not_recorded(bag: Bag, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As at the seal."""
    path = tmp_path_factory.mktemp("retold") / "x.zip"
    path.write_bytes(bag.put({"data/env/clean.json": b"[1]", "data/second/diff.json": b"{"}).zip())
    assert retold.dossier(open_package(path)).compared is False
