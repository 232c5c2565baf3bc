from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from simulators.market.addresses import EXPIRED_HOST, OUTDOOR_HOST
from simulators.market.certificates import Authority, server_context

AT = datetime(2026, 11, 25, tzinfo=UTC)


def test_certificates_come_from_the_authority(tmp_path: Path) -> None:
    """Both chain to the CA; one is over, the other is not; keys are for their owner only."""
    authority = Authority(AT)
    for host, over in ((OUTDOOR_HOST, False), (EXPIRED_HOST, True)):
        path = authority.issue(host, expired=over, folder=tmp_path)
        found = x509.load_pem_x509_certificate(path.read_bytes())
        found.verify_directly_issued_by(authority.certificate)
        assert (found.not_valid_after_utc < AT) == over
        assert found.not_valid_before_utc < AT - timedelta(days=1)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert host in names.get_values_for_type(x509.DNSName)
        assert path.stat().st_mode & 0o077 == 0


def test_the_context_leaves_the_authority_in_the_folder(tmp_path: Path) -> None:
    """Clients find the CA beside the certificates."""
    assert server_context(Authority(AT), tmp_path).sni_callback is not None
    assert b"BEGIN CERTIFICATE" in (tmp_path / "ca.pem").read_bytes()
