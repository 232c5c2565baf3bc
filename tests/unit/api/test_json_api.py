"""The JSON API over a seeded installation."""

from tests.e2e.seeded_market import HOSTILE_TITLE
from tests.unit.api.conftest import House


def test_search_pages_to_the_very_end(shared_house: House) -> None:
    """Each listing once, in order, by cursor."""
    browser = shared_house.browser("supervisor")
    seen: list[int] = []
    cursor = ""
    while True:
        body = browser.get(f"/api/v1/search?size=5&sort=price_asc&cursor={cursor}").json()
        seen += [row["listing"]["id"] for row in body["rows"]]
        cursor = body["next_cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(shared_house.seeded.listings)
    assert len(seen) == body["total"]


def test_search_filters_count_and_mark(shared_house: House) -> None:
    """Facets by name:value pairs, highlights in pieces, problems for what is not understood."""
    browser = shared_house.browser("supervisor")
    body = browser.get("/api/v1/search?q=龙井&where=shop:2").json()
    assert body["total"] == 1
    assert {"text": "龙井", "marked": True} in body["rows"][0]["title"]
    assert [value["chosen"] for value in body["facets"]["shop"] if value["value"] == "2"] == [True]
    problem = browser.get('/api/v1/search?q="abc').json()
    assert (problem["status"], problem["code"]) == (422, "search.query_unclosed_quote")
    assert browser.get("/api/v1/search?cursor=xx").status_code == 422
    assert browser.get("/api/v1/search?sort=colour").json()["total"] == len(shared_house.seeded.listings)


def test_a_listing_tells_where_each_fact_is_from(shared_house: House) -> None:
    """Page, digest, locator and method of every value; prices in order."""
    body = shared_house.browser("supervisor").get(f"/api/v1/listings/{shared_house.seeded.listings[0]}").json()
    assert body["listing"]["title"] == HOSTILE_TITLE
    assert all(fact["page_sha256"] and fact["locator"] and fact["method"] for fact in body["facts"])
    shown = [price for price in body["prices"] if price["kind"] == "shown"]
    assert [price["fen"] for price in shown] == [6_990, 5_490, 4_990]
    assert shown[-1]["until"] is None
    assert body["hits"][0]["law"][0]["confidence"] == "V"


def test_lists_slice_by_number(shared_house: House) -> None:
    """Newest first, each once, with the total on every slice."""
    browser = shared_house.browser("investigator")
    for path, key in (("hits", "hits"), ("shops", "shops"), ("evidence", "evidence"), ("jobs", "jobs")):
        seen, before = [], ""
        while True:
            body = browser.get(f"/api/v1/{path}?limit=1{before}").json()
            seen += [row["id"] for row in body[key]]
            if body["next_before"] is None:
                break
            before = f"&before={body['next_before']}"
        assert len(seen) == body["total"] == len(set(seen)), path
        assert seen == sorted(seen, reverse=True)


def test_lists_filter(shared_house: House) -> None:
    """Text is text: a percent sign is not a wildcard."""
    browser = shared_house.browser("investigator")
    assert browser.get("/api/v1/shops?text=2号").json()["total"] == 1
    assert browser.get("/api/v1/shops?text=%25").json()["total"] == 0
    assert browser.get("/api/v1/shops?status=paused").json()["total"] == 0
    assert browser.get("/api/v1/shops?platform=generic").json()["total"] == 2
    assert browser.get("/api/v1/hits?rule=AD01&severity=high").json()["total"] == 2
    assert browser.get("/api/v1/hits?listing_id=1&shop_id=1&state=new").json()["total"] == 1
    assert browser.get("/api/v1/evidence?state=failed").json()["total"] == 1
    assert browser.get("/api/v1/evidence?text=item/1.html&reason=order").json()["total"] == 1
    assert browser.get("/api/v1/jobs?state=running").json()["total"] == 1
    assert browser.get(f"/api/v1/shops/{shared_house.seeded.shops[0]}").json()["shop"]["listings"] == 8


def test_a_text_is_tried_against_the_rules(shared_house: House) -> None:
    """The quote, the article and the notice; nothing is stored."""
    browser = shared_house.browser("supervisor")
    found = browser.post("/api/v1/rules/try", json={"text": "本店商品全网第一，国家级品质", "field": "title"}).json()
    assert "AD01" in {trial["rule_id"] for trial in found}
    for trial in found:
        assert trial["law"]
        assert "线索" in trial["notice"]["zh"]
    assert browser.post("/api/v1/rules/try", json={"text": ""}).status_code == 422
    assert browser.post("/api/v1/rules/try", json={"text": "x", "field": "colour"}).status_code == 422
    page = browser.post("/rules/try", data={"tried": "国家级品质", "field": "title"})
    assert "<mark>" in page.text
    assert "<html" not in browser.post("/rules/try", data={"tried": "x"}, headers={"hx-request": "true"}).text


def test_saved_searches_over_http(house: House) -> None:
    """Kept, listed on the search page, forgotten."""
    browser = house.browser("supervisor")
    row = browser.post("/api/v1/saved-searches", json={"name": "茶", "query_string": "q=茶"}).json()
    assert [saved["id"] for saved in browser.get("/api/v1/saved-searches").json()] == [row["id"]]
    assert "/search?q=茶" in browser.get("/search").text
    assert browser.post("/searches", data={"name": "", "query_string": "q=a"}).status_code == 422
    assert browser.post("/searches", data={"name": "b", "query_string": "q=b"}).headers["location"] == "/search?q=b"
    assert browser.request("DELETE", f"/api/v1/saved-searches/{row['id']}").status_code == 204
    assert browser.post(f"/searches/{row['id']}/drop").status_code == 404


def test_users_over_http(house: House) -> None:
    """Made, changed, invited; never a secret in an answer."""
    browser = house.browser("administrator")
    made = browser.post("/api/v1/users", json={"name": "zhao", "roles": ["investigator"]}).json()
    assert "password_hash" not in made
    path = f"/api/v1/users/{made['id']}"
    changed = browser.request("PUT", path, json={"roles": ["supervisor"], "active": False}).json()
    assert (changed["roles"], changed["active"]) == (["supervisor"], False)
    assert browser.post(f"{path}/ticket").status_code == 409
    browser.request("PUT", path, json={"roles": ["supervisor"], "active": True})
    assert "/signin/once?ticket=" in browser.post(f"{path}/ticket").json()["url"]
    assert browser.post("/api/v1/audit/check").json()["ok"] is True


def test_the_description_names_every_call(shared_house: House) -> None:
    """OpenAPI holds the JSON routes and none of the pages."""
    body = shared_house.browser("supervisor").get("/api/v1/openapi.json").json()
    assert body["openapi"].startswith("3.")
    assert all(path.startswith("/api/v1/") for path in body["paths"])
    assert "/api/v1/evidence/{evidence_id}/verification" in body["paths"]
    for methods in body["paths"].values():
        assert all(operation["description"] for operation in methods.values())


def test_half_a_character_is_refused(shared_house: House) -> None:
    """JSON can write one, and no database takes it; also before a sign-in."""
    headers = {"content-type": "application/json"}
    body = '{"name": "a\\ud800", "password": "x"}'
    assert shared_house.browser().post("/api/v1/session", content=body, headers=headers).status_code == 422
    whole = '{"text": "\\ud83d\\ude00"}'
    answer = shared_house.browser("supervisor").post("/api/v1/rules/try", content=whole, headers=headers)
    assert answer.status_code == 200
