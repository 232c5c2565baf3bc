"""The built-in authority at work."""

from datetime import timedelta

import pytest

from evidence import authority
from evidence.errors import KeysError
from evidence.keys import ensure_keys
from kernel.config import Settings
from tests.data.evidence.workshop import AT

DAY = timedelta(days=1)


def test_revoked_leaf_is_listed_and_replaced(config: Settings) -> None:
    """It stands in the revocation list from then on, and another leaf signs."""
    old = ensure_keys(config, AT).seal
    assert list(authority.crl(config, "seal", AT)) == []
    authority.revoke(config, "seal", old.certificate.serial_number, "superseded", AT + DAY)
    crl = authority.crl(config, "seal", AT + DAY)
    assert [entry.serial_number for entry in crl] == [old.certificate.serial_number]
    assert crl.issuer == old.issuers[-1].subject
    assert crl.is_signature_valid(old.issuers[-1].public_key())  # type: ignore[arg-type]
    assert list(authority.crl(config, "seal", AT)) == []
    assert list(authority.crl(config, "report", AT + DAY)) == []
    assert crl == authority.crl(config, "seal", AT + DAY)
    new = ensure_keys(config, AT + DAY).seal
    assert new.key.public_key() != old.key.public_key()
    assert new.issuers == old.issuers


def test_renewal_and_the_list_of_what_was_certified(config: Settings) -> None:
    """Each use has one certificate that signs; replaced and revoked ones stay in the list."""
    first = ensure_keys(config, AT).report.certificate
    renewed = authority.renew(config, "report", AT + DAY)
    assert ensure_keys(config, AT + DAY).report.certificate == renewed
    authority.revoke(config, "report", first.serial_number, "key_compromise", AT + DAY)
    rows = authority.certified(config, AT + DAY)
    assert [row.use for row in rows if row.in_use] == ["seal", "report", "node"]
    assert [(row.in_use, bool(row.revoked_at)) for row in rows if row.use == "report"] == [(False, True), (True, False)]


def test_refused(config: Settings) -> None:
    """Unknown uses, reasons and certificates; the same one twice."""
    serial = ensure_keys(config, AT).seal.certificate.serial_number
    for call in (
        lambda: authority.renew(config, "log", AT),
        lambda: authority.crl(config, "timestamp", AT),
        lambda: authority.revoke(config, "log", serial, "superseded", AT),
        lambda: authority.revoke(config, "seal", serial, "boredom", AT),
        lambda: authority.revoke(config, "seal", 1, "superseded", AT),
    ):
        with pytest.raises(KeysError):
            call()
    authority.revoke(config, "seal", serial, "superseded", AT)
    with pytest.raises(KeysError, match="before"):
        authority.revoke(config, "seal", serial, "superseded", AT)
