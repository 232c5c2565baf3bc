"""Every route against every role, and the gate before all of them."""

import re
from datetime import timedelta

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Mount

from api.access import allow, check_routes, declared
from api.errors import UndeclaredRouteError
from api.policy import PERMISSIONS_OF_ROLE, ROLES, Permission
from tests.unit.api.conftest import House

SIGNED_CALLS = {"/api/v1/linked/{system}/events"}
SEE_SESSION_TESTS = {
    "/account/password",
    "/signin",
    "/merchant/signin",
    "/signin/once",
    "/api/v1/session",
} | SIGNED_CALLS
EVERYBODY = {"supervisor", "investigator", "administrator"}
OFFICERS = {"supervisor", "investigator"}
INVESTIGATOR = {"investigator"}
ADMINISTRATOR = {"administrator"}
PUBLIC = EVERYBODY | {""}
NO_OFFICER: set[str] = set()  # merchants alone; see test_merchant_portal
# Written by hand on purpose: the table of who may call what, against which the application is held.
TABLE = {
    ("GET", "/signin"): PUBLIC,
    ("POST", "/signin"): PUBLIC,
    ("GET", "/signin/once"): PUBLIC,
    ("POST", "/signin/once"): PUBLIC,
    ("POST", "/preferences"): PUBLIC,
    ("GET", "/api/v1/health"): PUBLIC,
    ("GET", "/log/checkpoint"): PUBLIC,
    ("GET", "/verifier"): PUBLIC,
    ("GET", "/trust/{name}"): PUBLIC,
    ("GET", "/log/tile/{name:path}"): PUBLIC,
    ("GET", "/v"): PUBLIC,
    ("GET", "/v/{badge_id}"): PUBLIC,
    ("GET", "/v/{badge_id}/qr.svg"): PUBLIC,
    ("GET", "/badge/{badge_id}"): PUBLIC,
    ("GET", "/badge/{badge_id}.svg"): PUBLIC,
    ("GET", "/badge/{badge_id}.png"): PUBLIC,
    ("POST", "/badge/{badge_id}/report"): PUBLIC,
    ("GET", "/api/v1/badges/{badge_id}"): PUBLIC,
    ("POST", "/api/v1/badges/check"): PUBLIC,
    ("GET", "/badge-status/{number}"): PUBLIC,
    ("GET", "/badge-dump/{name}"): PUBLIC,
    ("GET", "/badge-type/1"): PUBLIC,
    ("GET", "/.well-known/vct/badge-type/1"): PUBLIC,
    ("GET", "/.well-known/jwt-vc-issuer"): PUBLIC,
    ("GET", "/.well-known/jwks.json"): PUBLIC,
    ("POST", "/api/v1/session"): PUBLIC,
    ("POST", "/api/v1/exchange/call"): PUBLIC,
    ("GET", "/api/v1/exchange/card"): PUBLIC,
    ("POST", "/signout"): EVERYBODY,
    ("GET", "/account"): EVERYBODY,
    ("POST", "/account/password"): EVERYBODY,
    ("GET", "/"): EVERYBODY,
    ("GET", "/help"): EVERYBODY,
    ("GET", "/help/api"): EVERYBODY,
    ("GET", "/api/v1/session"): EVERYBODY,
    ("DELETE", "/api/v1/session"): EVERYBODY,
    ("GET", "/api/v1/openapi.json"): EVERYBODY,
    ("GET", "/api/v1/overview"): EVERYBODY,
    ("GET", "/jobs"): EVERYBODY,
    ("GET", "/jobs/{job_id}"): EVERYBODY,
    ("GET", "/jobs/{job_id}/progress"): EVERYBODY,
    ("GET", "/jobs/{job_id}/events"): EVERYBODY,
    ("POST", "/jobs/{job_id}/stop"): EVERYBODY,
    ("GET", "/api/v1/jobs"): EVERYBODY,
    ("GET", "/api/v1/jobs/{job_id}"): EVERYBODY,
    ("GET", "/api/v1/jobs/{job_id}/events"): EVERYBODY,
    ("POST", "/api/v1/jobs/{job_id}/stop"): EVERYBODY,
    ("GET", "/search"): OFFICERS,
    ("GET", "/search/export.csv"): OFFICERS,
    ("POST", "/searches"): OFFICERS,
    ("POST", "/searches/{search_id}/drop"): OFFICERS,
    ("GET", "/listings/{listing_id}"): OFFICERS,
    ("POST", "/listings/{listing_id}/capture"): OFFICERS,
    ("GET", "/shops"): OFFICERS,
    ("GET", "/shops/{shop_id}"): OFFICERS,
    ("GET", "/applications"): OFFICERS,
    ("GET", "/applications/{application_id}"): OFFICERS,
    ("POST", "/applications/{application_id}/decision"): OFFICERS,
    ("POST", "/applications/{application_id}/recovery"): OFFICERS,
    ("GET", "/merchant/signin"): PUBLIC,
    ("POST", "/merchant/signin"): PUBLIC,
    ("GET", "/merchant/register"): PUBLIC,
    ("POST", "/merchant/register"): PUBLIC,
    ("GET", "/merchant/recover"): PUBLIC,
    ("POST", "/merchant/recover/code"): PUBLIC,
    ("POST", "/merchant/recover/site"): PUBLIC,
    ("POST", "/merchant/recover/site/check"): PUBLIC,
    ("POST", "/merchant/preferences"): PUBLIC,
    ("POST", "/merchant/signout"): NO_OFFICER,
    ("GET", "/merchant"): NO_OFFICER,
    ("GET", "/merchant/apply"): NO_OFFICER,
    ("POST", "/merchant/apply"): NO_OFFICER,
    ("GET", "/merchant/applications/{application_id}"): NO_OFFICER,
    ("POST", "/merchant/applications/{application_id}/sites"): NO_OFFICER,
    ("POST", "/merchant/applications/{application_id}/sites/{claim_id}/check"): NO_OFFICER,
    ("POST", "/merchant/applications/{application_id}/sites/{claim_id}/token"): NO_OFFICER,
    ("POST", "/merchant/applications/{application_id}/sites/{claim_id}/drop"): NO_OFFICER,
    ("POST", "/merchant/applications/{application_id}/withdraw"): NO_OFFICER,
    ("GET", "/hits"): OFFICERS,
    ("GET", "/hits/{hit_id}"): OFFICERS,
    ("POST", "/hits/{hit_id}/decision"): OFFICERS,
    ("POST", "/hits/decisions"): OFFICERS,
    ("GET", "/hits/{object_id}/send"): OFFICERS,
    ("POST", "/hits/{object_id}/send"): OFFICERS,
    ("GET", "/matters"): OFFICERS,
    ("GET", "/matters/{matter_id}"): OFFICERS,
    ("POST", "/matters/{matter_id}/sealed"): OFFICERS,
    ("GET", "/api/v1/matters"): OFFICERS,
    ("GET", "/api/v1/matters/{matter_id}"): OFFICERS,
    ("GET", "/api/v1/hits/{hit_id}/told"): OFFICERS,
    ("POST", "/api/v1/hits/{hit_id}/told"): OFFICERS,
    ("GET", "/cases"): INVESTIGATOR,
    ("POST", "/cases"): INVESTIGATOR,
    ("GET", "/cases/{case_id}"): INVESTIGATOR,
    ("POST", "/cases/{case_id}/steps"): INVESTIGATOR,
    ("GET", "/cases/{object_id}/send"): INVESTIGATOR,
    ("POST", "/cases/{object_id}/send"): INVESTIGATOR,
    ("GET", "/api/v1/cases"): INVESTIGATOR,
    ("POST", "/api/v1/cases"): INVESTIGATOR,
    ("GET", "/api/v1/cases/{case_id}"): INVESTIGATOR,
    ("POST", "/api/v1/cases/{case_id}/steps"): INVESTIGATOR,
    ("GET", "/api/v1/cases/{case_id}/told"): INVESTIGATOR,
    ("POST", "/api/v1/cases/{case_id}/told"): INVESTIGATOR,
    ("GET", "/evidence"): OFFICERS,
    ("GET", "/badges"): OFFICERS,
    ("GET", "/badges/sightings"): OFFICERS,
    ("POST", "/badges/sightings/{sighting_id}"): OFFICERS,
    ("GET", "/badges/{badge_id}"): OFFICERS,
    ("POST", "/badges/{badge_id}/state"): OFFICERS,
    ("GET", "/evidence/{evidence_id}"): OFFICERS,
    ("GET", "/evidence/{evidence_id}/state"): OFFICERS,
    ("POST", "/evidence/{evidence_id}/verify"): OFFICERS,
    ("POST", "/evidence/{evidence_id}/read"): OFFICERS,
    ("POST", "/evidence/{evidence_id}/approve"): INVESTIGATOR,
    ("POST", "/evidence/{evidence_id}/hold"): INVESTIGATOR,
    ("POST", "/evidence/{evidence_id}/release"): INVESTIGATOR,
    ("POST", "/evidence/{evidence_id}/deletion"): INVESTIGATOR,
    ("POST", "/evidence/{evidence_id}/deletion/agree"): INVESTIGATOR,
    ("POST", "/evidence/{evidence_id}/deletion/withdraw"): INVESTIGATOR,
    ("GET", "/evidence/{evidence_id}/deletion/certificate.json"): OFFICERS,
    ("GET", "/evidence/{evidence_id}/deletion/certificate.p7s"): OFFICERS,
    ("GET", "/evidence/{evidence_id}/files/{name:path}"): OFFICERS,
    ("GET", "/evidence/{evidence_id}/replay"): OFFICERS,
    ("POST", "/evidence/{evidence_id}/download"): INVESTIGATOR,
    ("POST", "/evidence/export"): INVESTIGATOR,
    ("GET", "/evidence/exports/{job_id}"): INVESTIGATOR,
    ("POST", "/api/v1/linked/{system}/events"): PUBLIC,
    ("GET", "/quality"): OFFICERS,
    ("GET", "/quality/findings"): OFFICERS,
    ("GET", "/quality/findings/{finding_id}"): OFFICERS,
    ("POST", "/quality/findings/{finding_id}"): OFFICERS,
    ("GET", "/quality/runs"): OFFICERS,
    ("GET", "/quality/runs/{run_id}"): OFFICERS,
    ("GET", "/quality/rules"): OFFICERS,
    ("POST", "/quality/owners"): OFFICERS,
    ("GET", "/linked"): EVERYBODY,
    ("POST", "/linked/systems/{system}/pull"): OFFICERS,
    ("GET", "/linked/records"): OFFICERS,
    ("GET", "/linked/records/{record_id}"): OFFICERS,
    ("GET", "/linked/faults"): OFFICERS,
    ("GET", "/linked/faults/{fault_id}"): OFFICERS,
    ("POST", "/linked/faults/{fault_id}"): OFFICERS,
    ("GET", "/linked/posts"): OFFICERS,
    ("POST", "/linked/posts/{post_id}/again"): OFFICERS,
    ("GET", "/linked/write-back"): OFFICERS,
    ("POST", "/linked/write-back"): OFFICERS,
    ("GET", "/subjects"): OFFICERS,
    ("GET", "/subjects/{subject_id}"): OFFICERS,
    ("GET", "/matches"): OFFICERS,
    ("GET", "/matches/{task_id}"): OFFICERS,
    ("POST", "/matches/{task_id}/decision"): OFFICERS,
    ("POST", "/shops/{shop_id}/subject"): OFFICERS,
    ("POST", "/shops/{shop_id}/subject/{subject_id}/rejection"): OFFICERS,
    ("GET", "/exchange"): OFFICERS,
    ("GET", "/exchange/messages"): OFFICERS,
    ("GET", "/exchange/messages/{row}"): OFFICERS,
    ("GET", "/exchange/receipts"): OFFICERS,
    ("GET", "/exchange/dead-letters"): OFFICERS,
    ("GET", "/exchange/transfers"): OFFICERS,
    ("POST", "/exchange/transfers"): OFFICERS,
    ("GET", "/exchange/transfers/jurisdiction"): OFFICERS,
    ("GET", "/exchange/transfers/{row}"): OFFICERS,
    ("POST", "/exchange/transfers/{row}/answer"): OFFICERS,
    ("POST", "/exchange/transfers/{row}/appeal"): OFFICERS,
    ("POST", "/exchange/transfers/decide"): OFFICERS,
    ("POST", "/exchange/messages/{row}/redrive"): OFFICERS,
    ("POST", "/exchange/messages/{row}/try"): OFFICERS,
    ("POST", "/exchange/messages/{row}/set-aside"): OFFICERS,
    ("POST", "/exchange/messages/{row}/show-again"): OFFICERS,
    ("GET", "/exchange/reconciliations"): OFFICERS,
    ("GET", "/exchange/reconciliations/{reconciliation_id}"): OFFICERS,
    ("GET", "/exchange/offline"): OFFICERS,
    ("GET", "/exchange/offline/{package_id}"): OFFICERS,
    ("POST", "/exchange/offline/{package_id}/release"): INVESTIGATOR,
    ("POST", "/exchange/offline/{package_id}/withdraw"): INVESTIGATOR,
    ("GET", "/subscriptions"): OFFICERS,
    ("POST", "/subscriptions"): OFFICERS,
    ("GET", "/subscriptions/{subscription_id}"): OFFICERS,
    ("POST", "/subscriptions/{subscription_id}/decision"): OFFICERS,
    ("GET", "/inbox"): OFFICERS,
    ("GET", "/inbox/{notice_id}"): OFFICERS,
    ("POST", "/inbox/{notice_id}/done"): OFFICERS,
    ("GET", "/watches/new"): OFFICERS,
    ("POST", "/watches"): OFFICERS,
    ("GET", "/rules"): OFFICERS,
    ("POST", "/rules/try"): OFFICERS,
    ("GET", "/api/v1/search"): OFFICERS,
    ("GET", "/api/v1/search/export.csv"): OFFICERS,
    ("GET", "/api/v1/listings/{listing_id}"): OFFICERS,
    ("GET", "/api/v1/saved-searches"): OFFICERS,
    ("POST", "/api/v1/saved-searches"): OFFICERS,
    ("DELETE", "/api/v1/saved-searches/{search_id}"): OFFICERS,
    ("GET", "/api/v1/shops"): OFFICERS,
    ("GET", "/api/v1/shops/{shop_id}"): OFFICERS,
    ("GET", "/api/v1/hits"): OFFICERS,
    ("GET", "/api/v1/hits/{hit_id}"): OFFICERS,
    ("POST", "/api/v1/hits/{hit_id}/decision"): OFFICERS,
    ("POST", "/api/v1/hits/decisions"): OFFICERS,
    ("GET", "/api/v1/evidence"): OFFICERS,
    ("POST", "/api/v1/evidence"): OFFICERS,
    ("GET", "/api/v1/evidence/{evidence_id}"): OFFICERS,
    ("GET", "/api/v1/evidence/{evidence_id}/files"): OFFICERS,
    ("POST", "/api/v1/evidence/{evidence_id}/verification"): OFFICERS,
    ("POST", "/api/v1/evidence/{evidence_id}/replay"): OFFICERS,
    ("POST", "/api/v1/evidence/{evidence_id}/approval"): INVESTIGATOR,
    ("POST", "/api/v1/evidence/{evidence_id}/package"): INVESTIGATOR,
    ("POST", "/api/v1/watches"): OFFICERS,
    ("POST", "/api/v1/watches/csv"): OFFICERS,
    ("POST", "/api/v1/rules/try"): OFFICERS,
    ("GET", "/audit"): ADMINISTRATOR,
    ("POST", "/audit/check"): ADMINISTRATOR,
    ("GET", "/users"): ADMINISTRATOR,
    ("POST", "/users"): ADMINISTRATOR,
    ("POST", "/users/{user_id}"): ADMINISTRATOR,
    ("POST", "/users/{user_id}/ticket"): ADMINISTRATOR,
    ("GET", "/api/v1/audit"): ADMINISTRATOR,
    ("POST", "/api/v1/audit/check"): ADMINISTRATOR,
    ("GET", "/api/v1/users"): ADMINISTRATOR,
    ("POST", "/api/v1/users"): ADMINISTRATOR,
    ("PUT", "/api/v1/users/{user_id}"): ADMINISTRATOR,
    ("POST", "/api/v1/users/{user_id}/ticket"): ADMINISTRATOR,
}


