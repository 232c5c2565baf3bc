"""The store's long life, over both databases, with files and with S3: copies, scrub, restore, holds, deletion."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from evidence import copies, custody, deletion, retention, scrub, store_lock, stored_object, unknown_object
from evidence.errors import NoGoodCopyError, NothingToRestoreError, StoreError, StoreLockedError, StoreMissingError
from evidence.keys import ensure_keys
from evidence.restore import restore
from evidence.signer import Signer
from evidence.store import open_copy_store
from evidence.store_files import FileStore
from evidence.store_pair import COPY, STORE, StorePair, open_pair
from evidence.store_s3 import S3Store
from kernel import audit
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Deletion, Evidence, ScrubFinding, StoredObject
from tests.data.evidence.people import AT, enter_officer
from tests.data.evidence.stored import seal_away, small_package

YEARS = 5
LATER = AT + timedelta(days=1)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """An S3 service on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass(frozen=True)
class House:
    """Records, two stores, and ways to spoil an object behind their backs."""

    database: Database
    pair: StorePair
    folder: Path
    damage: Callable[[str, str], object]
    lose: Callable[[str, str], object]

    def keep(self, name: str) -> tuple[str, str]:
        """Sealed evidence: its id and key, registered."""
        with self.database.write() as session:
            evidence_id = seal_away(session, self.pair.store, self.folder, name)
            stored_object.register(session, YEARS)
            return evidence_id, session.get_one(Evidence, evidence_id).store_key

    def copy(self) -> int:
        """Copy all that waits."""
        return copies.copy_waiting(
            self.database, self.pair, self.folder / "work", clock=lambda: AT, goes_on=lambda: True
        )

    def check(self, key: str) -> int:
        """Hash one package in both places."""
        return scrub.check_object(self.database, self.pair, key, at=LATER)

    def restore(self, evidence_id: str) -> dict[str, str]:
        """Restore from the other place."""
        return restore(self.database, self.pair, evidence_id, self.folder / "work", actor="li", at=LATER)

    def signer(self) -> Signer:
        """The signer of reports."""
        return ensure_keys(Settings(data_dir=self.folder / "keys"), now()).report

    def findings(self) -> list[tuple[str, str, str]]:
        """Place, kind and source of what is open."""
        with self.database.read() as session:
            return [(one.place, one.kind, one.restore_from) for one in scrub.open_findings(session)]

    def actions(self, evidence_id: str) -> list[str]:
        """What custody says after the seal; both chains hold."""
        with self.database.read() as session:
            custody.verify_chain(session, evidence_id)
            assert audit.verify(session).ok
            return [event.action for event in custody.events(session, evidence_id)][3:]


@pytest.fixture(params=["files", "s3"])
def house(request: pytest.FixtureRequest, any_database: Database, tmp_path: Path) -> Iterator[House]:
    """Each kind of store beside each kind of database."""
    for name in ("copies", "made"):
        (tmp_path / name).mkdir()
    if request.param == "files":
        pair = open_pair(Settings(data_dir=tmp_path / "d", evidence_copy_url=str(tmp_path / "copies")))

        def path_of(place: str, key: str) -> Path:
            store = pair.at(place)
            assert isinstance(store, FileStore)
            return store.path(key)

        def damage_file(place: str, key: str) -> None:
            path_of(place, key).chmod(0o644)
            data = bytearray(path_of(place, key).read_bytes())
            data[len(data) // 2] ^= 1
            path_of(place, key).write_bytes(data)

        yield House(any_database, pair, tmp_path / "made", damage_file, lambda place, key: path_of(place, key).unlink())
        return
    url = request.getfixturevalue("service")
    bucket = f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket)
    pair = open_pair(
        Settings(
            evidence_store_url=f"s3://{bucket}/one", evidence_copy_url=f"s3://{bucket}/two", s3_endpoint_url=url,
            s3_access_key="k", s3_secret_key="s", data_dir=tmp_path / "d",
        )
    )  # fmt: skip

    def name_of(place: str, key: str) -> str:
        store = pair.at(place)
        assert isinstance(store, S3Store)
        return store.name(key)

    yield House(
        any_database,
        pair,
        tmp_path / "made",
        lambda place, key: client.put_object(Bucket=bucket, Key=name_of(place, key), Body=b"other"),
        lambda place, key: client.delete_object(Bucket=bucket, Key=name_of(place, key)),
    )
    client.close()


