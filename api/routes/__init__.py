"""The JSON API, one noun a file."""

from api.routes import (
    administration,
    badges,
    evidence,
    exchange,
    jobs,
    linked,
    listings,
    log,
    matters,
    session,
    shops,
    verifier,
)

ROUTERS = (
    *(
        module.router
        for module in (
            session,
            listings,
            shops,
            matters,
            evidence,
            jobs,
            log,
            verifier,
            administration,
            exchange,
            linked,
        )
    ),
    badges.router,
    badges.hidden,
)
