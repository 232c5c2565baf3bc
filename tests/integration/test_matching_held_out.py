"""Matching on names the matcher has never seen, made of words it does not have: precision, recall, F1."""

from collections import Counter

import pytest

from identity_verify.matching import match
from identity_verify.name_index import NameEntry, NameIndex
from identity_verify.vocabulary import shipped
from tests.data.matching.generator import Query, World

SUBJECTS, QUERIES, SEED = 12_000, 5_000, 2026


@pytest.fixture(scope="module")
def world() -> World:
    """A registry of the held-out words."""
    return World("held_out", SEED, subjects=SUBJECTS)


@pytest.fixture(scope="module")
def judged(world: World) -> list[tuple[Query, int | None]]:
    """Each query with the subject that was chosen without a person, or None."""
    entries = [NameEntry(company.number, company.name) for company in world.companies]
    entries += [NameEntry(company.number, company.former, former=True) for company in world.companies if company.former]
    index = NameIndex.of(entries)
    return [(query, match(query.shown, index).subject_id) for query in world.queries(QUERIES)]


def test_precision_and_recall(judged: list[tuple[Query, int | None]]) -> None:
    """At most one match in a hundred is wrong, and nine of ten that are there are made."""
    right = sum(1 for query, chosen in judged if chosen is not None and chosen == query.truth)
    wrong = sum(1 for query, chosen in judged if chosen is not None and chosen != query.truth)
    there = sum(1 for query, _ in judged if query.truth is not None)
    precision, recall = right / (right + wrong), right / there
    assert precision >= 0.99
    assert recall >= 0.90
    assert 2 * precision * recall / (precision + recall) >= 0.95


def test_the_set_is_what_it_says(world: World, judged: list[tuple[Query, int | None]]) -> None:
    """Thirty of a hundred are strangers, every kind of noise occurs, most trades are unknown to the parser."""
    strangers = sum(1 for query, _ in judged if query.truth is None)
    assert 0.27 < strangers / len(judged) < 0.33
    kinds = Counter(query.kind for query, _ in judged)
    assert len(kinds) == 27
    trades = {company.industry[0] for company in world.companies}
    assert len(trades & shipped().industries) / len(trades) < 0.45


def test_what_is_hardest_stays_within_bounds(judged: list[tuple[Query, int | None]]) -> None:
    """No kind of noise is lost altogether."""
    missed, total = Counter[str](), Counter[str]()
    for query, chosen in judged:
        if query.truth is not None:
            total[query.kind] += 1
            missed[query.kind] += chosen != query.truth
    assert all(missed[kind] / total[kind] < 0.45 for kind in total), missed
    assert not any(missed[kind] for kind in ("exact", "traditional", "wide", "wrapped", "branch"))
