"""The shared TLS context."""

import ssl

import httpx

from kernel.public_roots import public_roots


def test_it_is_one_and_checks() -> None:
    """Names and certificates are checked against many roots; whoever asks gets the same."""
    roots = public_roots()
    assert public_roots() is roots
    assert (roots.verify_mode, roots.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(roots.get_ca_certs()) > 50
    with httpx.Client(verify=roots) as client:
        assert client.follow_redirects is False
