"""The verifier's page and the published trust list, over HTTP, for anybody."""

import json
import re

from evidence.keys import ensure_keys
from evidence.trust import LIST_NAME, load
from tests.unit.api.conftest import House


def test_the_page_before_any_seal_offers_no_list(house: House) -> None:
    """It opens without signing in, under a policy that names its own script alone."""
    answer = house.browser().get("/verifier")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert re.search(r'id="published">\{\}<', answer.text)
    assert house.browser().get(f"/trust/{LIST_NAME}").status_code == 404


def test_the_published_list_is_given_whole_and_alone(house: House) -> None:
    """The page embeds the list as published; each of its files can be fetched; nothing else in the folder can."""
    settings = house.context.settings
    ensure_keys(settings, house.clock.at)
    folder = settings.trust_path()
    (folder / "secret.pem").write_text("no part of the list", "utf-8")
    answer = house.browser().get("/verifier")
    match = re.search(r'id="published">(.*?)</script>', answer.text)
    assert match is not None
    embedded = json.loads(match[1])
    assert embedded[LIST_NAME] == (folder / LIST_NAME).read_text("utf-8")
    listed = load(folder)
    roots = {anchor.file_name() for anchor in listed.anchors}
    assert set(embedded) == {LIST_NAME} | roots | {key.file_name() for key in listed.note_keys}
    for name, text in embedded.items():
        assert house.browser().get(f"/trust/{name}").text == text
    for name in ("secret.pem", "..%2Ftrust.json", ".lock"):
        assert house.browser().get(f"/trust/{name}").status_code == 404


def test_other_pages_keep_their_policy(house: House) -> None:
    """Only the verifier has a policy of its own."""
    assert "script-src 'self'" in house.browser().get("/signin").headers["content-security-policy"]
