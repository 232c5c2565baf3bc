"""Where sources disagree on one subject (智能分析): the registry, the platform's report, the shop's own page, officers.

Which source has the word is said by ``identity_verify/precedence.yml``; who disagrees with it has to look at its data.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.quality.engine import HIDDEN, Row
from identity_verify import precedence
from identity_verify.normal_name import normal_name
from kernel.batch import batched
from kernel.models import LinkedRecord, Subject, SubjectClaim, SubjectName

AT_ONCE = 1_000
DATA_SET = "sources"
PERSONAL = frozenset({"persons", "phone"})
"""Fields whose values are of persons."""


def rows(session: Session) -> Iterator[Row]:
    """One row for each source and field that another source also speaks on, and for each linked record with a code.

    ``agrees`` is ``yes`` or ``no``; ``said`` has both values where they differ; ``source`` and ``winner_source`` who.
    """
    yield from claims(session)
    yield from records(session)


def claims(session: Session) -> Iterator[Row]:
    """What is claimed of subjects, source against source."""
    query = (
        select(SubjectClaim.subject_id, SubjectClaim.field, SubjectClaim.source, SubjectClaim.value)
        .where(SubjectClaim.superseded_at.is_(None))
        .order_by(SubjectClaim.subject_id, SubjectClaim.field)
        .execution_options(yield_per=AT_ONCE)
    )
    found = ((row.subject_id, row.field, row.source, row.value) for row in session.execute(query))
    for (subject_id, name), group in groupby(found, key=lambda one: (one[0], one[1])):
        said = {source: value for _, _, source, value in group}
        if len(said) > 1:
            yield from _compared(subject_id, name, said)


def _compared(subject_id: int, name: str, said: Mapping[str, object]) -> Iterator[Row]:
    rule = precedence.table().get(name)
    if rule is None:
        return
    speaking = [source for source in rule.sources if source in said]
    if not speaking:
        return
    winner = speaking[0]
    for source in speaking[1:]:
        yield {
            "ref": f"subject:{subject_id}:{name}:{source}",
            "field": name,
            "source": source,
            "winner_source": winner,
            **_verdict(name, rule.agree(said[source], said[winner]), (source, said[source]), (winner, said[winner])),
        }


def records(session: Session) -> Iterator[Row]:
    """Names in records of linked systems against those the registry knows under the same code, former ones too."""
    last = 0
    while True:
        query = (
            select(LinkedRecord.id, LinkedRecord.system, LinkedRecord.key, LinkedRecord.subject_name, Subject.id)
            .join(Subject, Subject.code == LinkedRecord.subject_code)
            .where(
                LinkedRecord.id > last, LinkedRecord.deleted_at.is_(None), LinkedRecord.system != "registration",
                LinkedRecord.subject_code != "", LinkedRecord.subject_name != "",
            )
            .order_by(LinkedRecord.id)
            .limit(AT_ONCE)
        )  # fmt: skip
        found = session.execute(query).all()
        names = _names(session, {subject_id for *_, subject_id in found})
        for number, system, key, name, subject_id in found:
            last = number
            known = names.get(subject_id, ())
            agree = not known or normal_name(name) in map(normal_name, known)
            yield {
                "ref": f"{system}:{key}:name",
                "field": "name",
                "source": system,
                "winner_source": "registry",
                **_verdict("name", agree, (system, name), ("registry", known[0] if known else "")),
            }
        if len(found) < AT_ONCE:
            return


def _names(session: Session, subject_ids: set[int]) -> dict[int, tuple[str, ...]]:
    """Names of some subjects, the present one first."""
    wanted, found = sorted(subject_ids), dict[int, tuple[str, ...]]()
    for part in batched(wanted, 400):
        query = (
            select(SubjectName.subject_id, SubjectName.name)
            .where(SubjectName.subject_id.in_(part))
            .order_by(SubjectName.kind, SubjectName.id)
        )
        for subject_id, name in session.execute(query):
            found[subject_id] = (*found.get(subject_id, ()), name)
    return found


def _verdict(field: str, agree: bool, left: tuple[str, object], right: tuple[str, object]) -> dict[str, str]:  # noqa: FBT001 - a verdict, not a switch
    """Both values in words where they differ; those of persons are not repeated."""
    if agree:
        return {"agrees": "yes", "said": ""}
    if field in PERSONAL:
        return {"agrees": "no", "said": f"{left[0]} ≠ {right[0]} {HIDDEN}"}
    return {"agrees": "no", "said": f"{left[0]}: {left[1]} ≠ {right[0]}: {right[1]}"}
