"""Certificates told in words."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from crawlers.capture.certificates import describe, origin_of
from tests.unit.crawlers.capture.site import Authority


def test_certificates_say_who_and_when(tmp_path: Path) -> None:
    """Names, issuer and validity are read; a root without names has none."""
    authority = Authority(tmp_path)
    _, leaf = authority.leaf("shop.example.test")
    told = describe(leaf)
    assert told["names"] == ["shop.example.test"]
    assert told["issuer"] == "CN=Test Root"
    assert str(told["file"]).endswith(f"{told['sha256']}.der")
    assert describe(authority.root.public_bytes(Encoding.DER))["names"] == []


def test_unreadable_certificates_keep_their_digest() -> None:
    """Bytes that are no certificate are told as such."""
    told = describe(b"\x30\x00")
    assert "unreadable" in told
    assert len(str(told["sha256"])) == 64


def test_origins() -> None:
    """Scheme, host and port."""
    assert origin_of("https://shop.example.test:8443/a?b") == "https://shop.example.test:8443"
