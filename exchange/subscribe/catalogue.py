"""The catalogue of data sets: their fields, the departments, and what each of them may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from exchange.subscribe.errors import CatalogueError, OutOfScopeError

FILE = Path(__file__).with_name("catalogue.yml")
KINDS = ("text", "number", "date")
Title = tuple[str, str]
"""Chinese and English."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a data set. Attributes: kind: ``text``, ``number`` or ``date``. personal: of a person."""

    name: str
    title: Title
    kind: str
    personal: bool


@dataclass(frozen=True, slots=True)
class DataSet:
    """What can be subscribed to. Attributes: standard: where its fields come from. key: field that names a row."""

    name: str
    title: Title
    standard: str
    key: str
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a department may have of a data set. Attributes: regions: GB/T 2260 prefixes, or none for everywhere."""

    fields: tuple[str, ...]
    regions: tuple[str, ...]

    def covers(self, region: str) -> bool:
        """Whether a row of this region may be delivered; without a region only where all regions may be."""
        return not self.regions or any(region.startswith(prefix) for prefix in self.regions)


@dataclass(frozen=True, slots=True)
class Department:
    """Who may subscribe. Attributes: hosts: where webhooks may go. scopes: by name of data set."""

    code: str
    title: Title
    hosts: tuple[str, ...]
    scopes: Mapping[str, Scope]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All data sets and departments, by name and code."""

    data_sets: Mapping[str, DataSet]
    departments: Mapping[str, Department]

    def scope(self, department: str, data_set: str) -> Scope:
        """What a department may have.

        Raises:
            OutOfScopeError: unknown, or nothing of this data set.
        """
        found = self.departments.get(department)
        scope = found.scopes.get(data_set) if found else None
        if scope is None:
            raise OutOfScopeError(
                f"expected a data set in the scope of {department[:20]!r}, got {data_set[:60]!r}",
                hint="范围见目录 see the catalogue: exchange/subscribe/catalogue.yml",
            )
        return scope


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue of this installation, read once."""
    return read_catalogue(FILE.read_text(encoding="utf-8"))


def read_catalogue(text: str) -> Catalogue:
    """A catalogue from YAML.

    Raises:
        CatalogueError: not understood, or a scope names what is not there.
    """
    try:
        tree = yaml.safe_load(text)
        data_sets = {str(name): _data_set(str(name), body) for name, body in tree["data_sets"].items()}
        departments = {str(code): _department(str(code), body) for code, body in tree["departments"].items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise CatalogueError(f"expected a catalogue of data sets and departments, got: {error!r}") from error
    for one in departments.values():
        for name, scope in one.scopes.items():
            known = data_sets[name].fields if name in data_sets else {}
            lost = [field for field in scope.fields if field not in known]
            if lost or not scope.fields or data_sets[name].key not in scope.fields:
                raise CatalogueError(
                    f"expected {one.code} to have known fields of {name}, its key among them, got {lost}"
                )
    return Catalogue(data_sets, departments)


def _title(value: object) -> Title:
    if not isinstance(value, list) or len(value) != 2:
        raise CatalogueError(f"expected a Chinese and an English title, got {value!r}")
    return str(value[0]), str(value[1])


def _data_set(name: str, body: Mapping[str, object]) -> DataSet:
    listed = body["fields"]
    fields = {key: _field(key, item) for key, item in listed.items()} if isinstance(listed, dict) else {}
    if body["key"] not in fields:
        raise CatalogueError(f"expected the key of {name} among its fields, got {body['key']!r}")
    return DataSet(name, _title(body["title"]), str(body["standard"]), str(body["key"]), fields)


def _field(name: str, body: Mapping[str, object]) -> Field:
    if body["kind"] not in KINDS:
        raise CatalogueError(f"expected one of {', '.join(KINDS)} as kind of {name}, got {body['kind']!r}")
    return Field(name, _title(body["title"]), str(body["kind"]), body.get("personal") is True)


def _department(code: str, body: Mapping[str, object]) -> Department:
    scopes, hosts = body["scopes"], body.get("hosts", [])
    if not isinstance(scopes, dict) or not isinstance(hosts, list):
        raise CatalogueError(f"expected scopes and hosts of {code}, got others")
    found = {
        str(name): Scope(tuple(map(str, one["fields"])), tuple(map(str, one.get("regions", ()))))
        for name, one in scopes.items()
    }
    return Department(code, _title(body["title"]), tuple(map(str, hosts)), found)
