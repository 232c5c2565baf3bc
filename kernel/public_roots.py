"""The public roots of HTTPS, loaded once a process: to read them takes longer than to ask a service on this machine."""

import ssl
from functools import cache

from httpx import create_ssl_context


@cache
def public_roots() -> ssl.SSLContext:
    """A context that checks certificates and names against the public roots, shared: nobody may change it."""
    return create_ssl_context(trust_env=False)
