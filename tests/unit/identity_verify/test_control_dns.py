"""Control by DNS, and why it fails."""

from datetime import timedelta

import pytest

from identity_verify.control_dns import check_cname, check_txt, delegated_name
from identity_verify.control_token import record_text
from tests.servers.paper_net import PaperNet
from tests.unit.identity_verify.challenges import LAST_DAY, OTHER, TODAY, TOKEN, challenge_of

NAME = "_scjg-challenge.www.tea.example"
RECORD = record_text(TOKEN, LAST_DAY)
TARGET = f"{TOKEN}.challenge.wangjian.example"


def test_the_record_proves_its_name(net: PaperNet) -> None:
    """Also among others, in capitals, and until its last day."""
    net.texts[NAME] = ("v=spf1 -all", record_text(OTHER, LAST_DAY), RECORD.replace(TOKEN, TOKEN.upper()))
    for day in (TODAY, LAST_DAY):
        outcome = check_txt(challenge_of(), net, on=day)
        assert outcome.ok
        assert outcome.detail["server"] == "192.0.2.53"
        assert outcome.detail["authoritative"] is True


def test_the_domains_record_proves_the_domain(net: PaperNet) -> None:
    """And the host's own record does not."""
    net.texts[NAME] = (RECORD,)
    assert check_txt(challenge_of("domain"), net, on=TODAY).cause == "wrong-host"
    net.texts["_scjg-challenge.tea.example"] = (RECORD,)
    assert check_txt(challenge_of("domain"), net, on=TODAY).ok


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ((record_text(OTHER, LAST_DAY),), "wrong-token"),
        (("hello",), "malformed-record"),
        ((f"“token={TOKEN}”",), "malformed-record"),
        ((record_text(TOKEN, TODAY - timedelta(days=1)),), "expired-token"),
    ],
)
def test_a_record_that_does_not_prove(net: PaperNet, values: tuple[str, ...], cause: str) -> None:
    """Another token, no such form, or a day that is over."""
    net.texts[NAME] = values
    outcome = check_txt(challenge_of(), net, on=TODAY)
    assert (outcome.ok, outcome.cause) == (False, cause)


def test_our_own_day_counts_too(net: PaperNet) -> None:
    """A record with a later day does not make the token live longer."""
    net.texts[NAME] = (record_text(TOKEN, LAST_DAY + timedelta(days=900)),)
    assert check_txt(challenge_of(), net, on=LAST_DAY + timedelta(days=1)).cause == "expired-token"


@pytest.mark.parametrize(
    "place",
    ["www.tea.example", f"{NAME}.tea.example", "_scjg-challenge.www.www.tea.example", "_scjg-challenge.tea.example"],
)
def test_the_wrong_place_is_named(net: PaperNet, place: str) -> None:
    """The name without the label, the zone typed twice, www twice, the domain instead of the host."""
    net.texts[place] = (RECORD,)
    outcome = check_txt(challenge_of(), net, on=TODAY)
    assert outcome.cause == "wrong-host"
    assert outcome.detail["found_at"] == place


def test_nothing_there(net: PaperNet) -> None:
    """No name, no record of this kind, no domain, an old answer of a cache, silence, a failing server."""
    assert check_txt(challenge_of(), net, on=TODAY).cause == "nxdomain"
    net.names.add(NAME)
    assert check_txt(challenge_of(), net, on=TODAY).cause == "no-record"
    net.missing_zones.add("tea.example")
    net.names.clear()
    assert check_txt(challenge_of(), net, on=TODAY).cause == "domain-nxdomain"
    net.cached = True
    cached = check_txt(challenge_of(), net, on=TODAY)
    assert (cached.cause, cached.detail["ttl"]) == ("cached-negative", 600)
    for state, cause in (("timeout", "dns-timeout"), ("failure", "dns-failure")):
        net.troubles[NAME] = state
        assert check_txt(challenge_of(), net, on=TODAY).cause == cause


def test_a_delegation_proves_the_name(net: PaperNet) -> None:
    """The CNAME points at our name for this token, with or without a dot, in any case."""
    assert delegated_name(challenge_of()) == TARGET
    for target in (TARGET, f"{TARGET.upper()}."):
        net.aliases[NAME] = (target,)
        assert check_cname(challenge_of(), net, on=TODAY).ok
    assert check_cname(challenge_of(), net, on=LAST_DAY + timedelta(days=1)).cause == "expired-token"


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        (f"{OTHER}.challenge.wangjian.example", "wrong-token"),
        (f"{TOKEN}.elsewhere.example", "wrong-target"),
        (f"{TOKEN}.challenge.wangjian.example.tea.example", "wrong-target"),
    ],
)
def test_a_delegation_that_does_not_prove(net: PaperNet, target: str, cause: str) -> None:
    """To another token, to somebody else, or with the zone appended by a control panel."""
    net.aliases[NAME] = (target,)
    outcome = check_cname(challenge_of(), net, on=TODAY)
    assert outcome.cause == cause
    assert outcome.detail["wanted"] == TARGET


def test_a_delegation_in_the_wrong_place(net: PaperNet) -> None:
    """It is found there, and the place is named."""
    net.aliases["www.tea.example"] = (TARGET,)
    assert check_cname(challenge_of(), net, on=TODAY).detail["found_at"] == "www.tea.example"
    net.aliases.clear()
    assert check_cname(challenge_of(), net, on=TODAY).cause == "nxdomain"