def _routes(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    for route in app.routes:
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods or ()}
    return found


def _somewhere(path: str) -> str:
    """The path with numbers that do not exist: a permitted call is then 404 or 422, never 401 or 403."""
    return re.sub(r"\{[^}]*_id\}", "999999", path).replace("{name:path}", "x.png").replace("{row}", "999999")


def test_the_table_and_the_application_name_the_same_routes(shared_house: House) -> None:
    """No route is missing from the table and none in it is gone."""
    assert _routes(shared_house.app) == set(TABLE)


@pytest.mark.parametrize("who", ["", *ROLES])
def test_each_role_reaches_exactly_its_routes(shared_house: House, who: str) -> None:
    """Every route, asked by every role and by nobody."""
    for (method, path), allowed in sorted(TABLE.items()):
        if path in {"/signout", "/api/v1/session"} and method in {"POST", "DELETE"} and who:
            continue  # would end the sign-in under test; see test_session
        if path in SEE_SESSION_TESTS and method == "POST":
            continue  # they refuse a wrong password with the same status; see test_session
        browser = shared_house.browser(who)
        status = browser.request(method, _somewhere(path)).status_code
        if who in allowed:
            assert status not in {401, 403, 500}, (who, method, path, status)
        elif not who:
            assert status == (401 if path.startswith("/api/") else 303) or method != "GET", (method, path, status)
            assert status in {401, 303, 403}, (method, path, status)
        else:
            assert status == 403, (who, method, path, status)


