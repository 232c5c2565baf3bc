"""What a comparison needs of this installation: its name, its hand, its rows, and a way to send."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from exchange.reconcile.tally import Row

Signature = Mapping[str, str]
"""``suite``, ``kid`` and ``value`` (base64)."""


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one data set that this installation and one peer should both hold.

    Attributes:
        data_set: its name at both sides. sender: code of the side whose rows they are first.
        rows: every row up to a cut (sequence number), each key once.
        cut: highest sequence number of what was there before a time; it does not move any more.
        mend: send some keys again; the id of the message that does it by key. Only asked of the sender.
    """

    data_set: str
    sender: str
    rows: Callable[[Session, int], Iterable[Row]]
    cut: Callable[[Session, datetime], int]
    mend: Callable[[Session, Sequence[str], datetime], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """This installation in a comparison.

    Attributes:
        me: organisation code. sign: signature over bytes for a peer. verify: check a peer's; raises a
            ``WangjianError`` when it does not hold. source: by peer and name of data set; None when there is none.
        post: send one payload of type RECON to a peer, in the session's transaction.
    """

    me: str
    sign: Callable[[str, bytes], Signature]
    verify: Callable[[str, bytes, Signature], None]
    source: Callable[[str, str], Source | None]
    post: Callable[[Session, str, Mapping[str, object], datetime], object]
