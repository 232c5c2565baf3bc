"""The Elasticsearch engine. The only module that knows the client.

No scripts, no by-query work, no plugins. Two aliases lead to the indexes: ``<alias>`` to the live
one, ``<alias>.building`` to the one being made; every write requires the alias, so that nothing ever
makes an index by accident.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import elasticsearch
from elasticsearch import helpers

from search.documents import ListingDocument
from search.elastic_query import (
    STORED,
    Json,
    all_filters,
    facet_body,
    make_query,
    make_source,
    mappings,
    read_counts,
    read_hit,
    search_after,
    sort_body,
)
from search.engine import Cursor, Health, Hit, Prepared, SearchRequest, SearchResult, next_cursor, prepare
from search.errors import DocumentsRejectedError, GenerationError, IndexStaleError, SearchError, SearchUnavailableError
from search.plan import Between
from search.segmenter import dictionary_version

CHUNK = 1_000
KEEP_ALIVE = "2m"
_MISSING = 404
_EXISTS = 409


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (elasticsearch.TransportError, elasticsearch.ApiError) as error:
        raise SearchUnavailableError(
            f"expected Elasticsearch to answer, got {type(error).__name__}: {str(error)[:300]}",
            hint="检查 Elasticsearch；变更留在发件箱，恢复后自动补上。 Check it; the outbox keeps what waits.",
        ) from error


class ElasticEngine:
    """See ``search.engine.Engine``.

    Args:
        url: of the cluster. alias: name that leads to the live index.
        timeout_s: of one request.

    Effects: index template ``<alias>``, indexes ``<alias>-g-…`` and two aliases at the URL's host.
    """

    def __init__(self, url: str, alias: str, *, timeout_s: float = 30.0) -> None:
        self._alias = alias
        self._building = f"{alias}.building"
        self._prefix = f"{alias}-g-"
        self._client = elasticsearch.Elasticsearch(
            url, request_timeout=timeout_s, max_retries=1, retry_on_timeout=False
        )

    # Writing

    def index(self, documents: Sequence[ListingDocument]) -> None:
        """See ``Engine.index``."""
        with _translated():
            targets = self._targets()
            sources = [(document.id, make_source(document)) for document in documents]
            operations = (
                {"_op_type": "index", "_index": target, "_id": str(listing_id), "_source": source}
                for target in targets
                for listing_id, source in sources
            )
            self._bulk(operations)

    def delete(self, ids: Sequence[int]) -> None:
        """See ``Engine.delete``."""
        with _translated():
            targets = self._targets()
            self._bulk(
                {"_op_type": "delete", "_index": target, "_id": str(listing_id)}
                for target in targets
                for listing_id in ids
            )

    def commit(self) -> None:
        """See ``Engine.commit``. Each bulk request was already lasting; this makes it visible."""
        with _translated():
            self._client.indices.refresh(index=f"{self._prefix}*", allow_no_indices=True)

    def _bulk(self, operations: Iterator[Json], ignored: frozenset[int] = frozenset()) -> int:
        """Send operations; returns how many made or changed a document."""
        rejected: list[tuple[int, str]] = []
        done = 0
        results = helpers.streaming_bulk(
            self._client, operations, chunk_size=CHUNK, raise_on_error=False, require_alias=True
        )
        for taken, item in results:
            (action, outcome), *_ = item.items()
            done += bool(taken)
            if not taken and not self._harmless(action, outcome, ignored):
                rejected.append((int(outcome["_id"]), str(outcome.get("error", outcome.get("status")))[:300]))
        if rejected:
            raise DocumentsRejectedError(rejected)
        return done

    def _harmless(self, action: str, outcome: Mapping[str, Any], ignored: frozenset[int]) -> bool:
        """Deleting what is not there; or a rebuild that ended between looking up its alias and writing."""
        status = outcome.get("status")
        gone = status == _MISSING and (action == "delete" or outcome.get("_index") == self._building)
        return gone or status in ignored

    def _targets(self) -> list[str]:
        led = self._led()
        if self._alias not in led:
            self._create(self._alias)
        elif not self._is_current(led[self._alias]):
            raise self._stale(led[self._alias])
        return [self._alias, *([self._building] if self._building in led else [])]

    def _led(self) -> dict[str, str]:
        """Index behind each of our two aliases, as far as they exist."""
        try:
            found = dict(self._client.indices.get_alias(name=[self._alias, self._building]))
        except elasticsearch.NotFoundError as error:
            # One alias is missing; the other one's index stands beside the message.
            found = error.body if isinstance(error.body, dict) else {}
        led: dict[str, str] = {}
        for index, body in found.items():
            if isinstance(body, dict):
                led.update(dict.fromkeys(body.get("aliases", ()), index))
        return led

    def _create(self, alias: str) -> str:
        """Make an empty index, behind an alias where one is given; if another process just did, that one serves.

        The first one behind an alias has one name, whoever makes it: of two that are made at once the second is
        refused, and the alias never leads to both.
        """
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
        template: Json = {"settings": settings, "mappings": mappings()}
        self._client.indices.put_index_template(
            name=self._alias, index_patterns=[f"{self._prefix}*"], template=template
        )
        numbers = [int(name.rpartition("-")[2]) for name in self._generations()]
        name = f"{self._prefix}{dictionary_version()}-{0 if alias else max(numbers, default=0) + 1:06}"
        try:
            self._client.indices.create(index=name, aliases={alias: {}} if alias else {})
        except elasticsearch.BadRequestError as error:
            if not alias or "resource_already_exists" not in str(error):
                raise
        return name

    def _generations(self) -> list[str]:
        found = self._client.indices.get(index=f"{self._prefix}*", allow_no_indices=True, features="aliases")
        return sorted(found)

    def _is_current(self, index: str) -> bool:
        return index.startswith(f"{self._prefix}{dictionary_version()}-")

    def _stale(self, index: str) -> IndexStaleError:
        return IndexStaleError(
            f"expected an index made with this dictionary and schema, got {index}",
            hint="运行 wangjian search rebuild 重建索引。 Run wangjian search rebuild.",
        )

    # Rebuilding

    def begin_rebuild(self) -> str:
        """See ``Engine.begin_rebuild``."""
        with _translated():
            # The new one is made first: a name that was in use never comes back.
            stale = set(self._generations()) - {self._led().get(self._alias, "")}
            name = self._create("")
            actions: list[Json] = [{"remove_index": {"index": index}} for index in sorted(stale)]
            self._client.indices.update_aliases(actions=[*actions, {"add": {"index": name, "alias": self._building}}])
            return name

    def feed(self, generation: str, documents: Sequence[ListingDocument]) -> int:
        """See ``Engine.feed``."""
        with _translated():
            self._require_building(generation)
            operations = (
                {
                    "_op_type": "create",
                    "_index": self._building,
                    "_id": str(document.id),
                    "_source": make_source(document),
                }
                for document in documents
            )
            return self._bulk(operations, frozenset({_EXISTS}))

    def _require_building(self, generation: str) -> None:
        building = self._led().get(self._building, "")
        if building != generation:
            raise GenerationError(
                f"expected {building or 'no generation'} to be in the making, got {generation}",
                hint="另一次重建取代了这一次。 Another rebuild took its place.",
            )

    def ids_in(self, generation: str, after: int, size: int) -> list[int]:
        """See ``Engine.ids_in``."""
        with _translated():
            self._client.indices.refresh(index=generation)
            found = self._client.search(
                index=generation,
                query=make_query(Between("id", after + 1, None)),
                sort=[{"id": "asc"}],
                size=max(size, 1),
                source=False,
            )
            return [int(hit["_id"]) for hit in found["hits"]["hits"]]

    def remove_from(self, generation: str, ids: Sequence[int]) -> None:
        """See ``Engine.remove_from``."""
        with _translated():
            self._require_building(generation)
            self._bulk({"_op_type": "delete", "_index": self._building, "_id": str(listing_id)} for listing_id in ids)

    def switch(self, generation: str) -> None:
        """See ``Engine.switch``."""
        with _translated():
            self._require_building(generation)
            self._client.indices.refresh(index=generation)
            live = self._led().get(self._alias)
            actions: list[Json] = [
                {"remove": {"index": generation, "alias": self._building}},
                {"add": {"index": generation, "alias": self._alias}},
            ]
            if live:
                actions.append({"remove_index": {"index": live}})
            self._client.indices.update_aliases(actions=actions)

    def drop(self) -> None:
        """See ``Engine.drop``."""
        with _translated():
            names = self._generations()
            if names:
                self._client.indices.delete(index=names)

    def close(self) -> None:
        """See ``Engine.close``."""
        self._client.close()

    # Reading

    def search(self, request: SearchRequest) -> SearchResult:
        """See ``Engine.search``."""
        prepared = prepare(request)
        with _translated():
            live = self._live()
            if not live:
                return SearchResult(0, (), dict.fromkeys(request.facets, ()), "")
            return self._page(prepared, {"index": live})

    def walk(self, request: SearchRequest) -> Iterator[Hit]:
        """See ``Engine.walk``. Holds a point in time while it runs."""
        prepared = prepare(replace(request, facets=(), size=max(request.size, 1)))
        with _translated():
            live = self._live()
            pit = self._client.open_point_in_time(index=live, keep_alive=KEEP_ALIVE)["id"] if live else ""
        try:
            while pit:
                with _translated():
                    page = self._page(prepared, {"pit": {"id": pit, "keep_alive": KEEP_ALIVE}})
                yield from page.hits
                if not page.next:
                    return
                cursor = Cursor.decode(page.next, prepared.sort)
                prepared = replace(prepared, after=cursor, request=replace(prepared.request, offset=0))
        finally:
            if pit:
                with _translated():
                    self._client.close_point_in_time(id=pit)

    def _live(self) -> str:
        live = self._led().get(self._alias, "")
        if live and not self._is_current(live):
            raise self._stale(live)
        return live

    def _page(self, prepared: Prepared, where: Json) -> SearchResult:
        request = prepared.request
        body: Json = {
            "query": make_query(prepared.base),
            "size": request.size,
            "sort": sort_body(prepared.sort),
            "source": [f"{name}_raw" for name in STORED] if request.highlight else False,
            "track_total_hits": True,
            **where,
        }
        if prepared.filters:
            body["post_filter"] = make_query(all_filters(prepared.filters))
        if request.facets:
            body["aggs"] = {name: facet_body(prepared, name) for name in request.facets}
        if prepared.after is not None:
            body["search_after"] = search_after(prepared.after)
        else:
            body["from_"] = request.offset
        found = self._client.search(**body)
        total = int(found["hits"]["total"]["value"])
        hits = tuple(read_hit(raw, prepared) for raw in found["hits"]["hits"])
        facets = {name: read_counts(found["aggregations"][name], request.facet_size) for name in request.facets}
        return SearchResult(total, hits, facets, next_cursor(prepared, hits, total))

    def count(self) -> int:
        """See ``Engine.count``."""
        with _translated():
            live = self._live()
            return int(self._client.count(index=live)["count"]) if live else 0

    def health(self) -> Health:
        """See ``Engine.health``. Asks ``cluster.health``."""
        try:
            with _translated():
                status = str(self._client.cluster.health()["status"])
                led = self._led()
                live, building = led.get(self._alias, ""), led.get(self._building, "")
                if live and not self._is_current(live):
                    return Health("stale", "elasticsearch", 0, live, building, self._stale(live).message)
                documents = self.count()
                return Health(
                    "degraded" if status == "red" else "ok", "elasticsearch", documents, live, building, status
                )
        except SearchError as error:
            return Health("down", "elasticsearch", detail=error.message)
