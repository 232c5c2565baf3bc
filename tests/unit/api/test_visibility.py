"""What a list hides, its detail hides too: for every kind of object and every mix of roles."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from api.errors import NotFoundError
from api.policy import ROLES, Scope, permissions_of
from api.queries.audit_trail import AuditFilter, list_audit
from api.queries.evidence import EvidenceFilter, evidence_facets, list_evidence, read_evidence
from api.queries.hits import HitFilter, list_hits, read_hit
from api.queries.jobs import list_jobs, read_job
from api.queries.listings import read_listing
from api.queries.overview import read_overview
from api.queries.saved_searches import drop_search, list_saved, save_search
from api.queries.shops import ShopFilter, list_shops, read_shop
from api.queries.users import list_users, read_user
from kernel.models import SavedSearch
from tests.unit.api.conftest import House

PEOPLE = st.builds(
    lambda name, roles: Scope(user_id=1, name=name, permissions=permissions_of(roles)),
    st.sampled_from(["supervisor", "investigator", "stranger", "system:rules"]),
    st.sets(st.sampled_from(ROLES)),
)
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _reachable(read: Callable[[], object]) -> bool:
    try:
        read()
    except NotFoundError:
        return False
    return True


@SLOW
@given(person=PEOPLE)
def test_a_detail_is_reachable_exactly_when_the_list_shows_it(shared_house: House, person: Scope) -> None:
    """Shops, hits, evidence, jobs and users alike."""
    seeded = shared_house.seeded
    with shared_house.context.database.read() as session:
        shown_shops = {row.shop.id for row in list_shops(session, person, ShopFilter()).rows}
        shown_hits = {row.hit.id for row in list_hits(session, person, HitFilter()).rows}
        shown_evidence = {row.evidence.id for row in list_evidence(session, person, EvidenceFilter()).rows}
        shown_jobs = {job.id for job in list_jobs(session, person).rows}
        shown_users = {user.id for user in list_users(session, person)}
        everything: list[tuple[set[object], Callable[[Session, Scope, object], object], list[object]]] = [
            (set(shown_shops), read_shop, [*seeded.shops, 0, 10**6]),  # type: ignore[list-item]
            (set(shown_hits), read_hit, [*seeded.hits, 0]),  # type: ignore[list-item]
            (
                set(shown_evidence),
                read_evidence,
                [seeded.rule_evidence, seeded.own_order, seeded.foreign_order, "ev-0"],
            ),  # type: ignore[list-item]
            (set(shown_jobs), read_job, [seeded.done_job, seeded.running_job, "job-0"]),  # type: ignore[list-item]
            (set(shown_users), read_user, [*seeded.users.values(), 0]),  # type: ignore[list-item]
        ]
        for shown, read, ids in everything:
            for number in ids:
                assert _reachable(partial(read, session, person, number)) == (number in shown)


@SLOW
@given(person=PEOPLE)
def test_figures_and_side_doors_count_only_what_is_shown(shared_house: House, person: Scope) -> None:
    """Overview, facets, a hit's link and a listing's captures do not tell of hidden evidence."""
    with shared_house.context.database.read() as session:
        shown = {row.evidence.id for row in list_evidence(session, person, EvidenceFilter()).rows}
        assert sum(read_overview(session, person).evidence.values()) == len(shown)
        assert sum(evidence_facets(session, person)["state"].values()) == len(shown)
        for row in list_hits(session, person, HitFilter()).rows:
            assert row.evidence_id in shown | {""}
        for number in shared_house.seeded.listings[:3]:
            if _reachable(partial(read_listing, session, person, number)):
                assert {row.id for row in read_listing(session, person, number).evidence} <= shown
        if not list_audit(session, person, AuditFilter()).rows:
            assert list_audit(session, person, AuditFilter()).total == 0


def test_supervisors_do_not_see_other_officers_orders(shared_house: House) -> None:
    """Over HTTP: an investigator's order is not there for a supervisor, by any door."""
    seeded = shared_house.seeded
    supervisor, investigator = shared_house.browser("supervisor"), shared_house.browser("investigator")
    for path in (f"/evidence/{seeded.foreign_order}", f"/api/v1/evidence/{seeded.foreign_order}"):
        assert supervisor.get(path).status_code == 404
        assert investigator.get(path).status_code == 200
    for path in ("/evidence", "/hits", f"/hits/{seeded.hits[2]}", f"/listings/{seeded.listings[2]}", "/api/v1/hits"):
        assert seeded.foreign_order not in supervisor.get(path).text, path
        assert seeded.foreign_order in investigator.get(path).text, path
    purpose = {"purpose": "核查"}
    for path in ("verification", "replay"):
        assert supervisor.post(f"/api/v1/evidence/{seeded.foreign_order}/{path}", json=purpose).status_code == 404


def test_saved_searches_are_ones_own(house: House) -> None:
    """Another person's search is neither listed nor dropped; a name names one search."""
    mine, other = (Scope(house.seeded.users[name], name, permissions_of([name])) for name in ROLES[:2])
    with house.context.database.write() as session:
        row = save_search(session, mine, name="茶", query_string="?q=茶", at=house.clock.at)
        save_search(session, mine, name="茶", query_string="q=绿茶", at=house.clock.at)
        assert [saved.query_string for saved in list_saved(session, mine)] == ["q=绿茶"]
        assert not list_saved(session, other)
        with pytest.raises(NotFoundError):
            drop_search(session, other, row.id)
        drop_search(session, mine, row.id)
        assert session.query(SavedSearch).count() == 0
