"""After a run: the linked systems are read once more, shops are tied to their subjects, and that is told in a line."""

import logging
from dataclasses import dataclass

from sqlalchemy import func, select

from exchange.connectors import pulling, state
from exchange.connectors.roster import connectors
from exchange.connectors.source import open_client
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database
from kernel.models import LinkedRecord, Shop, Subject, SubjectLink
from pipeline import subjects_duty

logger = logging.getLogger(__name__)

RUNS, DECIDED = "runs", ("auto", "confirmed")
TURNS = 5


@dataclass(frozen=True, slots=True)
class Links:
    """What is linked.

    Attributes:
        shops: all. tied: those with a subject. records: how many there are that concern shops, by system.
    """

    shops: int
    tied: int
    records: dict[str, int]

    def line(self) -> str:
        """For the summary of a command."""
        words = (("处罚 penalties", "penalty"), ("投诉 complaints", "complaint12315"), ("信用 credit", "credit"))
        told = " · ".join(f"{word} {self.records.get(system, 0)}" for word, system in words)
        return f"主体 tied {self.tied}/{self.shops} · {told}"


def catch_up(config: Settings, database: Database) -> None:
    """Read what is linked to its end, and look at the shops that have no subject yet.

    A system that does not answer is left to the standing duty.

    Effects: as ``pulling.turn`` and ``subjects_duty.turn``.
    """
    with open_client(config.linked_timeout_s) as client:
        for system, connector in connectors(config, client).items():
            for _ in range(TURNS if connector.source is not None else 0):
                tally = pulling.turn(database, connector, clock=now)
                with database.read() as session:
                    how_far = state.read(session, system)
                if tally["failed"] or (how_far.cursor_at is None and how_far.keys_at is not None):
                    break
    subjects_duty.turn(config, database, now())


def links(database: Database) -> Links:
    """What is linked now: a record counts when it names the subject of a shop, or a shop's address."""
    decided = (SubjectLink.kind == "shop", SubjectLink.relation == RUNS, SubjectLink.state.in_(DECIDED))
    tied = select(SubjectLink.key).where(*decided).distinct()
    shown = select(Shop.seller_code).where(Shop.seller_code != "")
    known = select(Subject.code).join(SubjectLink, SubjectLink.subject_id == Subject.id)
    codes = shown.union(known.where(*decided, Subject.code != ""))
    concerned = (
        select(LinkedRecord.system, func.count(LinkedRecord.id))
        .where(LinkedRecord.deleted_at.is_(None))
        .where(LinkedRecord.subject_code.in_(codes) | LinkedRecord.shop_url.in_(select(Shop.url)))
        .group_by(LinkedRecord.system)
    )
    with database.read() as session:
        return Links(
            shops=session.execute(select(func.count(Shop.id))).scalar_one(),
            tied=len(session.execute(tied).all()),
            records={str(system): int(number) for system, number in session.execute(concerned)},
        )
