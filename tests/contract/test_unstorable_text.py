"""Text that no database can keep, from anybody: an answer in words, on either side, and nothing breaks."""

import asyncio
from pathlib import Path

import httpx

from api.app import create_app
from kernel.config import Settings
from kernel.db import Database
from kernel.models import User
from tests.e2e.seeded_market import AT, add_sign_in

ORIGIN = "http://127.0.0.1:8600"
NUL = "%00"
ANYBODY = [
    ("GET", f"/v/{NUL}", None),
    ("GET", f"/api/v1/badges/{NUL}", None),
    ("POST", "/signin", "name=a%00&password=x"),
]
READER = [
    ("GET", f"/api/v1/evidence?text={NUL}", None),
    ("GET", f"/api/v1/evidence?state={NUL}", None),
    ("GET", f"/api/v1/evidence?case_number={NUL}", None),
    ("GET", f"/api/v1/evidence?before={NUL}", None),
    ("GET", f"/api/v1/evidence/{NUL}", None),
    ("GET", f"/evidence?text={NUL}", None),
    ("GET", f"/evidence/{NUL}", None),
    ("GET", f"/jobs/{NUL}", None),
    ("POST", f"/evidence/{NUL}/read", "purpose=x"),
    ("POST", "/evidence/export", "case_number=%00&purpose=x"),
]


async def statuses(settings: Settings, cookie: str, csrf: str) -> dict[str, int]:
    """The status of each answer."""
    app = create_app(settings, lambda: AT)
    found = {}
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=ORIGIN
        ) as client:
            for method, path, body in [*ANYBODY, *READER]:
                headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
                if (method, path, body) in READER:
                    headers |= {"cookie": f"wangjian={cookie}", "x-csrf-token": csrf}
                answer = await client.request(method, path, headers=headers, content=body)
                found[f"{method} {path} {body or ''}".strip()] = answer.status_code
    finally:
        app.state.context.database.close()
    return found


def test_nothing_breaks(any_database: Database, database_url: str, tmp_path: Path) -> None:
    """Found or not found, refused or empty, but never a fault of ours."""
    with any_database.write() as session:
        user = User(name="u", display_name="U", roles=["investigator"], active=True, password_hash="", created_at=AT)
        session.add(user)
        session.flush()
        token, csrf = add_sign_in(session, user.id, at=AT)
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    found = asyncio.run(statuses(settings, token, csrf))
    assert {what: status for what, status in found.items() if status >= 500} == {}
