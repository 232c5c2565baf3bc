"""Every error of the house as an HTTP answer."""

import inspect
from importlib import import_module

import pytest

from api.errors import InputError, problem_of, status_of
from kernel.errors import WangjianError
from search.errors import QueryError
from tests.architecture.sources import dotted, modules
from tests.unit.api.conftest import House


def test_problems_follow_rfc_9457(shared_house: House) -> None:
    """Media type, members, and fields for input errors."""
    browser = shared_house.browser("supervisor")
    response = browser.get("/api/v1/shops/999")
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(body)
    assert (body["status"], body["instance"], body["code"]) == (404, "/api/v1/shops/999", "api.not_found")
    invalid = browser.get("/api/v1/shops?limit=0").json()
    assert (invalid["status"], list(invalid["fields"])) == (422, ["limit"])
    assert browser.get("/api/v1/nowhere").json()["code"] == "api.not_found"
    assert browser.request("PUT", "/api/v1/shops").json()["status"] == 405


def test_codes_have_the_status_that_fits() -> None:
    """What a person wrote is 422, what is away is 503, what nobody listed is our fault."""
    query = QueryError("unclosed_quote", 3, "a quote", "the end", hint="close it")
    assert status_of(query.code) == 422
    assert status_of("search.unavailable") == 503
    assert status_of("kernel.database_unavailable") == 503
    assert status_of("pipeline.shop_list") == 422
    assert status_of("something.else") == 500


def test_every_code_in_the_table_exists() -> None:
    """Two-sided: a code that no room raises any more is an excuse to be taken out."""
    places = [dotted(path) for path in modules() if path.stem == "errors" and path.parts[0] != "simulators"]
    codes = set()
    for place in places:
        for _, kind in inspect.getmembers(import_module(place), inspect.isclass):
            if issubclass(kind, WangjianError):
                codes.add(kind.code)
    source = inspect.getsource(import_module("api.errors"))
    table = source[source.index("STATUS_OF_CODE") : source.index("STATUS_OF_FAMILY")]
    listed = {part for part in table.split('"') if "." in part and " " not in part}
    assert listed <= codes, listed - codes


def test_context_stays_inside() -> None:
    """Only the reasons of fields are told."""
    error = InputError("expected a, got b", context={"fields": {"name": "too long"}, "path": "/var/secret"})
    body = problem_of(error).as_json("/x")
    assert body["fields"] == {"name": "too long"}
    assert "secret" not in str(body)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9999", "", "127.0.0.1:8600.evil.example"])
def test_other_hosts_are_not_answered(shared_house: House, host: str) -> None:
    """A name bound to our address by somebody else reaches no page."""
    response = shared_house.browser("supervisor").get("/", headers={"host": host})
    assert (response.status_code, response.json()["code"]) == (421, "api.host")
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_large_bodies_are_refused(shared_house: House) -> None:
    """By their stated length at once, and by counting when they state none."""
    browser = shared_house.browser("supervisor")
    big = b"x" * 12_000_001
    assert browser.post("/api/v1/watches/csv", content=big).status_code == 413

    async def pieces() -> object:
        for _ in range(13):
            yield big[:1_000_000]

    assert browser.post("/api/v1/watches/csv", content=pieces()).status_code == 413
