"""Registered names in the database: their keys as rows, and the few that a shown name could mean."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from identity_verify.company_name import parse, readings_of
from identity_verify.name_index import CANDIDATES, LONG_BLOCK, NameEntry, NameIndex
from identity_verify.name_keys import FORM, key_of, keys_of
from identity_verify.normal_name import normal_name
from identity_verify.rarity import Rarity
from identity_verify.vocabulary import shipped
from kernel.models import Subject, SubjectName, SubjectNameKey
from kernel.rows import insert_rows

MAX_KEY = 200
"""Folding can make a name longer than it is written; beyond this a key says nothing more."""
COUNTED = 5_000
"""Names that shares are counted from, evenly spread; enough to tell a trade of one in a hundred."""
_counted: dict[tuple[str, int], Rarity] = {}
"""Shares by database and size of its registry; counted again when that has doubled."""


def write_keys(session: Session, row: SubjectName) -> None:
    """Note what a name can be found by; the row must have its number.

    Effects: tables ``subject_name`` (``key``, ``form``), ``subject_name_key``.
    """
    write_several(session, [row])


def write_several(session: Session, rows: Sequence[SubjectName]) -> None:
    """As :func:`write_keys`, of many rows in few statements."""
    session.execute(delete(SubjectNameKey).where(SubjectNameKey.name_id.in_([row.id for row in rows])))
    keys = [{"name_id": row.id, "key": key} for row in rows for key in keys_of(parse(row.name))]
    insert_rows(session, SubjectNameKey, keys)
    for row in rows:
        row.key, row.form = key_text(row.name), FORM


def key_text(name: str) -> str:
    """A name as whole names are compared, as long as its column."""
    return normal_name(name)[:MAX_KEY]


def small_index(session: Session, names: Sequence[str], code: str = "") -> NameIndex:
    """An index of the subjects that could be meant by some shown names or a code, each with all its names.

    Keys of long blocks (a 字号 that hundreds bear) are only looked at when no other key finds anything.
    """
    shared: Counter[int] = Counter()
    for name in names:
        shared.update(_by_keys(session, name))
    name_ids = [number for number, _ in shared.most_common(CANDIDATES)]
    wanted = select(SubjectName.subject_id).where(SubjectName.id.in_(name_ids))
    subject_ids = set(session.execute(wanted).scalars())
    if code:
        with_code = select(Subject.id).where((Subject.code == code) | (Subject.registration_number == code))
        subject_ids |= set(session.execute(with_code).scalars())
    query = (
        select(SubjectName, Subject)
        .join(Subject, Subject.id == SubjectName.subject_id)
        .where(Subject.id.in_(subject_ids))
        .order_by(SubjectName.id)
    )
    entries = [
        NameEntry(
            subject.id, row.name, row.kind == "former", _code_like(subject, code), subject.address
        )
        for row, subject in session.execute(query)
    ]  # fmt: skip
    return NameIndex.of(entries, vocabulary=shipped(), rarity=rarity_of(session))


def rarity_of(session: Session) -> Rarity:
    """How rare the parts of names are in the registry of this database."""
    total = session.execute(select(func.max(SubjectName.id))).scalar() or 0
    mark = (str(session.get_bind().engine.url), total.bit_length())
    if mark not in _counted:
        step = max(1, total // COUNTED)
        some = session.execute(select(SubjectName.name).where(SubjectName.id % step == 0)).scalars()
        _counted[mark] = Rarity(map(parse, some), total=total)
    return _counted[mark].within(total, lambda core: _bearers(session, core))


def _bearers(session: Session, core: str) -> int:
    query = select(func.count()).select_from(SubjectNameKey).where(SubjectNameKey.key == key_of(f"X{core}"))
    return session.execute(query).scalar_one()


def _code_like(subject: Subject, code: str) -> str:
    """The identifier of a subject that a shown code is held against: the old number where that is shown."""
    return subject.registration_number if code and code == subject.registration_number else subject.code


def _by_keys(session: Session, name: str) -> Counter[int]:
    found: Counter[int] = Counter()
    long: list[list[int]] = []
    for key in dict.fromkeys(key for parsed in readings_of(name) for key in keys_of(parsed)):
        query = select(SubjectNameKey.name_id).where(SubjectNameKey.key == key).limit(LONG_BLOCK + 1)
        block = list(session.execute(query).scalars())
        if len(block) > LONG_BLOCK:
            long.append(block)
        else:
            found.update(block)
    if not found and long:
        found.update(long[0][:LONG_BLOCK])
    return found
