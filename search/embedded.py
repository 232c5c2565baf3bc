"""The index folder of the embedded engine. The only module that knows tantivy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy
from tantivy import FieldType, Occur, Order

from search.documents import ListingDocument
from search.errors import SearchUnavailableError
from search.fields import SortOrder, all_fields
from search.plan import All, Between, Every, Filled, Plan, Run, Some, Term, Without
from search.projection import project

HEAP_BYTES = 64_000_000
"""Memory of a writer before it makes a segment."""

SEGMENT_VALUES = 65_000
"""Values counted exactly in each segment before the most frequent are taken."""
_CHARACTERS = "characters"
_STORED = ("title", "description")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what tantivy and the file system raise into ``SearchUnavailableError``."""
    try:
        yield
    except (ValueError, RuntimeError, OSError) as error:
        raise SearchUnavailableError(
            f"expected the embedded index to answer, got {error}",
            hint="检查磁盘空间；必要时运行 wangjian search rebuild。 Check the disk; rebuild if need be.",
        ) from error


def make_schema() -> tantivy.Schema:
    """The tantivy schema of the index."""
    builder = tantivy.SchemaBuilder()
    for name, kind in all_fields().items():
        if kind == "words":
            builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        elif kind == "characters":
            builder.add_text_field(name, tokenizer_name=_CHARACTERS, index_option="position")
        elif kind == "keyword":
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
        else:
            builder.add_integer_field(name, indexed=name == "id", fast=True)
    for name in _STORED:
        builder.add_bytes_field(f"{name}_raw", stored=True)
    return builder.build()


def make_document(document: ListingDocument) -> tantivy.Document:
    """The tantivy document of a listing."""
    columns = project(document)
    made = tantivy.Document()
    for field, text in columns.words.items():
        made.add_text(field, text)
    for field, text in columns.characters.items():
        made.add_text(field, text)
    for field, values in columns.keywords.items():
        for value in values:
            made.add_text(field, value)
    for field, number in columns.integers.items():
        made.add_integer(field, number)
    made.add_bytes("title_raw", document.title.encode("utf-8", "replace"))
    made.add_bytes("description_raw", document.description.encode("utf-8", "replace"))
    return made


class IndexWriter:
    """The one writer of a folder; dropped without :meth:`commit`, it leaves nothing behind."""

    def __init__(self, writer: tantivy.IndexWriter) -> None:
        self._writer = writer

    def add(self, document: tantivy.Document) -> None:
        """Add a document."""
        self._writer.add_document(document)

    def delete(self, listing_id: int) -> None:
        """Remove a document added before."""
        self._writer.delete_documents_by_term("id", listing_id)

    def commit(self) -> None:
        """Make everything last, finish merges, and end the writer."""
        self._writer.commit()
        self._writer.wait_merging_threads()


class IndexFolder:
    """One index on disk, opened."""

    def __init__(self, path: Path) -> None:
        self._index = tantivy.Index.open(str(path))
        # A token for every code point, spaces too: a phrase of them is found where the string stands.
        every_character = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex("(?s).")).build()
        self._index.register_tokenizer(_CHARACTERS, every_character)
        self._index.config_reader("manual")

    @classmethod
    def create(cls, path: Path) -> None:
        """Make an empty index. Effects: makes the folder."""
        path.mkdir(parents=True)
        tantivy.Index(make_schema(), path=str(path))

    def writer(self, heap_bytes: int, threads: int) -> IndexWriter:
        """Begin to write."""
        return IndexWriter(self._index.writer(heap_bytes, threads))

    def reload(self) -> None:
        """Look for newer commits."""
        self._index.reload()

    def snapshot(self) -> "Snapshot":
        """The index as it was at the last :meth:`reload`."""
        return Snapshot(self._index.searcher(), self._index.schema)


