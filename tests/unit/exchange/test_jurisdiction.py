"""The table of jurisdiction: one case a cell, and what holds where two claim a matter."""

from datetime import UTC, datetime, timedelta

import pytest

from exchange.errors import JurisdictionError, RecipientError
from exchange.jurisdiction import MATTERS, PLACES, Claim, Matter, decide, read_table, settle, table

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOME, SHOWN, ACTUAL, REGISTERED, PLATFORM = "310115", "320102", "330106", "440305", "110108"
PUBLISHER, ADVERTISER = "310104", "510107"
ALL = {
    "domicile": HOME, "publicised": SHOWN, "actual": ACTUAL, "registered": REGISTERED, "platform": PLATFORM,
    "publisher": PUBLISHER, "advertiser": ADVERTISER,
}  # fmt: skip


def without(*names: str) -> dict[str, str]:
    """All places but some."""
    return {name: code for name, code in ALL.items() if name not in names}


@pytest.mark.parametrize("kind", MATTERS)
@pytest.mark.parametrize("subject", ["platform", "own-site", "other-service"])
def test_who_runs_the_site_is_dealt_with_at_home(kind: str, subject: str) -> None:
    """Platforms, sites of one's own, other services: the county of the domicile (PROC 10, CPR 13, 31)."""
    ruling = decide(Matter(kind, subject, ALL))
    assert (ruling.region, ruling.others) == (HOME, ())
    assert ruling.rule.basis == {"complaint": "CPR 13", "report": "CPR 31", "case": "PROC 10"}[kind]


@pytest.mark.parametrize("subject", ["merchant", "live-room"])
def test_a_complaint_about_a_merchant(subject: str) -> None:
    """The publicised address or the platform's domicile; none or a dead one: the platform's (CPR 13)."""
    found = decide(Matter("complaint", subject, ALL))
    assert (found.region, found.others, found.rule.basis) == (SHOWN, (PLATFORM,), "CPR 13")
    first = decide(Matter("complaint", subject, ALL, first_at=PLATFORM))
    assert (first.region, first.others) == (PLATFORM, (SHOWN,))
    for matter in (Matter("complaint", subject, without("publicised")),
                   Matter("complaint", subject, ALL, address_is_dead=True)):  # fmt: skip
        found = decide(matter)
        assert (found.region, found.rule.when, found.others) == (PLATFORM, "no-address", ())


@pytest.mark.parametrize("subject", ["merchant", "live-room"])
def test_a_report_about_a_merchant(subject: str) -> None:
    """The actual place; the platform's if it received the report first (CPR 31, 32)."""
    assert decide(Matter("report", subject, ALL)).region == ACTUAL
    found = decide(Matter("report", subject, ALL, first_at="110000"))
    assert (found.region, found.others) == (PLATFORM, (ACTUAL,)), "the city above the platform's district counts"
    assert decide(Matter("report", subject, ALL, first_at="310000")).region == ACTUAL


def test_a_case_against_a_merchant() -> None:
    """The actual place; the platform's may where it found it first (PROC 11)."""
    assert decide(Matter("case", "merchant", ALL)).region == ACTUAL
    found = decide(Matter("case", "merchant", ALL, first_at=PLATFORM))
    assert (found.region, found.rule.basis) == (PLATFORM, "PROC 11")


def test_a_case_against_a_live_room() -> None:
    """Actual place, else the registered one, else, unregistered, the platform's (LIVE 47)."""
    assert decide(Matter("case", "live-room", ALL)).region == ACTUAL
    assert decide(Matter("case", "live-room", without("actual"))).region == REGISTERED
    assert decide(Matter("case", "live-room", without("actual", "registered"))).region == PLATFORM
    assert decide(Matter("case", "live-room", ALL, first_at=PLATFORM)).region == ACTUAL, (
        "being first does not count here"
    )


@pytest.mark.parametrize("kind", ["report", "case"])
def test_advertisements(kind: str) -> None:
    """The publisher's place; the advertiser's if it was first; one's own: the advertiser's (IAD 20)."""
    assert decide(Matter(kind, "advertisement", ALL)).region == PUBLISHER
    assert decide(Matter(kind, "advertisement", ALL, first_at=ADVERTISER)).region == ADVERTISER
    assert decide(Matter(kind, "own-advertisement", ALL)).region == ADVERTISER


@pytest.mark.parametrize(
    "matter",
    [
        Matter("complaint", "advertisement", ALL),
        Matter("petition", "merchant", ALL),
        Matter("case", "stranger", ALL),
        Matter("case", "merchant", without("actual", "platform")),
        Matter("case", "merchant", without("actual")),
        Matter("complaint", "merchant", {}),
        Matter("case", "platform", without("domicile")),
    ],
)
def test_nobody_is_guessed(matter: Matter) -> None:
    """What the table does not know, or whose place is not known, is refused."""
    with pytest.raises(JurisdictionError):
        decide(matter)


def test_a_place_is_a_code() -> None:
    """Not a name."""
    with pytest.raises(RecipientError):
        decide(Matter("case", "platform", {"domicile": "浦东新区"}))


def test_every_cell_of_the_table_ends_somewhere() -> None:
    """With all places known each has an answer that names its article and says it in two languages."""
    for kind, subject in table().rules:
        rule = decide(Matter(kind, subject, ALL)).rule
        assert rule.basis
        assert rule.zh
        assert rule.en
        assert rule.place in PLACES
    assert len(table().rules) == 5 + 7 + 7


def test_the_first_one_keeps_a_complaint() -> None:
    """CPR 14: nobody has to decide."""
    found = settle("complaint", [Claim("310115", AT + timedelta(hours=1)), Claim("110108", AT)])
    assert (found.org, found.superior, found.basis) == ("110108", "", "CPR 14")


def test_two_that_took_up_a_case() -> None:
    """The first to file has it; else the common superior, within seven working days (PROC 12, 13, 16)."""
    found = settle("case", [Claim("310115", AT), Claim("310104", AT + timedelta(days=1))])
    assert (found.org, found.superior, found.talk_days, found.superior_days) == ("310115", "310000", 7, 7)
    found = settle("report", [Claim("310115", AT), Claim("110108", AT), Claim("31011501", AT)])
    assert (found.org, found.superior, found.basis) == ("110108", "000000", "CPR 33")


def test_one_claim_needs_no_superior() -> None:
    """Nor two of the same authority; none at all is an error."""
    assert settle("case", [Claim("310115", AT), Claim("310115", AT)]).superior == ""
    with pytest.raises(JurisdictionError):
        settle("case", [])
    with pytest.raises(JurisdictionError):
        settle("petition", [Claim("310115", AT)])


@pytest.mark.parametrize(
    "lines",
    [
        "[{place: moon, when: always, basis: x, zh: x, en: x}]",
        "[{place: actual, when: sometimes, basis: x, zh: x, en: x}]",
        "[{place: actual, when: no-address, basis: x, zh: x, en: x}]",
    ],
)
def test_a_table_that_is_not_understood_is_refused(lines: str) -> None:
    """Before anybody is sent to the wrong door."""
    text = f"subjects: {{a: {{zh: x, en: x}}}}\nmatters: {{}}\nconflicts: {{}}\nrules: {{case: {{a: {lines}}}}}"
    with pytest.raises(JurisdictionError):
        read_table(text)
