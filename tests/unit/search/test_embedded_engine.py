"""Generations, one writer, readers that see commits and switches."""

from dataclasses import replace
from pathlib import Path

import pytest

from search.documents import ListingDocument
from search.embedded_engine import EmbeddedEngine
from search.engine import SearchRequest
from search.errors import GenerationError, IndexStaleError, SearchUnavailableError, WriterBusyError
from search.query import parse


def _engine(root: Path) -> EmbeddedEngine:
    return EmbeddedEngine(root / "index", lock_timeout_s=0.1)


def test_a_second_writer_waits_and_is_told(tmp_path: Path, document: ListingDocument) -> None:
    """Until the first commits; readers are never stopped."""
    first, second = _engine(tmp_path), _engine(tmp_path)
    first.index([document])
    with pytest.raises(WriterBusyError):
        second.index([replace(document, id=8)])
    assert second.count() == 0
    first.commit()
    second.index([replace(document, id=8)])
    second.commit()
    assert (first.count(), second.count()) == (2, 2)
    first.close()
    second.close()


def test_a_reader_follows_a_switch_by_another_engine(tmp_path: Path, document: ListingDocument) -> None:
    """At its next search, without being told."""
    reader, maker = _engine(tmp_path), _engine(tmp_path)
    maker.index([document])
    maker.commit()
    assert reader.count() == 1
    generation = maker.begin_rebuild()
    with pytest.raises(WriterBusyError):
        reader.begin_rebuild()
    assert maker.feed(generation, [document, replace(document, id=8)]) == 2
    assert maker.feed(generation, [document]) == 0
    assert reader.count() == 1
    maker.switch(generation)
    assert reader.count() == 2
    assert [path.name for path in (tmp_path / "index").iterdir() if path.is_dir()] == [generation]
    maker.drop()
    assert reader.count() == 0
    reader.close()
    maker.close()


def test_what_was_not_committed_is_gone_after_close(tmp_path: Path, document: ListingDocument) -> None:
    """The outbox still has it."""
    engine = _engine(tmp_path)
    engine.index([document])
    engine.close()
    engine = _engine(tmp_path)
    engine.commit()
    assert engine.count() == 0


def test_an_index_of_another_dictionary_is_refused_until_rebuilt(tmp_path: Path, document: ListingDocument) -> None:
    """Its words would not be ours. A rebuild mends it."""
    engine = _engine(tmp_path)
    engine.index([document])
    engine.commit()
    alias = tmp_path / "index" / "alias.json"
    alias.write_text('{"live": "00000000-000001", "building": ""}')
    for act in (engine.count, lambda: engine.search(SearchRequest()), lambda: engine.index([document])):
        with pytest.raises(IndexStaleError):
            act()
    assert engine.health().status == "stale"
    engine.switch(engine.begin_rebuild())
    assert engine.health().status == "ok"


def test_a_broken_folder_is_said(tmp_path: Path, document: ListingDocument) -> None:
    """By searches as an error, by health as down."""
    engine = _engine(tmp_path)
    engine.index([document])
    engine.commit()
    generation = engine.health().generation
    (tmp_path / "index" / generation / "meta.json").write_text("{")
    engine.close()
    with pytest.raises(SearchUnavailableError):
        engine.search(SearchRequest(parse("手机")))
    assert engine.health().status == "down"


def test_a_writer_that_finds_its_generation_dropped_goes_on(tmp_path: Path, document: ListingDocument) -> None:
    """A rebuild that switched while we waited for the lock has taken our place."""
    engine = _engine(tmp_path)
    with pytest.raises(GenerationError):
        engine.feed("nonsense", [document])
    engine.index([document])
    engine.commit()
    assert engine._writer("nonsense") is None
