"""What a signed-in person does about data quality: closes a finding, hands it over, enters who answers."""

from api.auth import SignedIn
from api.context import Context
from api.errors import InputError
from api.queries.quality import find_finding
from exchange.errors import RecipientError
from exchange.organisation import check_code
from exchange.quality import desk, ownership
from exchange.quality.ownership import ALL_FIELDS
from exchange.quality.rule_set import rule_set


def decide(context: Context, who: SignedIn, finding_id: int, decision: str, *, reason: str, unit: str) -> None:
    """Close a finding (``fixed``, ``accepted``) or hand it over (``hand-over``), with a reason.

    Raises:
        NotFoundError: no such finding for this person. InputError: no such unit.
        QualityDecisionError: it is closed, or the reason lacks.

    Effects: tables ``quality_finding``, ``notice``, ``audit``.
    """
    at, actor = context.now(), who.scope.name
    with context.database.write() as session:
        row = find_finding(session, who.scope, finding_id)
        if decision == "hand-over":
            desk.hand_over(session, row, _unit(unit), reason=reason, actor=actor, at=at)
        else:
            desk.decide(session, row, decision, reason=reason, actor=actor, at=at)


def set_owner(context: Context, who: SignedIn, data_set: str, field: str, *, unit: str, days: str) -> None:
    """Enter who answers for a field from now on.

    Raises:
        DataSetUnknownError: no such data set. InputError: no such field or unit, or no number of days.

    Effects: tables ``quality_owner``, ``audit``.
    """
    known = (ALL_FIELDS, *rule_set(data_set).fields)
    if field not in known:
        raise InputError(f"expected one of {', '.join(known)}, got {field[:40]!r}", hint="请选择有规则的字段。")
    if days and not (days.isascii() and days.isdigit() and 1 <= int(days) <= 365):
        raise InputError(f"expected days from 1 to 365, got {days[:20]!r}", hint="请填 1 至 365 的天数，或留空。")
    with context.database.write() as session:
        ownership.enter(
            session, data_set, field, _unit(unit), days=int(days) if days else None, actor=who.scope.name,
            at=context.now(),
        )  # fmt: skip


def _unit(code: str) -> str:
    try:
        return check_code(code.strip())
    except RecipientError as error:
        raise InputError(error.message, hint="请填机构代码，如 310115。") from error
