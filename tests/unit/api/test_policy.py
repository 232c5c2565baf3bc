"""Roles and permissions."""

from hypothesis import given
from hypothesis import strategies as st

from api.policy import PERMISSIONS_OF_ROLE, ROLES, Permission, Scope, permissions_of

EVIDENCE = {permission for permission in Permission if permission.value.startswith("evidence.")}


def test_administrators_see_no_evidence_and_officers_keep_no_house() -> None:
    """Who looks after the machine does not look into cases, and the other way round."""
    assert not PERMISSIONS_OF_ROLE["administrator"] & EVIDENCE
    for role in ("supervisor", "investigator"):
        assert not PERMISSIONS_OF_ROLE[role] & {Permission.USER_MANAGE, Permission.AUDIT_READ}


def test_only_investigators_export() -> None:
    """Evidence leaves the house by one role alone."""
    assert [role for role in ROLES if Permission.EVIDENCE_EXPORT in PERMISSIONS_OF_ROLE[role]] == ["investigator"]


@given(st.sets(st.sampled_from([*ROLES, "root", "", "ADMINISTRATOR"])))
def test_roles_add_up_and_unknown_ones_add_nothing(roles: set[str]) -> None:
    """Together they allow what each allows, and nothing more."""
    known = [PERMISSIONS_OF_ROLE[role] for role in roles & set(ROLES)]
    assert permissions_of(roles) == frozenset({Permission.SIGNED_IN}).union(*known)


def test_every_permission_is_held_by_somebody() -> None:
    """A permission that nobody holds guards a door that never opens."""
    # Merchants are no officers: their door has a sign-in of its own.
    assert permissions_of(ROLES) == set(Permission) - {Permission.PUBLIC, Permission.MERCHANT}


def test_a_scope_asks_its_permissions() -> None:
    """And not the name of its person."""
    scope = Scope(user_id=1, name="administrator", permissions=permissions_of(["supervisor"]))
    assert scope.may(Permission.HIT_DECIDE)
    assert not scope.may(Permission.USER_MANAGE)
