"""The JSON API, one noun a file."""

from api.routes import administration, badges, evidence, exchange, jobs, listings, log, session, shops, verifier

ROUTERS = (
    *(module.router for module in (session, listings, shops, evidence, jobs, log, verifier, administration, exchange)),
    badges.router,
    badges.hidden,
)
