"""The policy as conditions of a query, so that a list, its figures and its detail hide the same rows."""

from sqlalchemy import ColumnElement, false, or_, true

from api.policy import Permission, Scope
from kernel.models import Evidence, SavedSearch


def allowed(scope: Scope, permission: Permission) -> ColumnElement[bool]:
    """Every row, when the permission is held; no row otherwise."""
    return true() if scope.may(permission) else false()


def evidence_visible(scope: Scope) -> ColumnElement[bool]:
    """Which evidence a person may see.

    Investigators see all. Supervisors see what rules asked for and what they ordered themselves:
    another officer's order may belong to a case they have no part in.
    """
    if not scope.may(Permission.EVIDENCE_READ):
        return false()
    if scope.may(Permission.EVIDENCE_READ_ALL):
        return true()
    return or_(Evidence.reason == "rule", Evidence.ordered_by == scope.name)


def saved_search_visible(scope: Scope) -> ColumnElement[bool]:
    """A saved search belongs to one person."""
    return SavedSearch.user_id == scope.user_id
