"""Looking again, under a clock that is driven."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from identity_verify import badge_holding, badges, recheck
from kernel.outside import Fetched
from tests.servers.paper_net import PaperNet
from tests.unit.identity_verify.merchant_case import HOST, Case

DAY = timedelta(days=1)


class Flapping(PaperNet):
    """A site whose name servers and pages come and go; never away for a whole day."""

    def __init__(self, seed: int, case: Case) -> None:
        super().__init__()
        self.case = case
        self.random = random.Random(seed)  # noqa: S311 - a test's dice
        self.changes: list[datetime] = [case.at]
        self.failures = 0
        while self.changes[-1] < case.at + timedelta(days=30):
            away = len(self.changes) % 2 == 0
            hours = self.random.uniform(0.1, 22.0) if away else self.random.uniform(0.2, 30.0)
            self.changes.append(self.changes[-1] + timedelta(hours=hours))

    def away(self) -> bool:
        """Between an odd change and the next."""
        away = sum(change <= self.case.at for change in self.changes) % 2 == 0
        self.failures += away
        return away

    def txt(self, name: str) -> object:  # type: ignore[override]
        """Nothing while away."""
        answer = super().txt(name)
        return replace(answer, state="nxdomain", values=()) if self.away() else answer

    def fetch(self, url: str, *, max_bytes: int) -> Fetched:
        """No connection while away."""
        return Fetched(url, error="no-connection") if self.away() else super().fetch(url, max_bytes=max_bytes)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_flapping_site_is_never_suspended(case: Case, seed: int) -> None:
    """Thirty days of coming and going, hours at a time: warned of, never taken away."""
    case.issued()
    flapping = Flapping(seed, case)
    flapping.texts, flapping.pages = case.net.texts, case.net.pages
    case.net = flapping
    end = case.at + timedelta(days=29)
    while case.at < end:
        case.run_until(case.at + DAY)
        assert case.state in {"issued", "warning"}
    assert flapping.failures > 10
    assert "suspend" not in case.events()
    assert "warn" in case.events()


@pytest.mark.parametrize("hours", [0.5, 7, 19.9])
def test_what_went_is_found_within_a_day(case: Case, hours: float) -> None:
    """A record taken away at any hour: the warning comes within 24 hours, the suspension a day later and not before."""
    case.issued()
    case.run_until(case.at + timedelta(days=3, hours=hours))
    gone = case.at
    case.net.texts.clear()
    case.run_until(gone + DAY)
    assert case.state == "warning"
    assert case.badge().state == "active"
    warned = case.application().state_since
    case.run_until(warned + DAY - timedelta(minutes=1))
    assert case.state == "warning"
    case.run_until(warned + DAY + timedelta(minutes=5))
    assert (case.state, case.application().suspended_for) == ("suspended", "control")
    with case.database.read() as session:
        assert badges.check(session, case.application().badge_id, at=case.at).word == "suspended"


def test_proven_again_is_lifted_again(case: Case) -> None:
    """By the daily look, or at once when the merchant asks."""
    claim_id = case.issued()
    kept = dict(case.net.texts)
    case.net.texts.clear()
    case.run_until(case.at + timedelta(days=3))
    assert case.state == "suspended"
    case.net.texts.update(kept)
    assert case.check(claim_id).ok
    assert (case.state, case.badge().state) == ("issued", "active")
    case.net.texts.clear()
    case.run_until(case.at + timedelta(days=3))
    case.net.texts.update(kept)
    case.run_until(case.at + timedelta(days=2))
    assert case.state == "issued"


def test_silence_of_name_servers_is_not_their_fault(case: Case) -> None:
    """For three days; then it counts like any failure, which takes another one."""
    claim_id = case.issued()
    case.run_until(case.at + DAY)
    case.net.troubles[f"_scjg-challenge.{HOST}"] = "timeout"
    proven = case.claim(claim_id).proven_at
    assert proven is not None
    case.run_until(proven + timedelta(days=3))
    assert case.state == "issued"
    case.run_until(proven + timedelta(days=3, hours=2))
    assert case.state == "warning"
    case.run_until(proven + timedelta(days=4, hours=3))
    assert case.state == "suspended"


def test_another_way_that_once_proved_it_serves(case: Case) -> None:
    """Whoever moved from a record to a file keeps the badge."""
    claim_id = case.issued()
    row = case.claim(claim_id)
    case.net.serve(f"{row.origin}/.well-known/scjg-challenge/{row.token}", row.token, "text/plain")
    assert case.check(claim_id, "file").ok
    del case.net.pages[f"{row.origin}/.well-known/scjg-challenge/{row.token}"]
    case.run_until(case.at + timedelta(days=3))
    assert case.state == "issued"
    assert case.claim(claim_id).method == "dns"


def test_a_failed_try_of_another_way_is_no_failure(case: Case) -> None:
    """The merchant tries the meta element; the record still stands."""
    claim_id = case.issued()
    case.at += timedelta(minutes=1)
    assert not case.check(claim_id, "meta").ok
    assert case.claim(claim_id).state == "proven"
    assert case.state == "issued"


@pytest.mark.parametrize("status", ["revoked", "deregistered", "cancelled"])
def test_a_firm_that_ends_loses_the_badge_at_once(case: Case, status: str) -> None:
    """At the next round, without waiting for a look; and gets it back when the registry was wrong."""
    case.issued()
    case.at += timedelta(minutes=5)
    case.change(status=status)
    case.turn()
    assert (case.state, case.application().suspended_for) == ("suspended", "subject-ended")
    assert case.badge().state == "suspended"
    case.at += timedelta(minutes=5)
    case.change(status="active")
    case.turn()
    assert (case.state, case.badge().state) == ("issued", "active")


def test_a_renamed_firm_gets_a_renamed_badge(case: Case) -> None:
    """At once, under the same number."""
    case.issued()
    before = case.badge()
    case.at += timedelta(minutes=5)
    case.change(name="上海青禾二号(测试)商贸有限公司")
    case.turn()
    after = case.badge()
    assert (after.id, after.name) == (before.id, "上海青禾二号(测试)商贸有限公司")
    assert case.application().subject_name == after.name
    case.turn()
    assert case.badge().token == after.token


def test_an_abnormal_firm_is_warned_of(case: Case) -> None:
    """经营异常 is for an officer; the badge stays."""
    case.issued()
    case.at += timedelta(minutes=5)
    case.change(status="abnormal")
    case.turn()
    assert (case.state, case.badge().state) == ("warning", "active")
    case.at += timedelta(minutes=5)
    case.change(status="active")
    case.turn()
    assert case.state == "issued"


@pytest.mark.parametrize(("state", "expected"), [("suspended", "suspended"), ("revoked", "revoked")])
def test_what_is_done_to_the_badge_holds_for_the_application(case: Case, state: str, expected: str) -> None:
    """By an officer on the page of badges."""
    case.issued()
    with case.database.write() as session:
        badges.set_state(session, case.application().badge_id, state, reason="x", actor="inspector", at=case.at)
    with case.locked() as (session, application):
        recheck.follow(session, case.keys, application, at=case.at)
    assert case.state == expected
    if state == "suspended":
        with case.database.write() as session:
            badges.set_state(session, case.application().badge_id, "active", reason="x", actor="inspector", at=case.at)
        with case.locked() as (session, application):
            recheck.follow(session, case.keys, application, at=case.at)
        assert case.state == "issued"


def test_one_of_two_sites_lost_is_not_the_badge_lost(case: Case) -> None:
    """The badge goes on for the other."""
    case.issued()
    second = case.add("https://shop.qinghe.example/")
    case.net.serve("https://shop.qinghe.example/", case.net.pages[f"https://{HOST}/"].body)
    case.place_record(second)
    assert case.check(second).ok
    assert case.badge().sites == ["shop.qinghe.example", HOST]
    del case.net.texts["_scjg-challenge.shop.qinghe.example"]
    case.run_until(case.at + timedelta(days=3))
    assert case.state == "issued"
    assert case.badge().sites == [HOST]
    assert case.claim(second).state == "lapsed"


def test_drafts_nobody_comes_back_to_end(case: Case) -> None:
    """After two months."""
    case.apply()
    case.at += timedelta(days=61)
    case.turn()
    assert case.state == "expired"


def test_an_officers_suspension_is_not_lifted_by_a_look(case: Case) -> None:
    """Only by an officer."""
    case.issued()
    with case.locked() as (session, application):
        badge_holding.suspend(session, case.keys, application, actor="inspector", reason="officer", at=case.at)
    case.run_until(case.at + timedelta(days=5))
    assert case.state == "suspended"
