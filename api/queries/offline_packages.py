"""Offline packages: the list, and one with its officers and its receipt."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.policy import Permission, Scope
from api.queries.presence import require
from api.queries.scope import allowed
from api.queries.slices import counts
from exchange.offline.outgoing import releases
from kernel.models import Officer, OfflinePackage, OfflineRelease

SHOWN = 200


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """What to list; empty means any."""

    direction: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class PackageDetail:
    """One package with who released it."""

    row: OfflinePackage
    releases: tuple[tuple[OfflineRelease, Officer], ...]


def list_packages(session: Session, scope: Scope, wanted: PackageFilter) -> tuple[OfflinePackage, ...]:
    """The newest packages, both ways."""
    query = select(OfflinePackage).where(allowed(scope, Permission.EXCHANGE_READ))
    if wanted.direction:
        query = query.where(OfflinePackage.direction == wanted.direction)
    if wanted.state:
        query = query.where(OfflinePackage.state == wanted.state)
    newest = query.order_by(OfflinePackage.at.desc(), OfflinePackage.id.desc()).limit(SHOWN)
    return tuple(session.execute(newest).scalars())


def package_facets(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are by direction and by state."""
    may = allowed(scope, Permission.EXCHANGE_READ)
    return {
        "direction": counts(session, OfflinePackage.direction, may),
        "state": counts(session, OfflinePackage.state, may),
    }


def find_package(session: Session, scope: Scope, package: str) -> PackageDetail:
    """One package.

    Raises:
        NotFoundError: none of that number, or not this reader's.
    """
    query = select(OfflinePackage).where(OfflinePackage.id == package, allowed(scope, Permission.EXCHANGE_READ))
    row = require(session.execute(query).scalar_one_or_none(), "a package", "离线包列表")
    return PackageDetail(row, tuple(releases(session, package)))
