"""The other matchers, run by ``benchmarks.matching`` with the Python of their own environment.

Run: ``python matching_anchors.py task.json``; writes, as JSON, for each matcher the best name of each query with its
score. Nothing of ours is imported here.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

CHUNK = 200
NEAREST = 10
"""nomenklatura compares pairs; it gets this many candidates of the whole registry, by rapidfuzz."""

Found = list[tuple[int, float]]


def _scorer(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"rapidfuzz.{module}"), function)


def _best(scorer: str, names: list[list[Any]], queries: list[str]) -> Found:
    """The best of all names for each query. What cannot beat the best so far is not looked at to the end."""
    extract, texts = import_module("rapidfuzz.process").extractOne, [name for _, name in names]
    function = _scorer(scorer)
    found: Found = []
    for query in queries:
        _, score, place = extract(query, texts, scorer=function)
        found.append((int(names[place][0]), float(score)))
    return found


def _nearest(names: list[list[Any]], queries: list[str]) -> list[list[int]]:
    cdist, ratio = import_module("rapidfuzz.process").cdist, _scorer("fuzz.ratio")
    texts = [name for _, name in names]
    places: list[list[int]] = []
    for start in range(0, len(queries), CHUNK):
        rows = cdist(queries[start : start + CHUNK], texts, scorer=ratio, workers=1)
        places += [[int(place) for place in row.argpartition(-NEAREST)[-NEAREST:]] for row in rows]
    return places


def _nomenklatura(algorithm: str, names: list[list[Any]], queries: list[str], nearest: list[list[int]]) -> Found:
    matching, model = import_module("nomenklatura.matching"), import_module("followthemoney")
    scoring = matching.get_algorithm(algorithm)
    config = matching.ScoringConfig.defaults()

    def entity(number: str, name: str) -> Any:
        data = {"id": number, "schema": "Company", "properties": {"name": [name]}}
        return model.model.get_proxy(data)

    found: Found = []
    for query, (text, places) in enumerate(zip(queries, nearest, strict=True)):
        left = entity(f"q{query}", text)
        scores = []
        for place in places:
            # An id of its own for each pair: results are cached by id.
            right = entity(f"q{query}-{place}", names[place][1])
            scores.append((scoring.compare(left, right, config).score, place))
        score, place = max(scores)
        found.append((int(names[place][0]), float(score)))
    return found


def _splink(names: list[list[Any]], queries: list[str]) -> Found:
    splink, comparison = import_module("splink"), import_module("splink.comparison_library")
    left, right = (_table(texts) for texts in (queries, [name for _, name in names]))
    settings = splink.SettingsCreator(
        link_type="link_only",
        comparisons=[comparison.JaroWinklerAtThresholds("name", [0.95, 0.9, 0.8, 0.7])],
        blocking_rules_to_generate_predictions=[
            splink.block_on("head", "middle"),
            splink.block_on("middle"),
            splink.block_on("head", "tail"),
        ],
    )
    database = splink.DuckDBAPI()
    tables = [database.register(left, table_name="a_shown"), database.register(right, table_name="b_registered")]
    linker = splink.Linker(tables, settings)
    linker.training.estimate_probability_two_random_records_match([splink.block_on("name")], recall=0.3)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(splink.block_on("middle"))
    pairs = linker.inference.predict(threshold_match_probability=0.0).as_record_list()
    best: dict[int, tuple[int, float]] = {}
    for pair in pairs:
        query, weight = int(pair["unique_id_l"]), float(pair["match_weight"])
        if query not in best or best[query][1] < weight:
            best[query] = (int(names[int(pair["unique_id_r"])][0]), weight)
    return [best.get(number, (-1, -1e9)) for number in range(len(queries))]


def _table(texts: list[str]) -> Any:
    columns = {
        "unique_id": list(range(len(texts))),
        "name": texts,
        "head": [text[:2] for text in texts],
        "middle": [text[2:4] for text in texts],
        "tail": [text[-6:] for text in texts],
    }
    return import_module("pyarrow").table(columns)


def main() -> None:
    """Run all and write what they found."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names, queries = task["names"], task["queries"]
    nearest: list[list[int]] = []
    runs: dict[str, Callable[[], Found]] = {
        "rapidfuzz WRatio": lambda: _best("fuzz.WRatio", names, queries),
        "rapidfuzz ratio": lambda: _best("fuzz.ratio", names, queries),
        "rapidfuzz Jaro-Winkler": lambda: _best("distance.JaroWinkler.similarity", names, queries),
        "nomenklatura logic-v1": lambda: _nomenklatura("logic-v1", names, queries, nearest),
        "nomenklatura logic-v2": lambda: _nomenklatura("logic-v2", names, queries, nearest),
        "nomenklatura regression-v1": lambda: _nomenklatura("regression-v1", names, queries, nearest),
        "splink on the whole name": lambda: _splink(names, queries),
    }
    nearest.extend(_nearest(names, queries))
    told = {}
    for name, run in runs.items():
        began = time.process_time()
        found = run()
        told[name] = {"found": found, "ms": 1000 * (time.process_time() - began) / len(queries)}
        print(f"{name}: done", file=sys.stderr)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