def test_an_undeclared_route_stops_the_application() -> None:
    """A route without a permission is refused at start, also a mounted application."""
    router = APIRouter()
    router.add_api_route("/bare", lambda: "open")
    router.add_api_route("/declared", lambda: "open", dependencies=[allow(Permission.PUBLIC)])
    with pytest.raises(UndeclaredRouteError, match="/bare"):
        check_routes(router.routes)
    with pytest.raises(UndeclaredRouteError, match="/else"):
        check_routes([Mount("/else", Starlette())])
    assert declared(router.routes[1]) is Permission.PUBLIC


def test_an_administrator_sees_no_evidence() -> None:
    """Keeping the house and reading its evidence are separate."""
    held = PERMISSIONS_OF_ROLE["administrator"]
    assert not any(permission.startswith(("evidence.", "hit.", "listing.")) for permission in held)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-csrf-token": "wrong"}, 403),
        ({"x-csrf-token": ""}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://127.0.0.1:8600"}, 403),
        ({"origin": "http://localhost:8600"}, 403),
        ({"origin": "http://[::1]:8600"}, 202),
        ({}, 202),
    ],
)
def test_unsafe_calls_prove_where_they_come_from(house: House, headers: dict[str, str], status: int) -> None:
    """A wrong token or a foreign origin changes nothing."""
    browser = house.browser("supervisor")
    response = browser.post(f"/api/v1/jobs/{house.seeded.running_job}/stop", headers=headers)
    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "api.csrf"
        job = browser.get(f"/api/v1/jobs/{house.seeded.running_job}").json()["job"]
        assert job["cancel_asked"] is False


