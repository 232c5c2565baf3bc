"""JSON forms of users, sign-ins and the audit trail."""

from datetime import datetime

from api.schemas.base import In, Out


class SignInIn(In):
    """Name and password."""

    name: str
    password: str


class SessionOut(Out):
    """The sign-in: send ``csrf_token`` as the header X-CSRF-Token with every unsafe call."""

    name: str
    display_name: str
    roles: list[str]
    permissions: list[str]
    csrf_token: str


class UserOut(Out):
    """One user, without secrets."""

    id: int
    name: str
    display_name: str
    certificate_number: str
    roles: list[str]
    active: bool
    locked_until: datetime | None
    created_at: datetime


class UserIn(In):
    """A user to be let in; without a password only a one-time sign-in works."""

    name: str
    display_name: str = ""
    certificate_number: str = ""
    roles: list[str]
    password: str = ""


class UserChangeIn(In):
    """New roles and whether the account is in use."""

    roles: list[str]
    active: bool


class TicketOut(Out):
    """A one-time sign-in, shown once."""

    url: str


class AuditEntryOut(Out):
    """One entry of the audit trail."""

    seq: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: dict[str, object]
    prev_hash: str
    hash: str


class AuditOut(Out):
    """A slice of the audit trail."""

    total: int
    next_before: str | None
    entries: list[AuditEntryOut]


class AuditCheckOut(Out):
    """Result of recomputing the chain; ``first_bad_seq`` is null when it is whole."""

    ok: bool
    entries: int
    first_bad_seq: int | None
