"""An issuer of badges over a database: subjects, proven sites, keys in a folder of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from identity_verify import badges
from identity_verify.badge_issuer import Issuer
from identity_verify.badge_keys import BadgeKeys
from identity_verify.proven_site import ProvenSite, SiteScope
from kernel.db import Database
from kernel.identifiers import organisation_check_character, uscc_check_character
from kernel.models import Badge, Subject

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ORIGIN = "https://badge.example.test"


def synthetic_code(number: int) -> str:
    """A credit code with right check characters that no registry gave out (body ``XX…``)."""
    body = f"XX{number:06d}"
    first = f"91310115{body}{organisation_check_character(body)}"
    return first + uscc_check_character(first)


def site(
    host: str, scope: SiteScope = "host", *, at: datetime = AT, days: float = 180, path: str = "", port: int = 0
) -> ProvenSite:
    """A site proven at ``at`` for so many days."""
    return ProvenSite(host, scope, at, at + timedelta(days=days), method="officer", path=path, port=port)


def add_subject(database: Database, number: int, *, name: str = "", status: str = "active", at: datetime = AT) -> int:
    """A row of ``subject``; returns its id."""
    row = Subject(
        id=number, code=synthetic_code(number), name=name or f"上海样例{number}号(测试)有限公司", kind="company",
        status=status, updated_at=at,
    )  # fmt: skip
    with database.write() as session:
        session.add(row)
    return number


@dataclass
class Office:
    """An issuer under test."""

    database: Database
    keys: BadgeKeys

    def issue(self, number: int = 1, *hosts: str, at: datetime = AT) -> Badge:
        """A subject of this number with a badge for its hosts."""
        add_subject(self.database, number, at=at)
        sites = [site(host, at=at) for host in hosts or (f"shop{number}.example.test",)]
        with self.database.write() as session:
            return badges.issue(session, self.keys, number, sites, at=at)


def open_office(database: Database, folder: Path, *, origin: str = ORIGIN, days: int = 30) -> Office:
    """An issuer with no keys yet, in ``folder/badge``."""
    return Office(database, BadgeKeys(folder / "badge", Issuer(origin), timedelta(days=days)))
