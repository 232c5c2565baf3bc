"""The replay origin: a player, one archive for a token, and nothing else."""

import asyncio
import contextlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.origin import replay_origin_of
from api.replay import create_replay_app
from api.replay_token import make_token, replay_key
from evidence import container
from evidence.keys import ensure_keys
from kernel.crypto import digest_file
from kernel.models import Evidence
from tests.unit.api.conftest import Browser, House

ARCHIVE = bytes(range(256)) * 40


@pytest.fixture
def sealed(house: House, tmp_path: Path) -> str:
    """A stored package that holds an archive and a screenshot (what a seal adds is not needed here)."""
    files = {"data/capture.wacz": ARCHIVE, "data/screens/000-initial.png": b"\x89PNG", "data/dom.html": b"<script>"}
    entries = []
    for number, (name, data) in enumerate(sorted(files.items())):
        path = tmp_path / str(number)
        path.write_bytes(data)
        entries.append((name, path))
    package = tmp_path / "package.zip"
    with package.open("wb") as stream:
        container.write(stream, entries)
    assert zipfile.is_zipfile(package)
    key = digest_file(package)["sha256"]
    ensure_keys(house.context.settings, house.clock.at)
    target = house.context.settings.data_dir / "evidence" / key[:2] / key
    target.parent.mkdir(parents=True)
    package.rename(target)
    with house.context.database.write() as session:
        row = session.get_one(Evidence, house.seeded.rule_evidence)
        row.state, row.store_key, row.root_sha256 = "sealed", key, "a" * 64
        return row.id


@dataclass
class Reader(Browser):
    """A browser at the origin of one archive."""

    host: str = ""

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request under that origin's name, or under the one given."""
        headers = {"host": self.host, **options.pop("headers", {})}
        return super().request(method, path, headers=headers, **options)


@contextlib.contextmanager
def reading(house: House, evidence_id: str, **settings: object) -> Iterator[Reader]:
    """A browser at the replay server, with the host name of this evidence's origin."""
    config = house.context.settings.model_copy(update=settings)
    app: FastAPI = create_replay_app(config, house.clock)
    with asyncio.Runner() as runner:
        yield Reader(app, runner, host=urlsplit(replay_origin_of(config, evidence_id)).netloc)


@pytest.fixture
def replay(house: House, sealed: str) -> Iterator[Reader]:
    """A browser at the origin of the sealed archive."""
    with reading(house, sealed) as reader:
        yield reader


def _token(house: House, evidence_id: str) -> str:
    return make_token(replay_key(house.context.settings), evidence_id, house.clock.at)


def test_the_player_opens_one_archive_by_ranges(house: House, replay: Reader, sealed: str) -> None:
    """Whole, in parts, and beyond the end."""
    path = f"/archive/{_token(house, sealed)}/capture.wacz"
    assert replay.get(path).content == ARCHIVE
    part = replay.get(path, headers={"range": "bytes=256-511"})
    assert (part.status_code, part.content) == (206, bytes(range(256)))
    assert part.headers["content-range"] == f"bytes 256-511/{len(ARCHIVE)}"
    assert replay.get(path, headers={"range": "bytes=-3"}).content == ARCHIVE[-3:]
    assert replay.get(path, headers={"range": f"bytes={len(ARCHIVE)}-"}).status_code == 416
    head = replay.request("HEAD", path)
    assert (head.headers["content-length"], head.content) == (str(len(ARCHIVE)), b"")
    answer = replay.get(f"/view/{_token(house, sealed)}")
    assert answer.headers["clear-site-data"] == '"cookies", "storage"'
    view = answer.text
    assert 'src="/player/ui.js"' in view
    assert "<script>document" not in view


def test_each_archive_has_an_origin_of_its_own(house: House, replay: Reader, sealed: str) -> None:
    """Under another's name, under the name above all, or under an address nothing opens."""
    token = _token(house, sealed)
    assert replay.host == f"{sealed}.localhost:8601"
    for host in ("ev-other.localhost:8601", "localhost:8601", "127.0.0.1:8601", f"x.{sealed}.localhost:8601"):
        for path in (f"/view/{token}", f"/archive/{token}/capture.wacz"):
            refused = replay.get(path, headers={"host": host})
            assert (refused.status_code, f"{sealed}.localhost" in refused.text) == (404, True), (host, path)


@pytest.mark.parametrize("url", ["https://*.replay.example", "https://replay.example"])
def test_a_view_ends_no_sign_in(house: House, sealed: str, url: str) -> None:
    """Browsers clear cookies for the whole registrable domain, where the interface may be at home too."""
    with reading(house, sealed, replay_url=url) as reader:
        answer = reader.get(f"/view/{_token(house, sealed)}")
        assert (answer.status_code, answer.headers["clear-site-data"]) == (200, '"storage"')


def test_the_player_is_placed_by_a_script_that_waits_for_its_worker(house: House, replay: Reader, sealed: str) -> None:
    """The page holds the player back in a template, and the script registers the very worker the player would."""
    view = replay.get(f"/view/{_token(house, sealed)}").text
    assert view.index('<template id="player"') < view.index("<replay-web-page")
    script = replay.get("/player/start.js").text
    assert 'BASE + "sw.js?serveIndex=1"' in script
    assert "activated" in script
    assert replay.get("/replay/ui.js").content == replay.get("/player/ui.js").content


