"""The words of control: methods, scopes, causes."""

from datetime import timedelta

from identity_verify.control import CAUSES, FETCH_ERRORS, METHODS, NOT_THEIR_FAULT, SCOPES_OF, found, missed
from tests.unit.identity_verify.challenges import LAST_DAY, challenge_of


def test_each_method_says_what_it_can_prove() -> None:
    """At least one scope, and nobody proves a domain by a page."""
    assert set(SCOPES_OF) == set(METHODS)
    assert all(set(scopes) <= {"host", "domain", "path"} for scopes in SCOPES_OF.values())
    assert [method for method, scopes in SCOPES_OF.items() if "domain" in scopes] == ["dns", "cname", "icp"]


def test_causes_are_one_list() -> None:
    """Each once; what a fetch can fail of and what may be our own fault are among them."""
    assert len(set(CAUSES)) == len(CAUSES)
    assert set(FETCH_ERRORS) - {""} <= set(CAUSES)
    assert set(CAUSES) >= NOT_THEIR_FAULT


def test_a_challenge_is_for_its_name_until_its_day() -> None:
    """The domain where the scope is the domain; the last day still counts."""
    assert challenge_of().name == "www.tea.example"
    assert challenge_of("domain").name == "tea.example"
    assert not challenge_of().expired(LAST_DAY)
    assert challenge_of().expired(LAST_DAY + timedelta(days=1))


def test_outcomes() -> None:
    """A proof has no cause; a miss has one."""
    assert found("dns", name="x").ok
    assert missed("dns", "nxdomain", name="x").cause == "nxdomain"
    assert missed("dns", "nxdomain", name="x").detail == {"name": "x"}