class Snapshot:
    """The index at one moment. See ``search.paging.Snapshot``."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher = searcher
        self._schema = schema

    def size(self) -> int:
        """Number of documents."""
        return self._searcher.num_docs

    def total(self, plan: Plan) -> int:
        """Number of documents of a plan, exact."""
        found: Any = self._searcher.search(self.query(plan), 1, count=True)  # the stub forgets ``count``
        return int(found.count)

    def ranked(self, plan: Plan, order: SortOrder, limit: int) -> list[tuple[int, int]]:
        """First (value, id) by an integer field; equal values in any order."""
        direction = Order.Desc if order.descending else Order.Asc
        query = self.query(plan)
        hits = self._searcher.search(query, limit, count=False, order_by_field=order.field, order=direction).hits
        return self._with_ids(hits)

    def scored(self, plan: Plan, limit: int) -> list[tuple[float, int]]:
        """First (score, id) by relevance; equal scores in any order."""
        return self._with_ids(self._searcher.search(self.query(plan), limit, count=False).hits)

    def _with_ids(self, hits: list[tuple[Any, tantivy.DocAddress]]) -> list[tuple[Any, int]]:
        ids = self._searcher.fast_field_values("id", [address for _, address in hits]) if hits else []
        return [(value, int(listing_id or 0)) for (value, _), listing_id in zip(hits, ids, strict=True)]

    def counts(self, plan: Plan, fields: Sequence[str], size: int) -> dict[str, dict[str, int]]:
        """The most frequent values of keyword fields with exact counts; which of equals is cut off is open."""
        wanted = {field: {"terms": {"field": field, "size": size, "segment_size": SEGMENT_VALUES}} for field in fields}
        found = self._searcher.aggregate(self.query(plan), wanted) if fields else {}
        return {
            field: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found[field]["buckets"]}
            for field in fields
        }

    def texts(self, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """Raw title and description of documents."""
        if not ids:
            return {}
        query = tantivy.Query.term_set_query(self._schema, "id", list(ids))
        hits = self._searcher.search(query, len(ids), count=False).hits
        found: dict[int, dict[str, str]] = {}
        for (_, address), (_, listing_id) in zip(hits, self._with_ids(hits), strict=True):
            stored = self._searcher.doc(address)
            found[listing_id] = {name: bytes(stored.get_first(f"{name}_raw") or b"").decode() for name in _STORED}
        return found

    def known(self, ids: Sequence[int]) -> set[int]:
        """Which of the ids are in the index."""
        if not ids or not self._searcher.num_docs:
            return set()
        query = tantivy.Query.term_set_query(self._schema, "id", list(ids))
        return {listing_id for _, listing_id in self._with_ids(self._searcher.search(query, len(ids)).hits)}

    def query(self, plan: Plan) -> tantivy.Query:
        """A plan in tantivy's words."""
        match plan:
            case All():
                return tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0)
            case Every() | Without():
                return self._every(plan.parts if isinstance(plan, Every) else (plan,))
            case Some(parts):
                return tantivy.Query.boolean_query([(Occur.Should, self.query(part)) for part in parts])
            case Term(field, value, weight) if weight > 0:
                return _weighted(tantivy.Query.term_query(self._schema, field, value, "freq"), weight)
            case Run(field, text, weight):
                return _weighted(self._run(field, text), weight)
            case _:
                return tantivy.Query.const_score_query(self._selection(plan), 0.0)

    def _every(self, parts: Sequence[Plan]) -> tantivy.Query:
        clauses = [
            (Occur.MustNot, self.query(part.part)) if isinstance(part, Without) else (Occur.Must, self.query(part))
            for part in parts
        ]
        if all(occur == Occur.MustNot for occur, _ in clauses):
            clauses.append((Occur.Must, self.query(All())))
        return tantivy.Query.boolean_query(clauses)

    def _run(self, field: str, text: str) -> tantivy.Query:
        if len(text) == 1:
            return tantivy.Query.term_query(self._schema, field, text, "freq")
        return tantivy.Query.phrase_query(self._schema, field, list(text))

    def _selection(self, plan: Plan) -> tantivy.Query:
        match plan:
            case Term(field, value, _):
                return tantivy.Query.term_query(self._schema, field, value, "basic")
            case Between(field, low, high):
                return tantivy.Query.range_query(self._schema, field, FieldType.Integer, low, high)
            case Filled(field):
                return tantivy.Query.exists_query(field)
            case _:
                raise TypeError(plan)


def _weighted(query: tantivy.Query, weight: float) -> tantivy.Query:
    return query if weight == 1.0 else tantivy.Query.boost_query(query, weight)
