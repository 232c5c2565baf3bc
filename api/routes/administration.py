"""Users, the audit trail, rule trials and health."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import Who, allow
from api.context import Ctx
from api.policy import Permission
from api.queries.audit_trail import AuditFilter, list_audit
from api.queries.slices import PAGE_SIZE
from api.queries.users import NewUser, add_user, change_user, give_ticket, list_users
from api.row_number import RowNumber
from api.rule_trial import try_text
from api.schemas.overview import TrialIn, TrialOut
from api.schemas.user import AuditCheckOut, AuditEntryOut, AuditOut, TicketOut, UserChangeIn, UserIn, UserOut
from kernel import audit

router = APIRouter(prefix="/api/v1", tags=["administration"])


@router.get("/health", dependencies=[allow(Permission.PUBLIC)])
def health() -> dict[str, str]:
    """That this process answers; nothing more."""
    return {"status": "ok"}


@router.get("/users", dependencies=[allow(Permission.USER_MANAGE)])
def users(context: Ctx, who: Who) -> list[UserOut]:
    """Everybody who may sign in."""
    with context.database.read() as session:
        return [UserOut.model_validate(user) for user in list_users(session, who.scope)]


@router.post("/users", dependencies=[allow(Permission.USER_MANAGE)], status_code=201)
def add(context: Ctx, who: Who, body: UserIn) -> UserOut:
    """Let a person in."""
    digest = context.gate.hash(body.password) if body.password else ""
    new = NewUser(body.name, body.display_name, body.certificate_number, tuple(body.roles), digest)
    with context.database.write() as session:
        return UserOut.model_validate(add_user(session, who.scope, new, at=context.now()))


@router.put("/users/{user_id}", dependencies=[allow(Permission.USER_MANAGE)])
def change(context: Ctx, who: Who, user_id: RowNumber, body: UserChangeIn) -> UserOut:
    """Change roles, or switch an account on or off; its sign-ins end."""
    with context.database.write() as session:
        user = change_user(session, who.scope, user_id, roles=body.roles, active=body.active, at=context.now())
        return UserOut.model_validate(user)


@router.post("/users/{user_id}/ticket", dependencies=[allow(Permission.USER_MANAGE)], status_code=201)
def ticket(context: Ctx, who: Who, user_id: RowNumber) -> TicketOut:
    """A one-time sign-in for a user, good for an hour."""
    with context.database.write() as session:
        secret = give_ticket(session, who.scope, user_id, at=context.now())
    return TicketOut(url=f"{context.web_origin}/signin/once?ticket={secret}")


@router.get("/audit", dependencies=[allow(Permission.AUDIT_READ)])
def trail(
    context: Ctx,
    who: Who,
    wanted: Annotated[AuditFilter, Depends()],
    before: Annotated[RowNumber | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE_SIZE,
) -> AuditOut:
    """The audit trail, newest first."""
    with context.database.read() as session:
        found = list_audit(session, who.scope, wanted, before=before, limit=limit)
        return AuditOut(
            total=found.total,
            next_before=found.next_before,
            entries=[AuditEntryOut.model_validate(entry) for entry in found.rows],
        )


@router.post("/audit/check", dependencies=[allow(Permission.AUDIT_READ)])
def check(context: Ctx) -> AuditCheckOut:
    """Recompute the whole chain."""
    with context.database.read() as session:
        return AuditCheckOut.model_validate(audit.verify(session))


@router.post("/rules/try", dependencies=[allow(Permission.RULE_TRY)])
def trial(context: Ctx, body: TrialIn) -> list[TrialOut]:
    """What the rules in force say of a text; nothing is stored."""
    found = try_text(body.text, field=body.field, category=body.category, at=context.now())
    return [TrialOut.model_validate(item) for item in found]
