"""What a linked system is to us, whichever it is: this module never knows a single one.

A :class:`Connector` is put together by the ``client`` module of each system: where it is, what it publishes, how a
row is understood, what follows from a row, and what may be written back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from exchange.connectors import post, state
from exchange.connectors.answer import Page
from exchange.connectors.errors import SourceUnavailableError
from exchange.connectors.row import FieldList, Keep, Quarantined, SourceRow, Understand, Understood
from exchange.connectors.source import Source
from kernel.models import LinkedRecord, LinkedState

Pulled = Page
Apply = Callable[[Session, Understood, datetime], None]
Withdraw = Callable[[Session, LinkedRecord, datetime], None]
Shape = Callable[[Mapping[str, object]], post.Sending]


def nothing_follows(session: Session, what: object, at: datetime) -> None:
    """For systems whose records stand for themselves."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One linked system.

    Attributes:
        system: its name. published: the field list it publishes. key_field: the one that names a record in files.
        keep: what of a row may be kept at all.
        understand: a row in our words, or the problems it has.
        apply: what follows from a new version, in the transaction that takes it. withdraw: from a record taken back.
        shape: what is written back, in the system's words; raises WriteBackError where something lacks.
        source: its HTTP side, or none where only files come.
    """

    system: str
    published: tuple[str, ...]
    key_field: str
    keep: Keep
    understand: Understand
    shape: Shape
    apply: Apply = nothing_follows
    withdraw: Withdraw = nothing_follows
    source: Source | None = field(default=None, repr=False)

    def online(self) -> Source:
        """The HTTP side.

        Raises:
            SourceUnavailableError: the settings name none.
        """
        if self.source is None:
            raise SourceUnavailableError(
                f"expected an address of {self.system}, the settings name none",
                hint=f"WANGJIAN_LINKED_{self.system.upper()}_URL",
            )
        return self.source

    def pull(self, how_far: LinkedState, *, at: datetime) -> Pulled:
        """The next page of changes after what was read.

        Raises:
            LinkedError: it could not be had; nothing is changed.

        Effects: requests to the system.
        """
        del at
        return self.online().page(state.start(how_far), self.published, self.keep)

    def one(self, key: str) -> SourceRow | Quarantined | None:
        """One record, or none when the system has it not. Raises and effects: as ``pull``."""
        return self.online().one(key, self.published, self.keep)

    def write_back(self, session: Session, what: Mapping[str, object], *, actor: str, at: datetime) -> str:
        """Mint what is to be told to the system, in the caller's transaction; it is delivered soon after.

        Args:
            what: as the system's ``message`` module says; ``cause`` names what it comes from.

        Returns:
            its id. The same cause gives the same id and is sent once.

        Raises:
            WriteBackError: something lacks.

        Effects: tables ``linked_post``, ``audit``.
        """
        return post.mint(session, self.system, self.shape(what), actor=actor, at=at)


def assemble(
    fields: FieldList,
    shape: Shape,
    source: Source | None,
    *,
    apply: Apply = nothing_follows,
    withdraw: Withdraw = nothing_follows,
) -> Connector:
    """A system from what its ``mapping`` and its ``message`` module say. Without a source it takes files only.

    Args:
        apply, withdraw: what follows from its records, where they do not stand for themselves.
    """
    return Connector(
        system=fields.system,
        published=fields.published,
        key_field=fields.key_field,
        keep=fields.keep,
        understand=fields.understand,
        shape=shape,
        apply=apply,
        withdraw=withdraw,
        source=source,
    )
