"""An officer's decisions on a merchant's application, each in one transaction with its audit line."""

from api.auth import SignedIn
from api.context import Context
from identity_verify import approval, badge_holding
from identity_verify.application import any_application
from identity_verify.badge_keys import open_keys
from identity_verify.errors import NotReadyError

DECISIONS = ("grant", "refuse", "suspend", "resume", "revoke")
LEAST_NOTE = 4


def decide(context: Context, who: SignedIn, application_id: int, decision: str, note: str) -> None:
    """Carry out one decision.

    Args:
        decision: of ``DECISIONS``. note: what was compared or why, in words; the merchant reads it.

    Raises:
        ApplicationUnknownError: no such application. NotReadyError: no note, or nothing to decide.
        StepError: not possible in this state.

    Effects: tables of applications and badges, ``audit``.
    """
    if len(note.strip()) < LEAST_NOTE:
        raise NotReadyError(
            "expected a few words on what was compared or why, got none",
            hint="请写明核对了什么或理由，经营者会看到。",
            context={"fields": {"note": "missing"}},
        )
    at, actor, keys = context.now(), who.scope.name, open_keys(context.settings)
    with context.database.write() as session:
        row = any_application(session, application_id, lock=True)
        if decision == "grant":
            if approval.grant(session, row, actor=actor, note=note, at=at):
                badge_holding.ensure_badge(session, keys, row, actor=actor, at=at)
        elif decision == "refuse":
            approval.refuse(session, row, actor=actor, note=note, at=at)
        elif decision == "suspend":
            badge_holding.suspend(session, keys, row, actor=actor, reason="officer", note=note.strip(), at=at)
        elif decision == "revoke":
            badge_holding.revoke(session, keys, row, actor=actor, reason="officer", note=note.strip(), at=at)
        elif not badge_holding.resume(session, keys, row, actor=actor, note=note.strip(), at=at):
            raise NotReadyError(
                "expected a suspended application with a proven site, got none",
                hint="没有已证明的站点，或主体已注销，不能恢复。",
            )
