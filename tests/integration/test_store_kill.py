"""SIGKILL at every step of a put, a copy, a restoration and a deletion: nothing acknowledged is lost, no half shows."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence import copies, custody, deletion, scrub, stored_object
from evidence.errors import NothingToRestoreError
from evidence.keys import ensure_keys
from evidence.restore import restore
from evidence.store_files import FileStore
from evidence.store_pair import COPY, STORE, StorePair, open_pair
from kernel import audit
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import Evidence, StoredObject
from kernel.schema import upgrade
from tests.data.evidence.people import enter_officer
from tests.data.evidence.stored import seal_away, small_package
from tests.servers.killing import killed_at_each_step

pytestmark = pytest.mark.timeout(900)  # a child a step, on machines that do much else
EVERY = 4
"""Steps between two kills where a round brings up a database; 1 takes minutes and holds too."""
END = now().replace(microsecond=0)


class Place:
    """An installation in a folder that is put back before each step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.copies, self.kept = folder / "d", folder / "c", folder / "kept"
        self.config = Settings(data_dir=self.data, evidence_copy_url=str(self.copies))
        self.evidence_id = self.key = ""

    def pair(self) -> StorePair:
        """Both stores."""
        return open_pair(self.config)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The records."""
        opened = Database(self.config.sqlalchemy_url())
        yield opened
        opened.close()

    def begin(self) -> None:
        """Sealed evidence whose term has ended, two officers, keys."""
        self.copies.mkdir(parents=True)
        ensure_keys(self.config, now())
        with self.database() as database:
            upgrade(database)
            with database.write() as session:
                for account in ("li", "wang"):
                    enter_officer(session, account, at=END)
                at = END.replace(day=1)
                self.evidence_id = seal_away(
                    session, self.pair().store, self.folder, "one", at=at.replace(year=at.year - 6)
                )
                self.key = session.get_one(Evidence, self.evidence_id).store_key
                stored_object.register(session, 5)

    def keep(self) -> None:
        """Remember how it is now."""
        self.kept.mkdir()
        for one in (self.data, self.copies):
            shutil.copytree(one, self.kept / one.name)

    def put_back(self) -> None:
        """As it was when it was kept."""
        for one in (self.data, self.copies):
            shutil.rmtree(one)
            shutil.copytree(self.kept / one.name, one)

    def copy(self) -> None:
        """Copy what waits."""
        with self.database() as database:
            copies.copy_waiting(database, self.pair(), self.data / "work", clock=lambda: END, goes_on=lambda: True)

    def restore(self) -> None:
        """Restore the package from its copy."""
        with self.database() as database:
            restore(database, self.pair(), self.evidence_id, self.data / "work", actor="li", at=END)

    def erase(self) -> None:
        """End the deletion."""
        with self.database() as database:
            deletion.finish(
                database, self.pair(), ensure_keys(self.config, now()).report, self.evidence_id,
                copies=self.data / "packages", clock=lambda: END,
            )  # fmt: skip

    def agree(self) -> None:
        """Both officers decide."""
        with self.database() as database, database.write() as session:
            deletion.ask(session, self.evidence_id, account="li", reason="期满", basis="档案规定", at=END, years=5)
            deletion.agree(session, self.evidence_id, account="wang", at=END, years=5)

    def check(self) -> int:
        """How many places are wrong now."""
        with self.database() as database:
            return scrub.check_object(database, self.pair(), self.key, at=END)

    def actions(self) -> list[str]:
        """Custody after the seal; both chains hold."""
        with self.database() as database, database.read() as session:
            custody.verify_chain(session, self.evidence_id)
            assert audit.verify(session).ok
            return [event.action for event in custody.events(session, self.evidence_id)][3:]

    def path(self, place: str) -> Path:
        """The package's file in one store."""
        store = self.pair().at(place)
        assert isinstance(store, FileStore)
        return store.path(self.key)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """One installation."""
    made = Place(tmp_path)
    made.begin()
    return made


def _rounds(place: Place, work: Callable[[], object], *files: str) -> Iterator[int]:
    place.keep()
    for step in killed_at_each_step(work, *files, every=EVERY):
        yield step
        place.put_back()


def test_put(tmp_path: Path) -> None:
    """The object is there whole, or not at all; the same put again ends it."""
    root = tmp_path / "store"
    path, digest = small_package(tmp_path, "ev-1")
    steps = 0
    for _ in killed_at_each_step(lambda: FileStore(root, at=END).put(path, sha256=digest), "evidence/store_files.py"):
        steps += 1
        store = FileStore(root, at=END)
        if list(store.keys()):
            assert list(store.keys()) == [digest]
            assert store.check(digest) == path.stat().st_size
        store.put(path, sha256=digest)
        assert store.check(digest) == path.stat().st_size
        shutil.rmtree(root)
    assert steps > 20


def test_copy(place: Place) -> None:
    """What the row says is copied is there; done again it is there once, and custody says so once."""
    steps = 0
    for _ in _rounds(place, place.copy, "evidence/copies.py", "evidence/store_files.py"):
        steps += 1
        with place.database() as database, database.read() as session:
            told = session.get_one(StoredObject, place.key).copied_to
        if told or place.path(COPY).exists():
            assert not place.pair().look(COPY, place.key).kind
        place.copy()
        assert not place.pair().look(COPY, place.key).kind
        assert place.actions() == ["copied"]
    assert steps > 10


def test_restore(place: Place) -> None:
    """There is always a file under the key, damaged bytes are kept, and done again all is whole."""
    place.copy()
    path = place.path(STORE)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert place.check() == 1
    steps = 0
    for _ in _rounds(place, place.restore, "evidence/restore.py", "evidence/store_files.py"):
        steps += 1
        assert path.exists()
        whole = not place.pair().look(STORE, place.key).kind
        kept = list((place.data / "evidence" / "quarantine").glob("*"))
        assert whole or path.read_bytes() == b"damaged"
        assert not whole or b"damaged" in [one.read_bytes() for one in kept]
        try:
            place.restore()
        except NothingToRestoreError:
            assert whole
        assert place.check() == 0
        with place.database() as database, database.read() as session:
            assert scrub.open_findings(session) == []
        assert place.actions()[:2] == ["copied", "damaged"]
    assert steps > 15


def test_deletion(place: Place) -> None:
    """From the second decision on nobody reads it; whenever it was killed, it ends with one certificate."""
    place.copy()
    place.agree()
    steps = 0
    for _ in _rounds(place, place.erase, "evidence/deletion.py", "evidence/store_files.py"):
        steps += 1
        with place.database() as database, database.read() as session:
            row = deletion.of_evidence(session, place.evidence_id)
            assert row is not None
            assert bool(row.certificate) == (row.state == "done")
            assert row.state != "done" or not place.path(STORE).exists()
        place.erase()
        assert not place.path(STORE).exists()
        assert not place.path(COPY).exists()
        assert place.actions() == ["copied", "deletion_asked", "deletion_agreed", "deleted"]
    assert steps > 15
