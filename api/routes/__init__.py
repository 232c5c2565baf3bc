"""The JSON API, one noun a file."""

from api.routes import administration, evidence, jobs, listings, session, shops

ROUTERS = tuple(module.router for module in (session, listings, shops, evidence, jobs, administration))
