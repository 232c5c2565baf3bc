"""The names of a subject as rows: the current one, and those it bore before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.name_keys import FORM
from identity_verify.registered_names import key_text, write_keys, write_several
from kernel.models import Subject, SubjectName


def keep(session: Session, subject: Subject, former: Sequence[object], *, at: datetime) -> bool:
    """Bring the name rows of a subject in line with its current name and its former ones.

    A name that was current stays as a former one: shops go on showing it for years.

    Returns:
        True when a row changed.

    Effects: tables ``subject_name``, ``subject_name_key``.
    """
    rows = session.execute(select(SubjectName).where(SubjectName.subject_id == subject.id)).scalars().all()
    old = [row for row in rows if row.form != FORM]
    if old:  # Written by an older version: what is the same name today would look like another one.
        write_several(session, old)
    by_key = {row.key: row for row in rows}
    current = key_text(subject.name)
    changed = False
    for row in rows:
        if row.kind == "current" and row.key != current:
            row.kind, row.until, changed = "former", at, True
    wanted = [(subject.name, "current")] if subject.name else []
    wanted += [(str(name), "former") for name in former if str(name).strip()]
    for name, kind in wanted:
        key = key_text(name)
        if key not in by_key:
            until = None if kind == "current" else at
            by_key[key] = SubjectName(
                subject_id=subject.id, name=name, key=key, kind=kind, source="registry", since=at, until=until
            )
            session.add(by_key[key])
            session.flush()
            write_keys(session, by_key[key])
            changed = True
            continue
        row = by_key[key]
        if kind == "current" and (row.kind != "current" or row.name != name):
            if row.name != name:
                row.name = name
                write_keys(session, row)
            row.kind, row.until, changed = "current", None, True
    return changed
