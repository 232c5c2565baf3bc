"""企业登记: the connector. What follows from a row is claims of a subject."""

from datetime import datetime
from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from exchange.connectors.linked import assemble
from exchange.connectors.registration import mapping, message
from exchange.connectors.row import Understood
from identity_verify.registry_extract import RegistryExtract
from identity_verify.subjects import end_extract, take_extract
from kernel.models import LinkedRecord


def _apply(session: Session, found: Understood, at: datetime) -> None:
    """The extract becomes claims of a subject; what was told of it by message is over.

    Effects: tables ``subject…``, ``linked_record``.
    """
    if isinstance(found.body, RegistryExtract):
        take_extract(session, found.body, at=at)
        told = LinkedRecord.system == mapping.SYSTEM, LinkedRecord.key == mapping.key_by_message(found.body.code)
        session.execute(update(LinkedRecord).where(*told, LinkedRecord.deleted_at.is_(None)).values(deleted_at=at))


def _withdraw(session: Session, record: LinkedRecord, at: datetime) -> None:
    """The registry took the extract back: its claims end. Effects: tables ``subject…``."""
    if record.subject_code:
        ref = f"{record.system}:{record.key}@{record.version}"
        end_extract(session, record.subject_code, source_ref=ref, at=at)


connector = partial(assemble, mapping.FIELDS, message.shape, apply=_apply, withdraw=_withdraw)
"""The registry, given its HTTP side or none."""
