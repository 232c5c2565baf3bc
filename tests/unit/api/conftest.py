"""One seeded installation and browsers of each role, over ASGI without sockets."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.context import Context
from kernel.config import Settings
from pipeline.wiring import open_database, open_engine
from search.indexer import drain
from tests.e2e.seeded_market import AT, ROLES, Seeded, add_sign_in, seed

ORIGIN = "http://127.0.0.1:8600"


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime = AT + timedelta(hours=1)

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self.at


@dataclass
class Browser:
    """A client that keeps cookies and sends what a browser on our pages would send."""

    app: FastAPI
    runner: asyncio.Runner
    csrf: str = ""
    origin: str = ORIGIN
    cookies: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; cookies that come back are kept."""
        return self.runner.run(self._request(method, path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"host": "127.0.0.1:8600", **options.pop("headers", {})}
        if method not in {"GET", "HEAD"} and self.origin:
            headers.setdefault("origin", self.origin)
        if method not in {"GET", "HEAD"} and self.csrf:
            headers.setdefault("x-csrf-token", self.csrf)
        if self.cookies:
            headers.setdefault("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            response = await client.request(method, path, headers=headers, **options)
        for name, value in response.cookies.items():
            self.cookies[name] = value
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST, with Origin and CSRF token as our pages send them."""
        return self.request("POST", path, **options)


@dataclass
class House:
    """The installation under test."""

    app: FastAPI
    context: Context
    clock: Clock
    seeded: Seeded
    runner: asyncio.Runner

    def browser(self, role: str = "") -> Browser:
        """A browser, signed in as the seeded user of that role."""
        browser = Browser(self.app, self.runner)
        if role:
            with self.context.database.write() as session:
                token, browser.csrf = add_sign_in(session, self.seeded.users[role], at=self.clock.at)
            browser.cookies["wangjian"] = token
        return browser


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seeded]:
    """A seeded and indexed data directory, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("template") / "data"
    settings = Settings(data_dir=folder)
    database, engine = open_database(settings), open_engine(settings)
    with database.write() as session:
        seeded = seed(session)
    drain(database, engine, limit=500, at=AT)
    engine.close()
    database.close()
    return folder, seeded


def open_house(template: tuple[Path, Seeded], folder: Path) -> Iterator[House]:
    """An installation of its own, from the template."""
    shutil.copytree(template[0], folder)
    clock = Clock()
    app = create_app(Settings(data_dir=folder), clock)
    context: Context = app.state.context
    with asyncio.Runner() as runner:
        yield House(app, context, clock, template[1], runner)
    context.engine().close()
    context.database.close()


@pytest.fixture(scope="module")
def shared_house(template: tuple[Path, Seeded], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For tests that only read."""
    yield from open_house(template, tmp_path_factory.mktemp("house") / "data")


@pytest.fixture
def house(template: tuple[Path, Seeded], tmp_path: Path) -> Iterator[House]:
    """For tests that write."""
    yield from open_house(template, tmp_path / "house")


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    """Each role in turn."""
    return str(request.param)
