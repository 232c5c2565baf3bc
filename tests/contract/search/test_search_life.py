"""Both engines take changes, deletions and rebuilds alike, and lose nothing when they are down."""

from dataclasses import replace
from pathlib import Path

import pytest

from kernel.models import OutboxEntry
from search.documents import ListingDocument
from search.elastic import ElasticEngine
from search.embedded_engine import EmbeddedEngine
from search.engine import Engine, SearchRequest
from search.errors import CursorError, GenerationError, OffsetTooDeepError, SearchUnavailableError
from search.indexer import drain, rebuild
from search.query import parse
from tests.contract.search.listings import listing
from tests.contract.search.records import AT, open_database, remove, retitle, waiting
from tests.contract.search.relay import Relay


def _ids(engine: Engine, text: str) -> list[int]:
    return [hit.id for hit in engine.walk(SearchRequest(parse(text), sort="id_asc", size=1_000))]


def _titled(number: int, title: str) -> ListingDocument:
    return replace(listing(number), title=title, description="")


def test_an_engine_nobody_wrote_to_is_empty(engine: Engine) -> None:
    """Before the first write there is nothing, and that is no failure."""
    result = engine.search(SearchRequest(facets=("rule",)))
    assert (result.total, result.hits, result.facets["rule"]) == (0, (), ())
    assert engine.count() == 0
    assert _ids(engine, "") == []
    assert engine.health().status == "ok"


def test_a_change_replaces_and_a_deletion_removes(engine: Engine) -> None:
    """The newest document of an id is the only one."""
    engine.index([_titled(1, "旧题"), _titled(2, "不变")])
    engine.commit()
    engine.index([_titled(1, "新题")])
    engine.commit()
    assert (_ids(engine, '"旧题"'), _ids(engine, '"新题"'), engine.count()) == ([], [1], 2)
    engine.delete([1, 99])
    engine.commit()
    assert (_ids(engine, ""), engine.count()) == ([2], 1)


def test_the_last_of_two_versions_in_one_batch_wins(engine: Engine) -> None:
    """Within one batch too."""
    engine.index([_titled(1, "旧题"), _titled(1, "新题")])
    engine.commit()
    assert (_ids(engine, "旧题"), _ids(engine, '"新题"')) == ([], [1])


def test_scope_narrows_counts_and_a_filter_not_its_own(engine: Engine) -> None:
    """A facet shows what else could be chosen, within what the person may see."""
    engine.index([replace(listing(n), platform=f"p{n % 3}", status="on" if n % 2 else "gone") for n in range(1, 13)])
    engine.commit()
    request = SearchRequest(filters={"platform": ["p0"]}, scope={"status": ["on"]}, facets=("platform", "status"))
    result = engine.search(request)
    assert result.total == 2
    assert {count.value: count.count for count in result.facets["platform"]} == {"p0": 2, "p1": 2, "p2": 2}
    assert {count.value: count.count for count in result.facets["status"]} == {"on": 2}


def test_letters_that_make_trouble_are_found_as_they_stand(engine: Engine) -> None:
    """Spaces, controls, astral letters, lone surrogates and combining marks are letters like others."""
    titles = ["a b", "a\u3000b", "a\tb", "ab", "𠮷野家", "e\u0301tude", "x\u200by", "line\nbreak", "\ud800z", "u+20"]
    engine.index([_titled(number, title) for number, title in enumerate(titles, 1)])
    engine.commit()
    assert _ids(engine, '"a b"') == [1, 2]
    assert _ids(engine, '"a\tb"') == [3]
    assert _ids(engine, '"𠮷"') == [5]
    assert _ids(engine, '"étude"') == [6]
    assert _ids(engine, '"\u200b"') == [7]
    assert _ids(engine, '"e\nb"') == [8]
    assert _ids(engine, '"z"') == [9]
    assert _ids(engine, '"u+20"') == [10]
    assert _ids(engine, '" "') == [1, 2]


def test_wrong_requests_are_refused_alike(engine: Engine) -> None:
    """A cursor of another order, and an offset beyond what can be jumped to."""
    engine.index([_titled(number, "保温杯") for number in range(1, 4)])
    engine.commit()
    cursor = engine.search(SearchRequest(sort="price_asc", size=1)).next
    assert engine.search(SearchRequest(sort="price_asc", size=1, after=cursor)).hits
    with pytest.raises(CursorError):
        engine.search(SearchRequest(sort="price_desc", size=1, after=cursor))
    with pytest.raises(OffsetTooDeepError):
        engine.search(SearchRequest(offset=10_000))
    assert [hit.id for hit in engine.search(SearchRequest(sort="id_asc", offset=1, size=1)).hits] == [2]
    assert engine.search(SearchRequest(size=0)).total == 3


