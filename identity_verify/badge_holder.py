"""Who holds a badge: what the records say of the subject today."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from kernel.models import Subject

ENDED = ("deregistered", "revoked", "cancelled")


@dataclass(frozen=True, slots=True)
class Holder:
    """A subject as its badge needs it. ``status`` is that of ``subject``."""

    subject_id: int
    code: str
    name: str
    status: str

    @property
    def ended(self) -> bool:
        """True when the registry says that it is no more (注销、吊销、撤销)."""
        return self.status in ENDED


def holder_of(session: Session, subject_id: int) -> Holder | None:
    """The subject of this number, or None."""
    row = session.get(Subject, subject_id)
    return Holder(row.id, row.code, row.name, row.status) if row else None