def test_copies_scrubs_and_restores(house: House) -> None:
    """A flipped bit and a missing object are found once each, with the copy to restore from, and come back whole."""
    first, key = house.keep("one")
    second, other = house.keep("two")
    assert house.copy() == 2
    assert house.copy() == 0
    assert house.check(key) == house.check(other) == 0
    house.damage(STORE, key)
    house.lose(STORE, other)
    for _ in range(2):
        assert house.check(key) == house.check(other) == 1
    source = house.pair.names[COPY]
    assert house.findings() == [(STORE, "damaged", source), (STORE, "missing", source)]
    assert house.actions(first) == ["copied", "damaged"]
    kept = house.restore(first)[STORE]
    assert key in kept
    assert house.restore(second) == {STORE: ""}
    assert house.findings() == []
    assert house.pair.store.check(key) > 0
    assert house.actions(first) == ["copied", "damaged", "restored"]
    assert house.actions(second) == ["copied", "missing", "restored"]
    with pytest.raises(NothingToRestoreError):
        house.restore(first)


def test_a_damaged_copy_is_restored_from_the_store(house: House) -> None:
    """The scrub looks at both places; the good one mends the other; where none is good that is said."""
    evidence_id, key = house.keep("one")
    house.copy()
    house.damage(COPY, key)
    assert house.check(key) == 1
    assert house.findings() == [(COPY, "damaged", house.pair.names[STORE])]
    assert list(house.restore(evidence_id)) == [COPY]
    house.damage(COPY, key)
    house.lose(STORE, key)
    assert house.check(key) == 2
    assert sorted(house.findings()) == [(COPY, "damaged", ""), (STORE, "missing", "")]
    with pytest.raises(NoGoodCopyError):
        house.restore(evidence_id)
    with pytest.raises(StoreMissingError):
        house.restore("ev-none")


def test_a_finding_closes_when_the_bytes_are_right_again(house: House) -> None:
    """Also when somebody put them back by hand, or damage turned into loss."""
    evidence_id, key = house.keep("one")
    house.damage(STORE, key)
    assert house.check(key) == 1
    house.lose(STORE, key)
    assert house.check(key) == 1
    assert house.findings() == [(STORE, "missing", "")]
    with house.database.read() as session:
        assert scrub.open_keys(session) == [key]
    path, digest = small_package(house.folder, evidence_id)
    assert digest == key
    house.pair.store.put(path, sha256=key)
    assert house.check(key) == 0
    assert house.findings() == []
    with house.database.read() as session:
        found = session.execute(select(ScrubFinding.outcome).order_by(ScrubFinding.id)).scalars().all()
        assert found == ["missing", scrub.WHOLE]
        assert scrub.open_keys(session) == []


def test_what_is_due(house: House) -> None:
    """Never looked at first, then the oldest; again after three quarters of the days; late is told."""
    _, key = house.keep("one")
    _, other = house.keep("two")
    with house.database.read() as session:
        assert sorted(scrub.due(session, AT, 30)) == sorted([key, other])
        assert scrub.overdue(session, AT + timedelta(days=31), 30) == 2
    house.check(key)
    with house.database.read() as session:
        assert scrub.due(session, LATER, 30) == [other]
        assert scrub.all_keys(session) == [other, key]
        assert scrub.due(session, LATER + timedelta(days=23), 30) == [other, key]
        assert scrub.overdue(session, LATER + timedelta(days=30), 30) == 1


