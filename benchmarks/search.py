"""Our embedded engine against raw tantivy on the same listings, in the same run.

``python -m benchmarks.search [COUNT [RUNS]]`` (as a module: its own name would hide the package).
Prints the two ratios that are held:

* index: listings a second, ours / raw (at least 0.8). Raw is a plain loop that segments with the same
  segmenter and fills the same schema; keywords and numbers are handed to it ready-made.
* query: 95th percentile of two words, a filter, a price range, the first 20 and eight facets,
  ours / raw (at most 1.5). Ours includes reading the query text, the exact order and exact facets.

Raw and ours take turns, so that a busy machine slows both.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import rjieba
import tantivy
from tantivy import FieldType, Occur

from search.documents import ListingDocument
from search.embedded import HEAP_BYTES, SEGMENT_VALUES, IndexFolder, make_schema
from search.embedded_engine import EmbeddedEngine
from search.engine import SearchRequest
from search.fields import EIGHT_FACETS, FACETS
from search.query import parse
from tests.contract.search.listings import ADJECTIVES, NOUNS, listings

INDEX_FLOOR = 0.8
QUERY_CEILING = 1.5
BATCH = 1_000
QUERIES = 300
FACET_SIZE = 20
TEXTS = ("title", "description", "shop", "brand", "category", "seller")

Ready = list[tuple[ListingDocument, dict[str, tuple[str, ...]], dict[str, int]]]
RawQuery = Callable[[str, str], None]


def raw_index(path: Path, ready: Ready) -> None:
    """Index with bare tantivy: the same tokens and the same fields, nothing else."""
    IndexFolder.create(path)
    index = tantivy.Index.open(str(path))
    index.register_tokenizer("characters", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex("(?s).")).build())
    writer = index.writer(HEAP_BYTES, 1)
    for listing, keywords, integers in ready:
        document = tantivy.Document()
        names: list[str] = []
        for name in TEXTS:
            text = listing.text(name).lower()
            words = " ".join(rjieba.cut_for_search(text))
            document.add_text(f"{name}_words", words)
            document.add_text(f"{name}_characters", text)
            if name not in ("title", "description"):
                names.append(words)
        document.add_text("names_words", " ".join(names))
        for field, values in keywords.items():
            for value in values:
                document.add_text(field, value)
        for field, number in integers.items():
            document.add_integer(field, number)
        document.add_bytes("title_raw", listing.title.encode())
        document.add_bytes("description_raw", listing.description.encode())
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def our_index(root: Path, ready: Ready) -> None:
    """Index with the engine, as the indexer does, committed once."""
    engine = EmbeddedEngine(root)
    for start in range(0, len(ready), BATCH):
        engine.index([listing for listing, _, _ in ready[start : start + BATCH]])
    engine.commit()
    engine.close()


def raw_query(path: Path) -> RawQuery:
    """A function that runs one query with bare tantivy."""
    index = tantivy.Index.open(str(path))
    schema, searcher = make_schema(), index.searcher()
    aggregation = {
        name: {"terms": {"field": FACETS[name], "size": FACET_SIZE, "segment_size": SEGMENT_VALUES}}
        for name in EIGHT_FACETS
    }

    def word(token: str) -> tantivy.Query:
        fields = ("title_words", "description_words", "names_words")
        terms = [(Occur.Should, tantivy.Query.term_query(schema, field, token, "freq")) for field in fields]
        return tantivy.Query.boolean_query(terms)

    def run(first: str, second: str) -> None:
        tokens = [*rjieba.cut_for_search(first), *rjieba.cut_for_search(second)]
        clauses = [(Occur.Must, word(token)) for token in tokens]
        status = tantivy.Query.term_query(schema, "status", "on", "basic")
        price = tantivy.Query.range_query(schema, "price", FieldType.Integer, 100, 900_000)
        query = tantivy.Query.boolean_query([*clauses, (Occur.Must, status), (Occur.Must, price)])
        hits = searcher.search(query, 20, count=True).hits
        searcher.fast_field_values("id", [address for _, address in hits])
        searcher.aggregate(query, aggregation)

    return run


def our_query(root: Path) -> tuple[EmbeddedEngine, RawQuery]:
    """A function that runs the same query with the engine, from its text."""
    engine = EmbeddedEngine(root)

    def run(first: str, second: str) -> None:
        query = parse(f"{first} {second} status:on price:1..9000")
        engine.search(SearchRequest(query, facets=EIGHT_FACETS, facet_size=FACET_SIZE))

    return engine, run


def p95(run: RawQuery, pairs: list[tuple[str, str]]) -> float:
    """95th percentile, milliseconds."""
    times = []
    for first, second in pairs:
        start = time.perf_counter()
        run(first, second)
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.quantiles(times, n=20)[-1]


def timed(work: Callable[[], None]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def word_pairs() -> Iterator[tuple[str, str]]:
    """Two words each."""
    random = Random(5)
    return ((random.choice(NOUNS), random.choice((*NOUNS, *ADJECTIVES))) for _ in range(QUERIES))


def main(count: int, runs: int) -> int:
    """Measure, print, and return 0 when both ratios hold."""
    ready: Ready = [(listing, listing.keywords(), listing.integers()) for listing in listings(count)]
    pairs = list(word_pairs())
    index_ratios: list[float] = []
    query_ratios: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(runs):
            raw_path, our_root = folder / f"raw{number}", folder / f"ours{number}"
            raw_s = timed(lambda path=raw_path: raw_index(path, ready))  # type: ignore[misc]
            our_s = timed(lambda root=our_root: our_index(root, ready))  # type: ignore[misc]
            index_ratios.append(raw_s / our_s)
            print(f"run {number + 1}: index raw {count / raw_s:,.0f}/s, ours {count / our_s:,.0f}/s")
        run_raw = raw_query(raw_path)
        engine, run_ours = our_query(our_root)
        for number in range(max(runs, 5)):
            raw_ms, our_ms = p95(run_raw, pairs), p95(run_ours, pairs)
            query_ratios.append(our_ms / raw_ms)
            print(f"run {number + 1}: query p95 raw {raw_ms:.2f} ms, ours {our_ms:.2f} ms")
        engine.close()
    index_ratio, query_ratio = statistics.median(index_ratios), statistics.median(query_ratios)
    print(f"index ours/raw: {index_ratio:.2f} (at least {INDEX_FLOOR})")
    print(f"query p95 ours/raw: {query_ratio:.2f} (at most {QUERY_CEILING})")
    return 0 if index_ratio >= INDEX_FLOOR and query_ratio <= QUERY_CEILING else 1


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(arguments + [30_000, 3][len(arguments) :])))