def test_without_a_good_token_there_is_nothing(house: House, replay: Reader, sealed: str) -> None:
    """Made up, too old, or for evidence that is not sealed."""
    good = _token(house, sealed)
    unsealed = _token(house, house.seeded.own_order)
    for token in ("x", good[:-1], unsealed):
        assert replay.get(f"/view/{token}").status_code == 404
        assert replay.get(f"/archive/{token}/capture.wacz").status_code == 404
    for path in ("/", "/evidence", "/api/v1/evidence", "/docs", "/openapi.json", "/static/app.js"):
        assert replay.get(path).status_code == 404


def test_no_cookie_and_no_outside(house: House, replay: Reader, sealed: str) -> None:
    """Every answer is closed to other hosts and sets nothing."""
    for path in (
        f"/view/{_token(house, sealed)}",
        "/player/ui.js",
        "/player/start.js",
        "/replay/sw.js",
        "/player/LICENSE",
        "/x",
    ):
        headers = replay.get(path).headers
        assert "set-cookie" not in headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "http" not in policy
        assert headers["referrer-policy"] == "no-referrer"


def test_screens_are_shown_and_nothing_else_of_a_package(house: House, sealed: str) -> None:
    """Images only; hostile documents leave as the whole package or not at all."""
    browser = house.browser("supervisor")
    base = f"/evidence/{sealed}/files/data"
    assert browser.get(f"{base}/screens/000-initial.png").status_code == 409
    assert browser.post(f"/evidence/{sealed}/read", data={"purpose": "核查"}).status_code == 303
    shown = browser.get(f"{base}/screens/000-initial.png")
    assert (shown.headers["content-type"], shown.content) == ("image/png", b"\x89PNG")
    # Not kept by the browser: whoever signs in there next has said no purpose.
    assert shown.headers["cache-control"] == "no-store"
    for name in ("dom.html", "capture.wacz", "screens/none.png", "screens/../dom.html", "screens/%2e%2e/dom.html"):
        assert browser.get(f"{base}/{name}").status_code == 404, name
    files = browser.get(f"/api/v1/evidence/{sealed}/files").json()
    assert [file["path"] for file in files] == sorted(file["path"] for file in files)
    assert browser.get(f"/evidence/{house.seeded.own_order}/files/data/screens/a.png").status_code == 409


def test_a_purpose_lasts_half_an_hour_however_often_the_page_is_replayed(house: House, sealed: str) -> None:
    """Opening the replay is written down and does not begin the half hour anew; HEAD and Range open nothing."""
    browser = house.browser("supervisor")
    screen = f"/evidence/{sealed}/files/data/screens/000-initial.png"
    assert browser.request("HEAD", screen).status_code == 405
    assert browser.get(screen, headers={"range": "bytes=0-1"}).status_code == 409
    assert browser.post(f"/evidence/{sealed}/read", data={"purpose": "核查"}).status_code == 303
    house.clock.at += timedelta(minutes=29)
    assert browser.get(f"/evidence/{sealed}/replay").status_code == 200
    house.clock.at += timedelta(minutes=2)
    assert browser.get(f"/evidence/{sealed}/replay").status_code == 409
    assert browser.get(screen).status_code == 409
    # Nor does a purpose that was said to the JSON API for a replay open the pages.
    assert browser.post(f"/api/v1/evidence/{sealed}/replay", json={"purpose": "回放"}).status_code == 200
    assert browser.get(screen).status_code == 409


def test_an_export_is_written_down_before_a_byte_leaves(house: House, sealed: str) -> None:
    """Purpose, person and root hash; without a purpose nothing leaves."""
    investigator, supervisor = house.browser("investigator"), house.browser("supervisor")
    path = f"/api/v1/evidence/{sealed}/package"
    assert supervisor.post(path, json={"purpose": "看看"}).status_code == 403
    assert investigator.post(path, json={"purpose": " "}).status_code == 422
    response = investigator.post(path, json={"purpose": "移送", "as_stored": True})
    assert response.content[:4] == b"PK\x03\x04"
    assert response.headers["content-length"] == str(len(response.content))
    event = investigator.get(f"/api/v1/evidence/{sealed}").json()["custody"][-1]
    assert (event["action"], event["actor"], event["purpose"]) == ("exported", "investigator", "移送")
    assert event["object_sha256"] == "a" * 64
    assert investigator.post(path, json={"purpose": "移送"}).status_code == 500
    assert investigator.get(f"/api/v1/evidence/{sealed}").json()["custody"][-1] == event


def test_a_verification_of_a_bad_package_says_so_and_is_kept(house: House, sealed: str) -> None:
    """As JSON, as an event stream and as a page without scripts; three custody events."""
    browser = house.browser("supervisor")
    body = browser.post(f"/api/v1/evidence/{sealed}/verification").json()
    assert body["verdict"] == "FAILED"
    assert body["failed"] >= 1
    stream = browser.post(f"/evidence/{sealed}/verify", headers={"accept": "text/event-stream"})
    assert stream.text.count("event: step") == len(body["steps"])
    assert stream.text.count("event: verdict") == 1
    page = browser.post(f"/evidence/{sealed}/verify")
    assert page.text.count('class="step"') == len(body["steps"])
    actions = [event["action"] for event in browser.get(f"/api/v1/evidence/{sealed}").json()["custody"]]
    assert actions[-3:] == ["verified"] * 3


def test_a_lost_package_is_told_and_not_hidden(house: House, sealed: str) -> None:
    """The page of the evidence still opens and says what is wrong."""
    with house.context.database.write() as session:
        session.get_one(Evidence, sealed).store_key = "b" * 64
    browser = house.browser("supervisor")
    assert "证据包打不开" in browser.get(f"/evidence/{sealed}").text
    assert browser.post(f"/api/v1/evidence/{sealed}/verification").status_code == 500