def test_a_copy_that_fails_is_tried_again(house: House) -> None:
    """The row says why; a damaged original is never copied."""
    _, key = house.keep("one")
    house.damage(STORE, key)
    assert house.copy() == 0
    with house.database.read() as session:
        assert session.get_one(StoredObject, key).error_code == "evidence.store_damaged"
        assert copies.waiting(session, house.pair.names[COPY]) == [key]
    assert list((house.folder / "work").iterdir()) == []
    alone = StorePair(house.pair.store, None, house.pair.names)
    assert copies.copy_waiting(house.database, alone, house.folder, clock=lambda: AT, goes_on=lambda: True) == 0
    assert (alone.look(STORE, "0" * 64).kind, alone.look(COPY, key).kind) == ("missing", "missing")


def test_unknown_objects(house: House) -> None:
    """A twin goes to quarantine after a day, once its sealed sibling is whole; anything else stays and is told."""
    evidence_id, key = house.keep("one")
    twin, twin_key = small_package(house.folder, evidence_id, "an earlier seal")
    stranger, stranger_key = small_package(house.folder, "ev-lost")
    for path, digest in ((twin, twin_key), (stranger, stranger_key)):
        house.pair.store.put(path, sha256=digest, until=AT)

    def walk(days: float) -> unknown_object.Unknown:
        return unknown_object.walk(house.database, house.pair, house.folder / "work", at=now() + timedelta(days=days))

    assert (walk(0).set_aside, walk(0).left) == (0, 0)
    house.damage(STORE, key)
    assert (walk(2).set_aside, walk(2).left) == (0, 2)
    house.lose(STORE, key)
    path, _ = small_package(house.folder, evidence_id)
    house.pair.store.put(path, sha256=key)
    assert (walk(2).set_aside, walk(2).left) == (1, 1)
    assert sorted(house.pair.store.keys()) == sorted([key, stranger_key])
    with house.database.read() as session:
        rows = session.execute(select(ScrubFinding)).scalars().all()
    told = {row.key: (row.kind, row.evidence_id, row.closed_at is None) for row in rows}
    assert told == {twin_key: ("unknown", evidence_id, False), stranger_key: ("unknown", None, True)}
    assert not house.check(key)