def test_a_form_carries_its_token_as_a_field(house: House) -> None:
    """Without scripts the token comes as a hidden field; another person's token does not do."""
    browser, other = house.browser("supervisor"), house.browser("investigator")
    token, browser.csrf = browser.csrf, ""
    path = f"/jobs/{house.seeded.running_job}/stop"
    assert browser.post(path, data={"csrf_token": other.csrf}).status_code == 403
    assert browser.post(path, data={"csrf_token": token}).status_code == 303


def test_forms_before_sign_in_need_an_origin(shared_house: House) -> None:
    """Signing somebody in from another site is not possible."""
    browser = shared_house.browser()
    browser.origin = ""
    assert browser.post("/preferences", data={"theme": "dark"}).status_code == 403
    browser.origin = "https://evil.example"
    assert browser.post("/signin", data={"name": "a", "password": "b"}).status_code == 403


def test_a_sign_in_ends(house: House) -> None:
    """After its hours a session is worth nothing, and an odd cookie never was."""
    browser = house.browser("supervisor")
    assert browser.get("/shops").status_code == 200
    house.clock.at += timedelta(hours=8, seconds=1)
    assert browser.get("/shops").headers["location"] == "/signin?next=%2Fshops"
    browser.cookies["wangjian"] = '"\\"'
    assert browser.get("/api/v1/session").status_code == 401


def test_htmx_is_sent_to_the_sign_in_page(shared_house: House) -> None:
    """A fragment request that lost its sign-in moves the whole page."""
    response = shared_house.browser().get("/search?q=a", headers={"hx-request": "true"})
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/signin?next=%2Fsearch%3Fq%3Da"
