"""Records, queue and search engine locked, stopped or gone in the middle of the job."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from kernel.errors import WangjianError
from kernel.models import Page
from kernel.private_redis import PrivateRedis
from tests.servers.elasticsearch.launcher import elasticsearch_node, shared_folder
from tests.servers.installation import Installation, installed, offending
from tests.servers.timestamps import timestamping
from tests.servers.tiny_shop import TinyShop, html, serving

LIMIT_S = 400
pytestmark = pytest.mark.timeout(900)  # for machines that do much else


@pytest.fixture
def shop() -> Iterator[TinyShop]:
    """A shop with one offence."""
    with serving(offending(TinyShop())) as made:
        yield made


@pytest.fixture
def installation(tmp_path: Path, shop: TinyShop) -> Iterator[Installation]:
    """An empty installation that may reach the shop."""
    with timestamping(tmp_path / "tsa") as timestamps, installed(tmp_path / "data") as made:
        made.use(timestamps)
        made.allow.append(f"127.0.0.1:{shop.port}")
        yield made


def _wait(happened: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(WangjianError, SQLAlchemyError):
            if happened():
                return
        time.sleep(0.1)
    raise AssertionError(f"it did not happen: {process.communicate(timeout=LIMIT_S)[0]}")


def _pages(installation: Installation) -> bool:
    if (
        not installation.options.get("DATABASE_URL", "").startswith("postgresql")
        and not (installation.folder / "wangjian.db").exists()
    ):
        return False
    database = installation.database()
    with closing(database), database.read() as session:
        return bool(session.execute(select(func.count(Page.id))).scalar_one())


def _finished(installation: Installation, shop: TinyShop) -> None:
    """The same command finishes the rest."""
    done = installation.run("watch", shop.url, timeout=LIMIT_S)
    assert done.code == 0, done.output
    records = installation.count()
    assert (records.shops, records.listings, records.hits, records.sealed, records.outbox) == (1, 2, 1, 1, 0)
    if not installation.options.get("DATABASE_URL"):
        assert installation.packages() == [installation.evidence()[0].store_key]


def test_records_locked_by_another(installation: Installation, shop: TinyShop) -> None:
    """Locked for longer than the timeout, at the start and in the middle: named, nothing lost, done when free."""
    installation.folder.mkdir()
    locked = f"sqlite:///{installation.folder / 'wangjian.db'}?timeout=1"
    installation.options["DATABASE_URL"] = locked
    assert installation.run("jobs", "list").code == 0
    database = installation.database()
    with database.write() as session:
        session.execute(select(1))  # takes the lock
        done = installation.run("watch", shop.url)
        assert done.code == 1, done.output
        assert "[kernel.database_unavailable]" in done.output
        assert "database is locked" in done.output
        assert "→ Check that" in done.output
    process = installation.start("watch", shop.url)
    _wait(lambda: _pages(installation), process)
    with database.write() as session:
        seen = session.execute(select(func.count(Page.id))).scalar_one()
        time.sleep(6)
    output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode in {0, 1}, output
    assert process.returncode == 0 or "database is locked" in output
    with database.read() as session:
        assert session.execute(select(func.count(Page.id))).scalar_one() >= seen
    database.close()
    del installation.options["DATABASE_URL"]
    _finished(installation, shop)


def test_records_gone(installation: Installation, shop: TinyShop, tmp_path: Path) -> None:
    """The file goes away in the middle: nobody writes into nowhere or begins anew; back again, the job goes on."""
    process = installation.start("watch", shop.url)
    _wait(lambda: _pages(installation), process)
    away = tmp_path / "away"
    away.mkdir()
    for path in installation.folder.glob("wangjian.db*"):
        path.rename(away / path.name)
    output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1, output
    assert "[kernel.database_unavailable]" in output
    assert "got another file or none" in output
    assert "→ Put the file back" in output
    for arguments in (("watch", shop.url), ("jobs", "list")):
        done = installation.run(*arguments)
        assert done.code == 1, done.output
        assert "[kernel.database_unavailable]" in done.output
        assert "backup" in done.output
    for path in installation.folder.glob("wangjian.db*"):
        path.unlink()
    for path in away.iterdir():
        path.rename(installation.folder / path.name)
    before = installation.count()
    assert before.pages
    _finished(installation, shop)
    assert installation.count().holds(before)


@contextmanager
def _postgresql(folder: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR as it is imported
        pgserver = import_module("pgserver")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()


def test_postgresql_stopped(installation: Installation, shop: TinyShop) -> None:
    """The server stops at once in the middle of the job; started again, the same command finishes."""
    folder = Path(tempfile.mkdtemp(prefix="wj-pg-"))
    with _postgresql(folder) as server:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        installation.options["DATABASE_URL"] = url.render_as_string(hide_password=False)
        process = installation.start("watch", shop.url)
        _wait(lambda: _pages(installation), process)
        before = installation.count()
        os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        output, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 1, output
        assert "[kernel.database_unavailable]" in output
        assert "→ Check that the disk has room and the database is running" in output
        done = installation.run("watch", shop.url)
        assert (done.code, "[kernel.database_unavailable]" in done.output) == (1, True), done.output
    with _postgresql(folder):
        assert installation.count().holds(before)
        _finished(installation, shop)
    shutil.rmtree(folder, ignore_errors=True)


def test_redis_killed(installation: Installation, shop: TinyShop) -> None:
    """Killed in the middle, and its file emptied: the records know what is to be done, and the job ends well."""
    process = installation.start("watch", shop.url)
    _wait(lambda: _pages(installation), process)
    redis = PrivateRedis(installation.folder)
    os.kill(int(redis.pid_path.read_text()), signal.SIGKILL)
    shutil.rmtree(redis.folder / "appendonlydir", ignore_errors=True)
    output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, output
    records = installation.count()
    assert (records.shops, records.listings, records.hits, records.sealed, records.outbox) == (1, 2, 1, 1, 0)


@contextmanager
def _silent() -> Iterator[int]:
    """A port that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        calls: list[socket.socket] = []

        def take() -> None:
            with suppress(OSError):
                while True:
                    calls.append(server.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(120)
            for call in calls:
                call.close()


def test_a_redis_that_does_not_answer(installation: Installation) -> None:
    """Closed, silent, or no Redis address at all: named in bounded time; the job waits in the records and is done."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    small = TinyShop({"/": html("小店", "<h1>小店</h1>")})
    with serving(small), _silent() as silent:
        installation.allow.append(f"127.0.0.1:{small.port}")
        for url in (f"redis://127.0.0.1:{closed}/0", f"redis://127.0.0.1:{silent}/0", "queue://nowhere"):
            installation.options["REDIS_URL"] = url
            done = installation.run("watch", small.url)
            assert done.code == 1, done.output
            assert "[kernel.queue_unavailable]" in done.output
            assert "→ Is it running? Jobs are kept in the database" in done.output
            assert [job.state for job in installation.jobs("watch")] == ["queued"]
        del installation.options["REDIS_URL"]
        done = installation.run("watch", small.url, timeout=LIMIT_S)
        assert done.code == 0, done.output
    assert [job.state for job in installation.jobs("watch")] == ["done"]
    assert (installation.count().shops, installation.count().pages) == (1, 2)  # the home page and robots.txt


def test_a_search_engine_that_comes_back(
    installation: Installation, shop: TinyShop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Everything but the index is done while Elasticsearch is away; when it is back the index catches up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    installation.options["ELASTICSEARCH_URL"] = f"http://127.0.0.1:{closed}"
    done = installation.run("watch", shop.url, timeout=LIMIT_S)
    assert done.code == 3, done.output
    assert "the search engine is behind; it catches up: wangjian search drain" in done.output
    before = installation.count()
    assert (before.listings, before.hits, before.sealed) == (2, 1, 1)
    assert before.outbox
    done = installation.run("search", "query", "山核桃")
    assert (done.code, "[search.unavailable]" in done.output, "→" in done.output) == (1, True, True), done.output
    installation.options["ELASTICSEARCH_INDEX"] = f"faults-{os.getpid()}"
    with elasticsearch_node(shared_folder(tmp_path_factory.getbasetemp())) as url:
        installation.options["ELASTICSEARCH_URL"] = url
        done = installation.run("search", "drain", timeout=LIMIT_S)
        assert done.code == 0, done.output
        done = installation.run("search", "query", "山核桃", "--json")
        assert (done.code, done.output.count('"id"')) == (0, 2), done.output
    after = installation.count()
    assert after.holds(before)
    assert after.outbox == 0


def test_the_records_of_an_empty_database_are_missed(installation: Installation) -> None:
    """Packages without their records are not hidden behind a new, empty database."""
    folder = installation.folder / "evidence" / "ab"
    folder.mkdir(parents=True)
    (folder / ("ab" * 32)).write_bytes(b"a sealed package")
    done = installation.run("watch", "http://127.0.0.1:9/")
    assert done.code == 1, done.output
    assert "[kernel.database_unavailable] expected the records of" in done.output
    assert "Restore the database from its backup" in done.output
    database = installation.database()
    with closing(database), database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
