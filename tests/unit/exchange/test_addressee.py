"""To whom a lead or case goes: the superior, or whoever has it by the table; places only from our records."""

import pytest
from sqlalchemy.orm import Session

from exchange import addressee
from exchange.addressee import competent, is_reachable, suggest, superior
from exchange.errors import JurisdictionError, MatterError
from exchange.jurisdiction import Matter
from kernel.models import Shop
from tests.e2e.seeded_market import Seeded
from tests.servers.matters import tie
from tests.unit.exchange.conftest import Pair


def test_places_come_from_registry_and_watch(desk: tuple[Session, Seeded]) -> None:
    """A shop on a platform is a merchant's; without a subject only the watch's place is known; no shop, no place."""
    session, seeded = desk
    assert suggest(session, seeded.shops[0]).places == {"actual": "330106", "domicile": "330106"}
    tie(session, seeded.shops[0])
    found = suggest(session, seeded.shops[0])
    assert (found.subject, found.places["registered"], found.places["actual"]) == ("own-site", "310115", "330106")
    session.get_one(Shop, seeded.shops[1]).platform = "pinjishi"
    session.flush()
    assert suggest(session, seeded.shops[1]).subject == "merchant"
    assert suggest(session, None).places == {}


def test_the_superior_and_the_competent() -> None:
    """With the rule in words; nobody is above the top, and a place that is not known is not guessed."""
    assert (superior("310115").to, superior("310115").way) == ("310000", "superior")
    with pytest.raises(MatterError):
        superior("000000")
    address, ruling = competent(Matter(addressee.MATTER, "merchant", {"actual": "310115"}))
    assert (address.to, address.way, ruling.rule.place) == ("310115", "competent", "actual")
    assert address.basis.startswith("PROC 11")
    with pytest.raises(JurisdictionError):
        competent(Matter(addressee.MATTER, "merchant", {}))


def test_who_can_be_reached(two: Pair) -> None:
    """A unit of ours, a peer, and a unit below a peer; nobody else."""
    city, _, _ = two
    book = city.gateway.book()
    reached = [code for code in ("310115", "000000", "330106", "TAX-310000") if is_reachable(code, "310000", book)]
    assert reached == ["310115", "000000", "330106"]
