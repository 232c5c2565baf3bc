"""Who is to be told of a lead or case: the superior, or whoever has it in hand by the table of jurisdiction.

Spec: PROC 10, 11 (who has a penalty case); LIVE 47 (live rooms).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from exchange import jurisdiction
from exchange.errors import MatterError
from exchange.jurisdiction import Matter, Ruling
from exchange.organisation import name_of, parent
from exchange.peers import Book
from exchange.routing import host_of
from exchange.telling import COMPETENT, SUPERIOR, Address
from identity_verify.subjects import subject_of_shop
from kernel.models import Shop

MATTER = "case"
"""A lead is the beginning of a penalty case: the same places decide."""
OWN_SITE, MERCHANT = "own-site", "merchant"
GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is known of where a shop belongs, for an officer to correct.

    Attributes:
        subject: of the table. places: code by place, only what our records say.
    """

    subject: str
    places: Mapping[str, str]


def suggest(session: Session, shop_id: int | None) -> Suggestion:
    """From the registered domicile of who runs the shop, and the place the watch was set for."""
    shop = session.get(Shop, shop_id) if shop_id else None
    if shop is None:
        return Suggestion(MERCHANT, {})
    tied = subject_of_shop(session, shop.id)
    registered = tied[0].region if tied else ""
    found = {"actual": shop.region, "registered": registered, "domicile": registered or shop.region}
    subject = OWN_SITE if shop.platform == GENERIC else MERCHANT
    return Suggestion(subject, {place: code for place, code in found.items() if code})


def superior(own: str) -> Address:
    """The organisation above.

    Raises:
        MatterError: there is none.
    """
    above = parent(own)
    if not above:
        raise MatterError(
            f"expected an organisation above {own}, got none", hint="本机关没有上一级，请选择有管辖权的机关。"
        )
    return Address(above, SUPERIOR, f"上报上一级：{name_of(above)}")


def competent(matter: Matter) -> tuple[Address, Ruling]:
    """Who has it by the table, with the line that says so.

    Raises:
        JurisdictionError, RecipientError: as :func:`exchange.jurisdiction.decide`.
    """
    ruling = jurisdiction.decide(matter)
    return Address(ruling.region, COMPETENT, f"{ruling.rule.basis} {ruling.rule.zh}"), ruling


def is_reachable(to: str, own: str, book: Book) -> bool:
    """True when it, or one above it that works for it, is known here."""
    return bool(host_of(to, own, book))
