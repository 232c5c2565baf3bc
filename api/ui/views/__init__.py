"""Pages, one noun a file."""

from api.ui.views import (
    audit,
    badges,
    evidence,
    hits,
    jobs,
    linked,
    listings,
    overview,
    reconciliation,
    retention,
    rules,
    search,
    session,
    shops,
    subjects,
    subscriptions,
    users,
    watches,
)

ROUTERS = tuple(
    module.router
    for module in (
        session,
        overview,
        search,
        listings,
        shops,
        subjects,
        hits,
        evidence,
        retention,
        badges,
        linked,
        reconciliation,
        subscriptions,
        jobs,
        watches,
        rules,
        audit,
        users,
    )
)
