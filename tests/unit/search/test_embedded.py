"""The tantivy folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from search.documents import ListingDocument
from search.embedded import HEAP_BYTES, IndexFolder, make_document, translated
from search.errors import SearchUnavailableError
from search.fields import SORTS
from search.plan import All, Filled, Plan, Term, Without, compile_query
from search.query import parse


def test_a_folder_is_written_and_read(tmp_path: Path, document: ListingDocument) -> None:
    """What was committed is found by every kind of plan; what was not is not there."""
    IndexFolder.create(tmp_path / "one")
    folder = IndexFolder(tmp_path / "one")
    assert folder.snapshot().known([7]) == set()
    writer = folder.writer(HEAP_BYTES, 1)
    writer.add(make_document(document))
    writer.add(make_document(replace(document, id=8, title="", price_fen=None, rules=())))
    writer.add(make_document(replace(document, id=9)))
    writer.delete(9)
    writer.commit()
    lost = folder.writer(HEAP_BYTES, 1)
    lost.add(make_document(replace(document, id=10)))
    del lost
    folder.reload()
    snapshot = folder.snapshot()
    assert snapshot.size() == 2
    assert snapshot.known([7, 8, 9, 10]) == {7, 8}
    assert snapshot.ranked(All(), SORTS["price_asc"], 9) == [(9_950, 7), (2**63 - 1, 8)]
    assert snapshot.texts([7])[7]["title"] == document.title
    assert snapshot.texts([]) == {}
    assert snapshot.counts(All(), ["rule"], 9) == {"rule": {"AD01": 1, "PR03": 1}}
    assert snapshot.counts(All(), [], 9) == {}
    totals = {text: snapshot.total(compile_query(parse(text))) for text in ('"级"', '"国家级"', "-价格:*", "包邮 OR x")}
    assert totals == {'"级"': 1, '"国家级"': 1, "-价格:*": 1, "包邮 OR x": 2}
    assert [number for _, number in snapshot.scored(compile_query(parse("国家级")), 5)] == [7]


@pytest.mark.parametrize("plan", [Without(All()), Without(Without(Filled("price"))), Term("rule", "AD01")])
def test_plans_run_on_an_empty_folder(tmp_path: Path, plan: Plan) -> None:
    """And find nothing."""
    IndexFolder.create(tmp_path / "one")
    assert IndexFolder(tmp_path / "one").snapshot().total(plan) == 0


def test_what_tantivy_raises_is_translated(tmp_path: Path) -> None:
    """Callers see one error."""
    with pytest.raises(SearchUnavailableError), translated():
        IndexFolder(tmp_path / "none")
