"""Pages, one noun a file."""

from api.ui.views import (
    applications,
    audit,
    badge_office,
    badges,
    evidence,
    exchange,
    hits,
    jobs,
    linked,
    listings,
    merchant_portal,
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
        applications,
        merchant_portal,
        badges,
        badge_office,
        linked,
        exchange,
        reconciliation,
        subscriptions,
        jobs,
        watches,
        rules,
        audit,
        users,
    )
)