def test_a_rebuild_takes_in_what_changes_meanwhile(engine: Engine, tmp_path: Path) -> None:
    """Searches go on, changes reach both generations, deletions do not come back, the newest reading stays."""
    database = open_database(tmp_path, 400)
    while drain(database, engine, limit=150, at=AT).taken:
        pass
    before = engine.health().generation
    seen: list[int] = []

    def meddle(done: int, total: int) -> None:
        assert total == 400
        retitle(database, done, "改名之后")  # already fed
        if done < 400:
            retitle(database, done + 50, "改名之前")  # still to be fed: the feed must not cover it
        remove(database, done - 1)
        drain(database, engine, at=AT)
        seen.append(engine.count())

    result = rebuild(database, engine, progress=meddle, batch=100)
    assert result.generation == engine.health().generation != before
    assert seen == [399, 398, 397, 396]
    assert waiting(database) == 0
    assert _ids(engine, '"改名之后"') == [100, 200, 300, 400]
    assert _ids(engine, '"改名之前"') == [150, 250, 350]
    assert _ids(engine, "") == [n for n in range(1, 401) if n not in (99, 199, 299, 399)]
    database.close()


def test_a_listing_read_by_the_rebuild_and_deleted_before_it_is_fed_is_swept(engine: Engine, tmp_path: Path) -> None:
    """The records decide at the end."""
    database = open_database(tmp_path, 3)
    drain(database, engine, at=AT)
    generation = engine.begin_rebuild()
    engine.feed(generation, [_titled(number, "幽灵") for number in (1, 2, 3, 77)])
    assert engine.ids_in(generation, 1, 10) == [2, 3, 77]
    engine.remove_from(generation, [77])
    engine.switch(generation)
    assert _ids(engine, "幽灵") == [1, 2, 3]
    database.close()


def test_a_rebuild_that_stops_leaves_the_live_index(engine: Engine, tmp_path: Path) -> None:
    """Cancelled half-way, searches still answer from the old one, and the next rebuild starts afresh."""
    database = open_database(tmp_path, 30)
    drain(database, engine, at=AT)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt(done, total)

    with pytest.raises(KeyboardInterrupt):
        rebuild(database, engine, progress=stop, batch=10)
    assert engine.count() == 30
    assert engine.health().building
    result = rebuild(database, engine, batch=10)
    assert (result.fed, engine.count(), engine.health().building) == (30, 30, "")
    database.close()


def test_only_the_generation_in_the_making_can_be_fed_or_switched_to(engine: Engine) -> None:
    """A rebuild that was replaced is told so."""
    first = engine.begin_rebuild()
    second = engine.begin_rebuild()
    assert first != second
    with pytest.raises(GenerationError):
        engine.feed(first, [listing(1)])
    with pytest.raises(GenerationError):
        engine.switch(first)
    engine.switch(second)
    with pytest.raises(GenerationError):
        engine.remove_from(second, [1])


def test_a_shop_in_the_outbox_stands_for_its_listings(engine: Engine, tmp_path: Path) -> None:
    """A shop's new name reaches all its documents."""
    database = open_database(tmp_path, 20)
    with database.write() as session:
        session.add(OutboxEntry(topic="shop", object_id=1, created_at=AT))
    result = drain(database, engine, limit=100, at=AT)
    assert (result.taken, result.indexed, result.remaining) == (21, 20, 0)
    assert _ids(engine, "店铺:青禾 地区:310104") == list(range(1, 21))
    database.close()


def test_elasticsearch_gone_and_back(elasticsearch_url: str, tmp_path: Path) -> None:
    """While it is gone the outbox keeps every row; after, everything is caught up."""
    database = open_database(tmp_path, 50)
    with Relay(elasticsearch_url) as relay:
        engine = ElasticEngine(relay.url, "gone-and-back", timeout_s=60)
        drain(database, engine, limit=20, at=AT)
        relay.cut()
        with pytest.raises(SearchUnavailableError):
            drain(database, engine, at=AT)
        with pytest.raises(SearchUnavailableError):
            engine.search(SearchRequest())
        assert engine.health().status == "down"
        assert waiting(database) == 30
        relay.mend()
        result = drain(database, engine, at=AT)
        assert (result.taken, result.remaining, engine.count()) == (30, 0, 50)
        engine.drop()
        engine.close()
    database.close()


def test_two_that_find_no_index_make_one(elasticsearch_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looked before the other had made it finds it made; the alias never leads to two."""
    first, second = (ElasticEngine(elasticsearch_url, "two-at-once", timeout_s=120) for _ in range(2))
    looked = second._led()
    assert looked == {}
    first.index([listing(1)])
    with monkeypatch.context() as patched:
        patched.setattr(second, "_led", lambda: looked)
        second.index([listing(2)])
    first.index([listing(3)])
    first.commit()
    assert (first.count(), second.count()) == (3, 3)
    first.drop()
    first.close()
    second.close()


def test_embedded_index_gone_and_back(tmp_path: Path) -> None:
    """The same when the index folder cannot be used."""
    database = open_database(tmp_path, 10)
    root = tmp_path / "index"
    root.write_text("not a folder")
    engine = EmbeddedEngine(root)
    with pytest.raises(SearchUnavailableError):
        drain(database, engine, at=AT)
    assert engine.health().status == "down"
    assert waiting(database) == 10
    root.unlink()
    assert drain(database, engine, at=AT).taken == 10
    assert engine.count() == 10
    engine.close()
    database.close()
