"""The JSON API, one noun a file."""

from api.routes import administration, evidence, jobs, listings, log, session, shops, verifier

ROUTERS = tuple(module.router for module in (session, listings, shops, evidence, jobs, log, verifier, administration))
