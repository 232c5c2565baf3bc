"""The same job on the parts for scale: PostgreSQL, Elasticsearch, S3 with object lock, Redis by URL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from evidence.store import open_store
from evidence.trust import load as load_trust
from evidence.verify import verify
from kernel import audit
from kernel.db import Database
from kernel.schema import differences
from pipeline.wiring import open_engine
from search.engine import SearchRequest
from simulators.market import running_market
from tests.servers.installation import Installation, installed
from tests.servers.redis_server import redis_server

BUCKET = "evidence"
AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def postgresql_database(postgresql: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    name = f"scale_{uuid4().hex}"
    engine = create_engine(make_url(postgresql), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A redis-server on a TCP port."""
    with redis_server(tmp_path) as url:
        yield url


@pytest.fixture
def s3_endpoint() -> Iterator[str]:
    """An S3 service whose bucket has object lock."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    )
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    yield endpoint
    server.stop()


@pytest.fixture
def at_scale(
    tmp_path: Path, postgresql_database: str, redis_url: str, elasticsearch_url: str, s3_endpoint: str
) -> Iterator[Installation]:
    """An installation with every part moved to its server."""
    options = {
        "DATABASE_URL": postgresql_database,
        "REDIS_URL": redis_url,
        "ELASTICSEARCH_URL": elasticsearch_url,
        "ELASTICSEARCH_INDEX": f"scale-{uuid4().hex[:8]}",
        "EVIDENCE_STORE_URL": f"s3://{BUCKET}/sealed",
        "S3_ENDPOINT_URL": s3_endpoint,
        "S3_ACCESS_KEY": "test",
        "S3_SECRET_KEY": "test",
    }
    with installed(tmp_path / "data", options) as made:
        yield made


def test_the_job_on_every_server(at_scale: Installation, tmp_path: Path) -> None:
    """Watched, judged, indexed and sealed as with the defaults; nothing of it lies in the data directory."""
    with running_market() as market:
        at_scale.hosts.append("pingtai.example.test=127.0.0.1")
        at_scale.allow.append(f"pingtai.example.test:{market.ports.http}")
        url = f"http://pingtai.example.test:{market.ports.http}/shop/kangyuan/"
        done = at_scale.run("watch", url, "--platform", "pinjishi", timeout=240)
    assert done.code == 0, done.output
    records, config = at_scale.count(), at_scale.config()
    assert (records.shops, records.outbox) == (1, 0)
    assert records.listings >= 20
    assert records.sealed >= 1
    engine = open_engine(config)
    assert engine.search(SearchRequest()).total == records.listings
    engine.drop()
    engine.close()
    store, trust = open_store(config), load_trust(config.trust_path())
    for row in at_scale.evidence():
        package = store.fetch(row.store_key, tmp_path / f"{row.id}.zip")
        assert verify(package, trust=trust, at=AT).root_sha256 == row.root_sha256
    assert not at_scale.packages()
    assert not (at_scale.folder / "wangjian.db").exists()


def test_records_are_the_same_on_both(any_database: Database) -> None:
    """Migrations give what the models say, and the audit chain holds, on each database."""
    assert differences(any_database) == []
    for number in range(3):
        with any_database.write() as session:
            audit.append(session, actor="a", action="b", object_id=number, detail={"n": [number]}, at=AT)
    with any_database.write() as session:
        session.execute(text("UPDATE audit SET actor = 'x' WHERE seq = 2"))
    with any_database.read() as session:
        assert audit.verify(session).first_bad_seq == 2
