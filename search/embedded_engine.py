"""The embedded engine: generations of a tantivy index in the data directory.

One process writes a generation at a time, from its first write to its commit; others wait. Readers
see a commit or a switch at their next search. What a killed writer had not committed is not there
after, and is still in the outbox.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from search.documents import ListingDocument
from search.embedded import HEAP_BYTES, IndexFolder, IndexWriter, Snapshot, make_document, translated
from search.engine import Cursor, Health, Hit, SearchRequest, SearchResult, prepare
from search.errors import GenerationError, IndexStaleError, SearchError, WriterBusyError
from search.fields import SORTS
from search.generations import Alias, FileLock, Generations, is_current
from search.paging import page
from search.plan import Between

LOCK_TIMEOUT_S = 30.0


@dataclass(slots=True)
class _Writer:
    lock: FileLock
    writer: IndexWriter


@dataclass(slots=True)
class _Reader:
    generation: str
    folder: IndexFolder
    stamp: tuple[int, int]


def _stale(generation: str) -> IndexStaleError:
    return IndexStaleError(
        f"expected an index made with this dictionary and schema, got {generation}",
        hint="运行 wangjian search rebuild 重建索引。 Run wangjian search rebuild.",
    )


def _not_building(generation: str, alias: Alias) -> GenerationError:
    return GenerationError(
        f"expected {alias.building or 'no generation'} to be in the making, got {generation}",
        hint="另一次重建取代了这一次。 Another rebuild took its place.",
    )


class EmbeddedEngine:
    """See ``search.engine.Engine``.

    Args:
        root: folder of the index, made at the first write.
        lock_timeout_s: how long to wait for another writer.
        threads: of the index writer.

    Effects: files below ``root``.
    """

    def __init__(self, root: Path, *, lock_timeout_s: float = LOCK_TIMEOUT_S, threads: int = 1) -> None:
        self._generations = Generations(root)
        self._timeout = lock_timeout_s
        self._threads = threads
        self._writers: dict[str, _Writer] = {}
        self._rebuild: FileLock | None = None
        self._reader: _Reader | None = None
        self._guard = threading.RLock()

    # Writing

    def index(self, documents: Sequence[ListingDocument]) -> None:
        """See ``Engine.index``."""
        with self._guard, translated():
            writers = self._target_writers()
            for document in documents:
                made = make_document(document)
                for writer in writers:
                    writer.delete(document.id)
                    writer.add(made)

    def delete(self, ids: Sequence[int]) -> None:
        """See ``Engine.delete``."""
        with self._guard, translated():
            for writer in self._target_writers():
                for listing_id in ids:
                    writer.delete(listing_id)

    def commit(self) -> None:
        """See ``Engine.commit``. Gives the writer's lock back."""
        with self._guard, translated():
            try:
                for held in self._writers.values():
                    held.writer.commit()
            finally:
                self._release_writers()

    def _target_writers(self) -> list[IndexWriter]:
        alias = self._generations.read()
        if not alias.live:
            alias = self._first_generation()
        if not is_current(alias.live):
            raise _stale(alias.live)
        return [writer for name in alias.targets() if (writer := self._writer(name)) is not None]

    def _first_generation(self) -> Alias:
        with self._generations.changing(self._timeout) as alias:
            if alias.live:
                return alias
            made = replace(alias, live=self._create())
            self._generations.write(made)
            return made

    def _create(self) -> str:
        name = self._generations.new_name()
        IndexFolder.create(self._generations.path(name))
        return name

    def _writer(self, generation: str) -> IndexWriter | None:
        """The writer of a generation, or None when it was dropped while we waited for it."""
        held = self._writers.get(generation)
        if held is None:
            lock = self._generations.writer_lock(generation)
            lock.acquire(self._timeout)
            try:
                if generation not in self._generations.read().targets():
                    lock.release()
                    return None
                folder = IndexFolder(self._generations.path(generation))
                held = _Writer(lock, folder.writer(HEAP_BYTES, self._threads))
            except BaseException:
                lock.release()
                raise
            self._writers[generation] = held
        return held.writer

    def _release_writers(self) -> None:
        """Drop the writers (what is not committed goes with them), then let others in."""
        held = list(self._writers.values())
        self._writers.clear()
        locks = [writer.lock for writer in held]
        held.clear()
        for lock in locks:
            lock.release()

    # Rebuilding

    def begin_rebuild(self) -> str:
        """See ``Engine.begin_rebuild``. Only one rebuild runs at a time."""
        with self._guard, translated():
            if self._rebuild is None:
                lock = self._generations.rebuild_lock()
                lock.acquire(0)
                self._rebuild = lock
            with self._generations.changing(self._timeout) as alias:
                name = self._create()
                self._generations.write(Alias(live=alias.live, building=name))
            self._sweep()
            return name

    def feed(self, generation: str, documents: Sequence[ListingDocument]) -> int:
        """See ``Engine.feed``."""
        with self._guard, translated():
            writer = self._building_writer(generation)
            known = self._known(generation, [document.id for document in documents])
            new = [document for document in documents if document.id not in known]
            for document in new:
                writer.add(make_document(document))
        self.commit()
        return len(new)

    def ids_in(self, generation: str, after: int, size: int) -> list[int]:
        """See ``Engine.ids_in``."""
        with translated():
            snapshot = IndexFolder(self._generations.path(generation)).snapshot()
            found = snapshot.ranked(Between("id", after + 1, None), SORTS["id_asc"], max(size, 1))
            return [listing_id for _, listing_id in found]

    def remove_from(self, generation: str, ids: Sequence[int]) -> None:
        """See ``Engine.remove_from``."""
        with self._guard, translated():
            writer = self._building_writer(generation)
            for listing_id in ids:
                writer.delete(listing_id)
        self.commit()

    def switch(self, generation: str) -> None:
        """See ``Engine.switch``."""
        with self._guard, translated():
            with self._generations.changing(self._timeout) as alias:
                if alias.building != generation or self._rebuild is None:
                    raise _not_building(generation, alias)
                self._generations.write(Alias(live=generation))
            self._sweep()
            self._rebuild.release()
            self._rebuild = None

    def _building_writer(self, generation: str) -> IndexWriter:
        alias = self._generations.read()
        writer = self._writer(generation) if alias.building == generation else None
        if writer is None:
            raise _not_building(generation, alias)
        return writer

    def _known(self, generation: str, ids: Sequence[int]) -> set[int]:
        return IndexFolder(self._generations.path(generation)).snapshot().known(ids)

    def _sweep(self) -> None:
        """Remove generations nobody is led to; one that is still being written is left for the next sweep."""
        wanted = self._generations.read().targets()
        for name in self._generations.names():
            if name in wanted:
                continue
            lock = self._generations.writer_lock(name)
            try:
                lock.acquire(0)
            except WriterBusyError:
                continue
            self._generations.remove(name)
            lock.release()

    def drop(self) -> None:
        """See ``Engine.drop``."""
        with self._guard, translated():
            self._release_writers()
            with self._generations.changing(self._timeout):
                self._generations.write(Alias())
            self._sweep()

    def close(self) -> None:
        """See ``Engine.close``."""
        with self._guard:
            self._release_writers()
            self._reader = None
            if self._rebuild is not None:
                self._rebuild.release()
                self._rebuild = None

    # Reading

    def _snapshot(self) -> Snapshot | None:
        """The newest commit of the live generation; None before the first write."""
        with self._guard:
            generation = self._generations.read().live
            while generation:
                if not is_current(generation):
                    raise _stale(generation)
                try:
                    return self._open_reader(generation).folder.snapshot()
                except (ValueError, OSError):
                    # It may have been switched away between reading its name and opening it.
                    self._reader = None
                    before, generation = generation, self._generations.read().live
                    if generation == before:
                        raise
            return None

    def _open_reader(self, generation: str) -> _Reader:
        path = self._generations.path(generation)
        status = (path / "meta.json").stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        reader = self._reader
        if reader is None or reader.generation != generation:
            reader = _Reader(generation, IndexFolder(path), stamp)
        elif reader.stamp != stamp:
            reader.folder.reload()
            reader.stamp = stamp
        self._reader = reader
        return reader

    def search(self, request: SearchRequest) -> SearchResult:
        """See ``Engine.search``."""
        prepared = prepare(request)
        with translated():
            snapshot = self._snapshot()
            if snapshot is None:
                return SearchResult(0, (), dict.fromkeys(request.facets, ()), "")
            return page(snapshot, prepared)

    def walk(self, request: SearchRequest) -> Iterator[Hit]:
        """See ``Engine.walk``."""
        prepared = prepare(replace(request, facets=(), size=max(request.size, 1)))
        with translated():
            snapshot = self._snapshot()
        while snapshot is not None:
            with translated():
                found = page(snapshot, prepared)
            yield from found.hits
            if not found.next:
                return
            cursor = Cursor.decode(found.next, prepared.sort)
            prepared = replace(prepared, after=cursor, request=replace(prepared.request, offset=0))

    def count(self) -> int:
        """See ``Engine.count``."""
        with translated():
            snapshot = self._snapshot()
            return snapshot.size() if snapshot else 0

    def health(self) -> Health:
        """See ``Engine.health``."""
        try:
            alias = self._generations.read()
            if alias.live and not is_current(alias.live):
                return Health("stale", "embedded", 0, alias.live, alias.building, _stale(alias.live).message)
            return Health("ok", "embedded", self.count(), alias.live, alias.building)
        except SearchError as error:
            return Health("down", "embedded", detail=error.message)
