"""Is the name a merchant entered the name of the code's subject? With points and reasons, for the officer to see."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify.company_name import parse
from identity_verify.errors import OtherFirmError
from identity_verify.name_score import Reason, score
from identity_verify.normal_name import normal_name
from kernel.models import Subject, SubjectName

LEAST = 500
"""Below this nothing is alike: the name is refused, not handed to an officer."""


@dataclass(frozen=True, slots=True)
class NameCheck:
    """What a comparison gave.

    Attributes:
        word: ``same``, ``former`` or ``differs``. score: 0 to 1000.
        registered: the registry's name. nearest: the name of the subject that is nearest, which may be a former one.
        reasons: the points of each part of the name, as the matcher of shops gives them.
    """

    word: str
    score: int
    registered: str
    nearest: str
    reasons: tuple[Reason, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """As kept in ``application.match``."""
        return {
            "word": self.word,
            "score": self.score,
            "registered": self.registered,
            "nearest": self.nearest,
            "reasons": [reason.as_dict() for reason in self.reasons],
        }


def check_name(session: Session, subject: Subject, declared: str) -> NameCheck:
    """Compare a declared name with the subject's names.

    Raises:
        OtherFirmError: it is to the letter the name of another subject, or nothing like any name of this one.
    """
    wanted = normal_name(declared)
    names = session.execute(select(SubjectName).where(SubjectName.subject_id == subject.id)).scalars().all()
    current = normal_name(subject.name)
    if wanted and wanted == current:
        return NameCheck("same", 1000, subject.name, subject.name)
    for row in names:
        if row.key == wanted:
            return NameCheck("former", 900, subject.name, row.name)
    others = select(SubjectName).where(SubjectName.key == wanted, SubjectName.subject_id != subject.id).limit(1)
    if wanted and session.execute(others).scalar_one_or_none() is not None:
        raise OtherFirmError(
            f"expected the name of {subject.code or subject.registration_number}, got the name of another firm",
            hint="这是另一家企业的名称。请填写该代码所属企业的全称，或改填代码。",
            context={"fields": {"name": "other-firm"}},
        )
    best, nearest, reasons = max(
        (_points(declared, name) for name in (subject.name, *(row.name for row in names))), key=lambda found: found[0]
    )
    if best < LEAST:
        raise OtherFirmError(
            f"expected a name like the registered one, got {declared[:60]!r}",
            hint="名称与该代码在登记库中的名称不符。请照营业执照填写全称。",
            context={"fields": {"name": "unlike"}},
        )
    return NameCheck("differs", best, subject.name, nearest, reasons)


def _points(declared: str, registered: str) -> tuple[int, str, tuple[Reason, ...]]:
    reasons = score(parse(declared), parse(registered)) if declared.strip() and registered else ()
    return max(0, min(1000, sum(reason.points for reason in reasons))), registered, reasons
