"""Readers of the log by another author (tlog-scales), over files and over HTTP, with the keys that are published."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from tlog_scales.backend import HttpBackend, LocalBackend, TilesBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tiles import leaf_hash
from tlog_scales.tlog import Checkpoint, ConsistencyProof, ConsistencyProofInvalid, InclusionProof

from api.app import create_app
from evidence.keys import ensure_keys
from evidence.log import entry, ledger, merkle, proof
from evidence.log.publisher import Published
from evidence.log.tiles import Tiles
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from pipeline.wiring import open_database, open_log
from tests.servers.held_port import hold_port
from tests.servers.witnesses import Witnesses, witnessing

LINES = tuple(entry.custody(f"{number:064x}") for number in range(700))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with keys."""
    config = Settings(data_dir=tmp_path / "data")
    ensure_keys(config, now())
    return config


@pytest.fixture
def witnesses(settings: Settings, tmp_path: Path) -> Iterator[Witnesses]:
    """Two, that know its log."""
    with witnessing(tmp_path / "witnesses", [ensure_keys(settings, now()).log.vkey]) as opened:
        yield opened


@pytest.fixture
def config(settings: Settings, witnesses: Witnesses) -> Settings:
    """With the witnesses' addresses and keys."""
    options = {name.lower(): value for name, value in witnesses.options().items()}
    return Settings(data_dir=settings.data_dir, witness_quorum=2, **options)  # type: ignore[arg-type]


@pytest.fixture
def database(config: Settings) -> Iterator[Database]:
    """Its records."""
    opened = open_database(config)
    yield opened
    opened.close()


def _publish(config: Settings, database: Database, lines: tuple[str, ...]) -> tuple[Published, ...]:
    with database.write() as session:
        ledger.append_all(session, lines)
    with open_log(config, database) as publisher:
        return publisher.publish(lines[-3:])


@pytest.fixture
def url(config: Settings) -> Iterator[str]:
    """The web interface, served."""
    held, port = hold_port()
    app = create_app(config.model_copy(update={"web_port": port}))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([held],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/log"
    server.should_exit = True
    thread.join(120)


def _keys(config: Settings, witnesses: Witnesses) -> tuple[Vkey, list[Vkey]]:
    log = Vkey.from_string(ensure_keys(config, now()).log.vkey)
    return log, [Vkey.from_string(one.notary.vkey) for one in witnesses.services.values()]


def _read(backend: TilesBackend, config: Settings, witnesses: Witnesses) -> tuple[TilesReader, Checkpoint]:
    """The checkpoint, signed and cosigned, with the root that the tiles give."""
    reader = TilesReader(backend)
    found = reader.get_checkpoint()
    log, seen = _keys(config, witnesses)
    found.verify(log)
    assert {key.name for key, _ in VkeySet(*seen).verify(found.signatures, found)} == {key.name for key in seen}
    assert found.origin == log.name
    assert reader.calculate_root_hash() == found.root_hash
    return reader, found


def test_a_reader_by_another_author_follows_the_log(config: Settings, database: Database, witnesses: Witnesses) -> None:
    """Sizes on both sides of a tile's end: roots, entries, its own proofs and ours, from one size to the next."""
    older: list[Checkpoint] = []
    for size in (1, 255, 256, 257, 700):
        published = _publish(config, database, LINES[:size])
        reader, found = _read(LocalBackend(config.log_path()), config, witnesses)
        assert found.size == size
        assert [reader.get_entry(index).decode() for index in range(size)] == list(LINES[:size])
        for index in {0, size // 2, size - 1}:
            made = reader.get_inclusion_proof(index, size)
            made.check(leaf_hash(LINES[index].encode()), found.root_hash)
            assert tuple(made.node_hashes) == merkle.inclusion(index, size, Tiles(config.log_path()).stored)
        for one, line in zip(published, LINES[:size][-3:], strict=True):
            ours = proof.parse(one.proof)
            InclusionProof(ours.index, size, list(ours.path)).check(leaf_hash(line.encode()), found.root_hash)
        for earlier in older:
            theirs = reader.get_consistency_proof(earlier.size, size)
            theirs.check(earlier.root_hash, found.root_hash)
            ours_too = merkle.consistency(earlier.size, size, Tiles(config.log_path()).stored)
            assert ours_too == tuple(theirs.node_hashes)
            with pytest.raises(ConsistencyProofInvalid):
                ConsistencyProof(earlier.size, size, list(ours_too)).check(bytes(32), found.root_hash)
        older.append(found)


def test_a_reader_by_another_author_over_http(
    config: Settings, database: Database, witnesses: Witnesses, url: str
) -> None:
    """The same through the web interface, without signing in; what is no part of the log is not there."""
    _publish(config, database, LINES[:600])
    backend = HttpBackend(url)
    with backend.session:
        reader, found = _read(backend, config, witnesses)
        made = reader.get_inclusion_proof(321, found.size)
        made.check(leaf_hash(LINES[321].encode()), found.root_hash)
        for name in (
            "size",
            "audited",
            "tile/0/999",
            "tile/0/000.p/0",
            "tile/../size",
            "tile/0/%2e%2e/%2e%2e/size",
            "",
        ):
            assert backend.session.get(f"{url}/{name}").status_code == 404
        answer = backend.session.get(f"{url}/checkpoint")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=5"
        answer = backend.session.get(f"{url}/tile/entries/001")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert backend.session.post(f"{url}/checkpoint").status_code == 405
