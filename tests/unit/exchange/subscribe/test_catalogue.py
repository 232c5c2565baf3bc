"""The catalogue: the real one holds together, and one that does not is refused."""

import pytest

from exchange.subscribe.catalogue import catalogue, read_catalogue
from exchange.subscribe.errors import CatalogueError, OutOfScopeError
from tests.unit.exchange.subscribe.conftest import CATALOGUE


def test_the_real_catalogue_holds_together() -> None:
    """Every department has its own scope, and taxation gets no address and no lead."""
    found = catalogue()
    assert {one.title[0] for one in found.departments.values()} == {"税务", "质监"}
    assert all(one.standard for one in found.data_sets.values())
    tax = found.departments["TAX-310000"]
    assert "lead" not in tax.scopes
    assert "address" not in tax.scopes["subject"].fields


def test_nothing_beyond_the_scope() -> None:
    """Unknown departments and data sets have none."""
    found = read_catalogue(CATALOGUE)
    assert found.scope("TAX", "firm").fields == ("id", "name", "state")
    for department, data_set in (("TAX", "lead"), ("NOBODY", "firm")):
        with pytest.raises(OutOfScopeError):
            found.scope(department, data_set)


def test_regions_are_prefixes() -> None:
    """Where a scope names regions, a row without one is not delivered."""
    scope = read_catalogue(CATALOGUE).scope("TAX", "firm")
    assert scope.covers("310115")
    assert not scope.covers("320000")
    assert not scope.covers("")
    assert read_catalogue(CATALOGUE).scope("QTS", "firm").covers("")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[id, name, state]", "[id, name, secret]"),
        ("[id, name, state]", "[name]"),
        ("[id, name, state]", "[]"),
        ("key: id", "key: other"),
        ("kind: text", "kind: blob"),
        ("title: [主体, Firms]", "title: 主体"),
        ("firm: {fields: [id, phone]}", "other: {fields: [id]}"),
        ("data_sets:", "sets:"),
        ("departments:", "departments: ["),
        ("hosts: [hook.tax.example.test]", "hosts: yes"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused(old: str, new: str) -> None:
    """At the start, not at a delivery."""
    with pytest.raises(CatalogueError):
        read_catalogue(CATALOGUE.replace(old, new, 1))
