"""Who may do what. Every route names one permission; what is not named is refused.

Spec: GB/T 22239-2019 8.1.4.2 access control (least privilege, separation of administrators);
OWASP ASVS 5.0 V8.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a route may ask for."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"
    MERCHANT = "merchant"
    """Held by no officer: only a merchant's own sign-in opens these pages (``api.merchant_access``)."""
    OVERVIEW_READ = "overview.read"
    LISTING_READ = "listing.read"
    SHOP_READ = "shop.read"
    SUBJECT_READ = "subject.read"
    SUBJECT_DECIDE = "subject.decide"
    HIT_READ = "hit.read"
    HIT_DECIDE = "hit.decide"
    CASE_READ = "case.read"
    CASE_WRITE = "case.write"
    MATTER_READ = "matter.read"
    MATTER_SEND = "matter.send"
    APPLICATION_READ = "application.read"
    APPLICATION_DECIDE = "application.decide"
    EVIDENCE_READ = "evidence.read"
    EVIDENCE_READ_ALL = "evidence.read-all"
    EVIDENCE_ORDER = "evidence.order"
    EVIDENCE_VERIFY = "evidence.verify"
    EVIDENCE_REPLAY = "evidence.replay"
    EVIDENCE_EXPORT = "evidence.export"
    EVIDENCE_APPROVE = "evidence.approve"
    EVIDENCE_HOLD = "evidence.hold"
    EVIDENCE_DELETE = "evidence.delete"
    BADGE_READ = "badge.read"
    BADGE_DECIDE = "badge.decide"
    EXCHANGE_READ = "exchange.read"
    EXCHANGE_DRIVE = "exchange.drive"
    OFFLINE_RELEASE = "offline.release"
    SUBSCRIPTION_ASK = "subscription.ask"
    SUBSCRIPTION_DECIDE = "subscription.decide"
    INBOX_READ = "inbox.read"
    JOB_READ = "job.read"
    JOB_STOP = "job.stop"
    WATCH_START = "watch.start"
    SEARCH_SAVE = "search.save"
    LINKED_HEALTH = "linked.health"
    LINKED_READ = "linked.read"
    LINKED_WRITE = "linked.write"
    QUALITY_READ = "quality.read"
    QUALITY_DECIDE = "quality.decide"
    RULE_TRY = "rule.try"
    AUDIT_READ = "audit.read"
    USER_MANAGE = "user.manage"


_SUPERVISOR = frozenset(
    {
        Permission.SIGNED_IN,
        Permission.OVERVIEW_READ,
        Permission.LISTING_READ,
        Permission.SHOP_READ,
        Permission.SUBJECT_READ,
        Permission.SUBJECT_DECIDE,
        Permission.HIT_READ,
        Permission.HIT_DECIDE,
        Permission.MATTER_READ,
        Permission.MATTER_SEND,
        Permission.APPLICATION_READ,
        Permission.APPLICATION_DECIDE,
        Permission.EVIDENCE_READ,
        Permission.EVIDENCE_ORDER,
        Permission.EVIDENCE_VERIFY,
        Permission.EVIDENCE_REPLAY,
        Permission.BADGE_READ,
        Permission.BADGE_DECIDE,
        Permission.EXCHANGE_READ,
        Permission.EXCHANGE_DRIVE,
        Permission.SUBSCRIPTION_ASK,
        Permission.SUBSCRIPTION_DECIDE,
        Permission.INBOX_READ,
        Permission.JOB_READ,
        Permission.JOB_STOP,
        Permission.WATCH_START,
        Permission.SEARCH_SAVE,
        Permission.LINKED_HEALTH,
        Permission.LINKED_READ,
        Permission.LINKED_WRITE,
        Permission.QUALITY_READ,
        Permission.QUALITY_DECIDE,
        Permission.RULE_TRY,
    }
)
PERMISSIONS_OF_ROLE: dict[str, frozenset[Permission]] = {
    "supervisor": _SUPERVISOR,
    "investigator": _SUPERVISOR
    | {
        Permission.CASE_READ,
        Permission.CASE_WRITE,
        Permission.EVIDENCE_READ_ALL,
        Permission.EVIDENCE_EXPORT,
        Permission.EVIDENCE_APPROVE,
        Permission.EVIDENCE_HOLD,
        Permission.EVIDENCE_DELETE,
        Permission.OFFLINE_RELEASE,
    },
    # An administrator keeps the house and its audit trail, and sees no evidence.
    "administrator": frozenset(
        {
            Permission.SIGNED_IN,
            Permission.OVERVIEW_READ,
            Permission.JOB_READ,
            Permission.JOB_STOP,
            Permission.LINKED_HEALTH,
            Permission.AUDIT_READ,
            Permission.USER_MANAGE,
        }
    ),
}
ROLES = tuple(PERMISSIONS_OF_ROLE)


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Everything the roles allow together; an unknown role allows nothing."""
    result = frozenset({Permission.SIGNED_IN})
    for role in roles:
        result |= PERMISSIONS_OF_ROLE.get(role, frozenset())
    return result


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose eyes a query looks through; every read model takes one.

    Attributes:
        user_id, name: the person. permissions: what the roles allow together.
    """

    user_id: int
    name: str
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """True when the permission is held."""
        return permission in self.permissions