class Locked:
    """A store that lets nothing go."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def erase(self, key: str) -> None:
        """Refused."""
        raise StoreLockedError(f"locked {key}")

    def set_aside(self, key: str, **_: object) -> None:
        """Refused."""
        raise StoreLockedError(f"locked {key}")


def test_a_twin_that_is_locked_stays_and_is_told_once(house: House) -> None:
    """Its finding is closed, and the next walk says nothing."""
    evidence_id, _ = house.keep("one")
    twin, twin_key = small_package(house.folder, evidence_id, "an earlier seal")
    house.pair.store.put(twin, sha256=twin_key, until=AT)
    locked = StorePair(Locked(house.pair.store), house.pair.copy, house.pair.names)  # type: ignore[arg-type]
    for _ in range(2):
        found = unknown_object.walk(house.database, locked, house.folder / "work", at=now() + timedelta(days=2))
        assert (found.set_aside, found.left) == (0, 1)
    with house.database.read() as session:
        assert [row.outcome for row in session.execute(select(ScrubFinding)).scalars()] == [unknown_object.KEPT]


def test_holds_reach_the_stores(house: House) -> None:
    """What the rows say of terms and holds is told once, and again where it changed."""
    evidence_id, key = house.keep("one")
    assert store_lock.tell(house.database, house.pair) == 1
    assert store_lock.tell(house.database, house.pair) == 0
    with house.database.write() as session:
        enter_officer(session, "li")
        retention.hold(session, evidence_id, account="li", reason="诉讼", at=AT)
    assert store_lock.tell(house.database, house.pair) == 1
    with house.database.write() as session:
        row = session.get_one(StoredObject, key)
        assert (row.held, row.retained_until) == (True, AT.replace(year=AT.year + YEARS))
        retention.release(session, evidence_id, account="li", reason="结案", at=AT)
    house.lose(STORE, key)
    assert store_lock.tell(house.database, house.pair) == 0
    with house.database.read() as session:
        assert session.get_one(StoredObject, key).error_code == "evidence.store_missing"
        assert len(store_lock.untold(session)) == 1


def _agreed(house: House) -> tuple[str, str]:
    evidence_id, key = house.keep("one")
    house.copy()
    end = AT.replace(year=AT.year + YEARS)
    with house.database.write() as session:
        for account in ("li", "wang"):
            enter_officer(session, account, at=end)
        deletion.ask(session, evidence_id, account="li", reason="期满", basis="档案规定", at=end, years=YEARS)
        deletion.agree(session, evidence_id, account="wang", at=end, years=YEARS)
    return evidence_id, key


def test_deletion_erases_both_places(house: House) -> None:
    """Object, copy, working copy and quarantine go; the certificate is made after; a second finish is none."""
    evidence_id, key = _agreed(house)
    working = house.folder / "packages"
    working.mkdir()
    (working / key).touch()
    signer = house.signer()
    end = AT.replace(year=AT.year + YEARS)
    locked = StorePair(Locked(house.pair.store), house.pair.copy, house.pair.names)  # type: ignore[arg-type]
    assert not deletion.finish(house.database, locked, signer, evidence_id, copies=working, clock=lambda: end)
    with house.database.read() as session:
        row = session.execute(select(Deletion)).scalar_one()
        assert (row.state, row.error_code, row.certificate) == ("erasing", "evidence.store_locked", "")
        assert deletion.unfinished(session) == [evidence_id]
    for _ in range(2):
        assert deletion.finish(house.database, house.pair, signer, evidence_id, copies=working, clock=lambda: end)
    for place in (STORE, COPY):
        store = house.pair.at(place)
        assert store is not None
        assert list(store.keys()) == []
    assert list(working.iterdir()) == []
    assert house.actions(evidence_id) == ["copied", "deletion_asked", "deletion_agreed", "deleted"]
    assert house.check(key) == 0
    with pytest.raises(StoreMissingError):
        house.restore(evidence_id)


def test_bytes_that_come_back_are_erased_again(house: House) -> None:
    """A copy that was on its way, or a backup put back by hand."""
    evidence_id, key = _agreed(house)
    assert deletion.finish(
        house.database, house.pair, house.signer(), evidence_id, copies=house.folder / "none",
        clock=lambda: AT,
    )  # fmt: skip
    path, _ = small_package(house.folder, evidence_id)
    house.pair.store.put(path, sha256=key, until=AT)
    assert house.pair.copy is not None
    assert not copies.copy_one(house.database, house.pair, key, house.folder / "work", at=AT)
    assert list(house.pair.copy.keys()) == []
    assert unknown_object.walk(house.database, house.pair, house.folder / "work", at=AT).seen == 1
    assert list(house.pair.store.keys()) == []


def test_a_walk_stops_when_asked(house: House) -> None:
    """Between two objects."""
    house.keep("one")
    found = unknown_object.walk(house.database, house.pair, house.folder, at=AT, goes_on=lambda: False)
    assert found.seen == 0


@pytest.mark.parametrize("url", ["relative", "/nowhere/at/all", "s3://same/bucket"])
def test_second_stores_that_are_none(tmp_path: Path, url: str) -> None:
    """A folder that is not there is not made: its disk may not be mounted."""
    settings = Settings(data_dir=tmp_path, evidence_copy_url=url, evidence_store_url="s3://same/bucket/")
    with pytest.raises(StoreError, match="COPY_URL"):
        open_copy_store(settings)
