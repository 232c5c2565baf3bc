"""One behaviour of the evidence store, over files and over an S3 service with and without object lock."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from evidence.errors import (
    StoreConflictError,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
    StoreMissingError,
)
from evidence.store import Store, open_store
from evidence.store_files import FileStore
from evidence.store_s3 import S3Store
from kernel.clock import now
from kernel.config import Settings

AT = datetime(2026, 11, 25, tzinfo=UTC)
PAST = datetime(2020, 1, 1, tzinfo=UTC)
BACKENDS = ("files", "s3", "s3-locked")


@dataclass(frozen=True, slots=True)
class Backend:
    """A store, and how to damage an object behind its back."""

    store: Store
    damage: Callable[[str, bytes], None]
    read: Callable[[str], bytes | None]
    locks: bool = False


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """An S3 service on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Each backend in turn."""
    if request.param == "files":
        files = open_store(Settings(data_dir=tmp_path / "d"))
        assert isinstance(files, FileStore)

        def damage_file(key: str, data: bytes) -> None:
            files.path(key).chmod(0o644)
            files.path(key).write_bytes(data)

        def read_file(name: str) -> bytes | None:
            return Path(name).read_bytes() if Path(name).exists() else None

        yield Backend(files, damage_file, read_file)
        return
    url = request.getfixturevalue("service")
    bucket = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=request.param == "s3-locked")
    opened = open_store(
        Settings(evidence_store_url=f"s3://{bucket}/p", s3_endpoint_url=url, s3_access_key="k", s3_secret_key="s")
    )
    assert isinstance(opened, S3Store)
    assert opened.locked is (request.param == "s3-locked")

    def damage_object(key: str, data: bytes) -> None:
        client.put_object(Bucket=bucket, Key=opened.name(key), Body=data)

    def read_object(name: str) -> bytes | None:
        try:
            found = client.get_object(Bucket=bucket, Key=name.removeprefix(f"s3://{bucket}/"))
        except ClientError:
            return None
        return bytes(found["Body"].read())

    yield Backend(opened, damage_object, read_object, locks=request.param == "s3-locked")
    client.close()


def file_of(folder: Path, data: bytes, name: str = "package") -> tuple[Path, str]:
    """A file and its digest."""
    path = folder / name
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def test_keeps_and_gives_back(backend: Backend, tmp_path: Path) -> None:
    """What was put is fetched, byte for byte, and listed."""
    data = bytes(range(256)) * 9000
    path, digest = file_of(tmp_path, data)
    assert not backend.store.exists(digest)
    key = backend.store.put(path, sha256=digest)
    assert backend.store.exists(key)
    assert backend.store.check(key) == len(data)
    assert backend.store.fetch(key, tmp_path / "out" / "copy").read_bytes() == data
    assert list(backend.store.keys()) == [key]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["copy"]


def test_putting_twice_is_one(backend: Backend, tmp_path: Path) -> None:
    """A second try after a crash is no error and no second object."""
    path, digest = file_of(tmp_path, b"same")
    assert backend.store.put(path, sha256=digest) == backend.store.put(path, sha256=digest)
    assert list(backend.store.keys()) == [digest]


def test_refuses_other_bytes_under_a_digest(backend: Backend, tmp_path: Path) -> None:
    """The file must have the digest that its owner says; nothing is kept else."""
    path, digest = file_of(tmp_path, b"one")
    path.write_bytes(b"two")
    with pytest.raises(StoreConflictError):
        backend.store.put(path, sha256=digest)
    assert list(backend.store.keys()) == []


def test_every_read_finds_damage(backend: Backend, tmp_path: Path) -> None:
    """Damaged bytes are never given out, and never overwritten by a new put."""
    path, digest = file_of(tmp_path, b"original")
    key = backend.store.put(path, sha256=digest)
    backend.damage(key, b"0riginal")
    with pytest.raises(StoreDamagedError):
        backend.store.check(key)
    with pytest.raises(StoreDamagedError) as refused:
        backend.store.fetch(key, tmp_path / "copy")
    assert refused.value.context["key"] == key
    assert not (tmp_path / "copy").exists()
    with pytest.raises(StoreDamagedError):
        backend.store.put(path, sha256=digest)


def test_missing(backend: Backend, tmp_path: Path) -> None:
    """An unknown key is told apart from a damaged one."""
    with pytest.raises(StoreMissingError):
        backend.store.check("0" * 64)
    with pytest.raises(StoreMissingError):
        backend.store.fetch("0" * 64, tmp_path / "copy")


@pytest.mark.parametrize("key", ["", "../x", "A" * 64, "0" * 63])
def test_keys_are_digests(backend: Backend, tmp_path: Path, key: str) -> None:
    """Nothing but 64 hex digits is a key."""
    path, _ = file_of(tmp_path, b"x")
    with pytest.raises(StoreError):
        backend.store.put(path, sha256=key)
    with pytest.raises(StoreError):
        backend.store.exists(key)


def test_restores_write_once(backend: Backend, tmp_path: Path) -> None:
    """Damaged bytes go to quarantine and good ones come back; nothing happens to a good object."""
    path, digest = file_of(tmp_path, b"original")
    key = backend.store.put(path, sha256=digest)
    assert backend.store.restore(path, sha256=digest, at=AT) == ""
    backend.damage(key, b"0riginal")
    kept = backend.store.restore(path, sha256=digest, at=AT)
    assert key in kept
    assert "quarantine" in kept
    assert backend.read(kept) == b"0riginal"
    assert backend.store.check(key) == 8
    assert list(backend.store.keys()) == [key]


def test_restores_what_is_missing(backend: Backend, tmp_path: Path) -> None:
    """Where there is nothing, there is nothing to keep aside; wrong bytes are refused and change nothing."""
    path, digest = file_of(tmp_path, b"original")
    assert backend.store.restore(path, sha256=digest, at=AT) == ""
    assert backend.store.check(digest) == 8
    backend.damage(digest, b"0riginal")
    path.write_bytes(b"another")
    with pytest.raises(StoreConflictError):
        backend.store.restore(path, sha256=digest, at=AT)
    with pytest.raises(StoreDamagedError):
        backend.store.check(digest)


def test_erases_all_of_an_object(backend: Backend, tmp_path: Path) -> None:
    """The object and its quarantine go; erasing again is no error; an object under lock stays."""
    path, digest = file_of(tmp_path, b"original")
    key = backend.store.put(path, sha256=digest, until=PAST)
    backend.damage(key, b"0riginal")
    kept = backend.store.restore(path, sha256=digest, at=AT, until=PAST)
    backend.store.erase(key)
    backend.store.erase(key)
    assert not backend.store.exists(key)
    assert backend.read(kept) is None
    if backend.locks:
        backend.store.put(path, sha256=digest)
        with pytest.raises(StoreLockedError):
            backend.store.erase(key)
        assert backend.store.check(key) == 8


def test_sets_aside(backend: Backend, tmp_path: Path) -> None:
    """An object moves to quarantine with its bytes; one that is held stays where it is."""
    path, digest = file_of(tmp_path, b"original")
    backend.store.put(path, sha256=digest, until=PAST)
    kept = backend.store.set_aside(digest, at=AT)
    assert backend.read(kept) == b"original"
    assert list(backend.store.keys()) == []
    with pytest.raises(StoreMissingError):
        backend.store.set_aside(digest, at=AT)
    if backend.locks:
        backend.store.put(path, sha256=digest)
        with pytest.raises(StoreLockedError):
            backend.store.set_aside(digest, at=AT)
        assert list(backend.store.keys()) == [digest]


def test_holds_and_terms(backend: Backend, tmp_path: Path) -> None:
    """A legal hold forbids erasing where the store can, its release allows it; a term is never shortened."""
    path, digest = file_of(tmp_path, b"held")
    with pytest.raises(StoreMissingError):
        backend.store.hold(digest, on=True)
    with pytest.raises(StoreMissingError):
        backend.store.retain(digest, AT)
    backend.store.put(path, sha256=digest, until=PAST)
    assert abs(backend.store.stored_at(digest) - now()) < timedelta(minutes=5)
    backend.store.hold(digest, on=True)
    if backend.locks:
        with pytest.raises(StoreLockedError):
            backend.store.erase(digest)
    backend.store.hold(digest, on=False)
    backend.store.retain(digest, PAST)
    backend.store.erase(digest)
    assert not backend.store.exists(digest)
    backend.store.put(path, sha256=digest)
    backend.store.retain(digest, now() + timedelta(days=10 * 366))
    backend.store.retain(digest, now() + timedelta(days=1))
    if backend.locks:
        with pytest.raises(StoreLockedError):
            backend.store.erase(digest)


def test_object_lock_holds(service: str, tmp_path: Path) -> None:
    """In a bucket with object lock a version cannot be deleted for five years."""
    client = boto3.client(
        "s3", endpoint_url=service, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    store = S3Store(
        Settings(evidence_store_url="s3://locked", s3_endpoint_url=service, s3_access_key="k", s3_secret_key="s")
    )
    path, digest = file_of(tmp_path, b"kept")
    store.put(path, sha256=digest)
    found = client.head_object(Bucket="locked", Key=store.name(digest))
    assert found["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError):
        client.delete_object(Bucket="locked", Key=store.name(digest), VersionId=found["VersionId"])
    client.close()


def test_bucket_that_is_not_there(service: str) -> None:
    """A wrong bucket is found when the store is opened."""
    with pytest.raises(StoreError, match="nothing-here"):
        open_store(
            Settings(
                evidence_store_url="s3://nothing-here", s3_endpoint_url=service, s3_access_key="k", s3_secret_key="s"
            )
        )


def test_service_that_is_gone(service: str, tmp_path: Path) -> None:
    """A service that stops answering is a typed error at every call."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    settings = Settings(
        evidence_store_url="s3://gone", s3_endpoint_url=f"http://{host}:{port}", s3_access_key="k", s3_secret_key="s"
    )
    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id="k",
        aws_secret_access_key="s",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="gone")
    client.close()
    store = S3Store(settings)
    server.stop()
    path, digest = file_of(tmp_path, b"x")
    calls: list[Callable[[], object]] = [
        lambda: store.put(path, sha256=digest),
        lambda: store.check(digest),
        lambda: store.exists(digest),
        lambda: list(store.keys()),
    ]
    for call in calls:
        with pytest.raises(StoreError, match="expected the bucket gone"):
            call()
