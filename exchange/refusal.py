"""What others handed over and was not taken: told to the office of the exchange, once a day for each sender and reason.

A forged or oversized message leaves no row, as nothing of it is believed; that it came has to be seen all the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from exchange import notice
from exchange.errors import WindowError
from exchange.notice import EXCHANGE_OFFICE
from exchange.organisation import name_of
from kernel.db import Database
from kernel.working_days import day_of

STRANGER = ""
"""In place of a caller whose signature does not hold."""
LINK = "/exchange"
MOST_KEPT = 1_000
EXPECTED = frozenset({WindowError.code})
"""Refusals that mend themselves: the sender waits for a gap to be filled."""


class Refusals:
    """Remembers what was told, so that a flood of the same costs no writing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: set[str] = set()

    def note(self, caller: str, refused: Iterable[Mapping[str, str]], *, at: datetime) -> None:
        """Tell of refusals that were not told today.

        Args:
            caller: code of the peer, or ``STRANGER``. refused: each ``message_id``, ``code``, ``message``.

        Effects: table ``notice``.
        """
        day = day_of(at).isoformat()
        found = {f"exchange:refused:{caller}:{item['code']}:{day}": item for item in refused}
        new = {
            key: item for key, item in found.items() if key not in self._told and item["code"] not in EXPECTED
        }  # fmt: skip
        if not new:
            return
        with self._database.write() as session:
            for key, item in new.items():
                notice.tell(
                    session, key=key[:200], owner=EXCHANGE_OFFICE, kind="exchange", title=_title(caller), at=at,
                    detail={"code": item["code"], "message_id": item["message_id"], "from": caller,
                            "message": item["message"][:500]},
                    link=LINK,
                )  # fmt: skip
        if len(self._told) > MOST_KEPT:
            self._told.clear()
        self._told |= new.keys()


def _title(caller: str) -> str:
    if caller == STRANGER:
        return "未接收来历不明的调用 A call that is nobody's was refused"
    return f"未接收 {name_of(caller)}（{caller}）送来的消息 A message handed over by {caller} was refused"
