"""Taking rows in: each version once, never an older one over a newer one, what is not understood into quarantine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.connectors import fault
from exchange.connectors.linked import Connector
from exchange.connectors.row import Problem, Quarantined, SourceRow, Understood, digest_of
from exchange.connectors.state import milliseconds
from exchange.quality.intake import intake as check_quality
from kernel.batch import batched
from kernel.errors import WangjianError
from kernel.models import LinkedRecord

AT_ONCE = 400


@dataclass(slots=True)
class Taken:
    """What became of some rows.

    Attributes:
        tally: how many by word. lags: of those that brought something new, ms.
        understood: versions by key. looked: fields of the rows whose quality is checked.
    """

    tally: Counter[str] = field(default_factory=Counter)
    lags: list[int] = field(default_factory=list)
    understood: dict[str, int] = field(default_factory=dict)
    looked: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Intake:
    """One batch from one place.

    Attributes:
        source: ``pull``, ``webhook``, ``key-set`` or a file's name. at: when it is taken, aware UTC.
        skew: the system's clock before ours. since: changes from then on are late when they come late; what was
            changed before the system was first asked says nothing. None: nothing is counted.
    """

    connector: Connector
    source: str
    at: datetime
    skew: timedelta = timedelta(0)
    since: datetime | None = None

    def take(self, session: Session, rows: Sequence[SourceRow], quarantined: Sequence[Quarantined] = ()) -> Taken:
        """Take rows in, in the caller's transaction. Doing it again changes nothing.

        Effects: tables ``linked_record``, ``linked_fault``, ``quality_finding``, and what follows from the rows.
        """
        taken = Taken()
        for found in quarantined:
            self._quarantine(session, found, taken)
        known = self._known(session, [row.key for row in rows])
        for row in sorted(rows, key=lambda one: (one.key, one.version)):
            word = self._take(session, row, known, taken)
            taken.tally[word] += 1
        fault.close(session, self.connector.system, taken.understood, at=self.at)
        if taken.looked:
            check_quality(session, self.connector.system, taken.looked, source=self.source, unit="", at=self.at)
        return taken

    def _known(self, session: Session, keys: list[str]) -> dict[str, LinkedRecord]:
        found: dict[str, LinkedRecord] = {}
        for part in batched(keys, AT_ONCE):
            query = select(LinkedRecord).where(LinkedRecord.system == self.connector.system, LinkedRecord.key.in_(part))
            found |= {record.key: record for record in session.execute(query).scalars()}
        return found

    def _quarantine(self, session: Session, found: Quarantined, taken: Taken) -> None:
        taken.tally["quarantined"] += fault.put(session, self.connector.system, found, source=self.source, at=self.at)

    def _take(self, session: Session, row: SourceRow, known: dict[str, LinkedRecord], taken: Taken) -> str:
        """What became of one row."""
        record = known.get(row.key)
        if record is not None and row.version < record.version:
            return "stale"
        if row.deleted:
            return self._take_back(session, row, record, taken)
        kept = self.connector.keep(row.fields)
        digest = digest_of(kept)
        if record is not None and record.deleted_at is None and row.version == record.version:
            if digest == record.digest:
                taken.understood[row.key] = row.version
                return "same"
            problem = Problem("version", "same-version", str(row.version))
            self._quarantine(session, Quarantined(row.key, row.version, kept, (problem,)), taken)
            return "refused"
        taken.looked.append(kept)
        found = self.connector.understand(row, self.at)
        if isinstance(found, Understood):
            found = self._apply(session, found, kept)
        if isinstance(found, Quarantined):
            self._quarantine(session, found, taken)
            return "refused"
        known[row.key] = self._keep(session, found, record, digest)
        taken.understood[row.key] = row.version
        if self._counts(found):
            taken.lags.append(known[row.key].lag_ms)
        return "changed" if record is not None else "new"

    def _apply(self, session: Session, found: Understood, kept: dict[str, object]) -> Understood | Quarantined:
        """What follows from the row; when another room refuses it, nothing of it stays."""
        try:
            with session.begin_nested():
                self.connector.apply(session, found, self.at)
        except WangjianError as error:
            return Quarantined(found.key, found.version, kept, (Problem(error.code, "refused", error.message[:120]),))
        return found

    def _keep(self, session: Session, found: Understood, record: LinkedRecord | None, digest: str) -> LinkedRecord:
        if record is None:
            record = LinkedRecord(system=self.connector.system, key=found.key)
            session.add(record)
        changed_at = found.source_at - self.skew
        record.version, record.digest, record.message_id = found.version, digest, ""
        record.subject_code, record.subject_name = found.subject_code, found.subject_name[:200]
        record.shop_url, record.title = found.shop_url, found.title[:300]
        record.state, record.happened_on, record.data = found.state, found.happened_on, dict(found.data)
        record.source_at, record.fetched_at = changed_at, self.at
        record.lag_ms = max(0, milliseconds(self.at - changed_at)) if self._counts(found) else 0
        record.deleted_at = None
        return record

    def _counts(self, found: Understood) -> bool:
        return self.since is not None and found.source_at - self.skew >= self.since

    def _take_back(self, session: Session, row: SourceRow, record: LinkedRecord | None, taken: Taken) -> str:
        """The system says that the record is no more."""
        taken.understood[row.key] = row.version
        if record is None:
            return "same"
        if record.deleted_at is not None:
            record.version = row.version
            return "same"
        self.gone(session, record)
        record.version, record.source_at = row.version, row.updated_at - self.skew
        return "gone"

    def gone(self, session: Session, record: LinkedRecord) -> None:
        """Note that a record is no more, and what follows. Effects: ``linked_record`` and what follows from it."""
        record.deleted_at = self.at
        self.connector.withdraw(session, record, self.at)
