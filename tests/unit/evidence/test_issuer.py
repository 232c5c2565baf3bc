"""Certificates and revocation lists of the built-in authority."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from evidence import issuer
from evidence.chain import build_path
from evidence.issuer import Revoked
from tests.data.evidence.workshop import AT

ROOT_KEY, LEAF_KEY = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
ROOT = issuer.make_root("node", ROOT_KEY, AT)
LEAF = issuer.issue("node", LEAF_KEY.public_key(), ROOT, ROOT_KEY, AT)


def test_path_and_extensions() -> None:
    """The leaf leads to its root, cannot issue, and says what it is for."""
    assert build_path(LEAF, (), (ROOT,), AT) == (LEAF, ROOT)
    assert LEAF.not_valid_after_utc - LEAF.not_valid_before_utc == timedelta(days=90)
    basic = LEAF.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca) == (True, False)
    usage = LEAF.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    purposes = LEAF.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert issuer.DOCUMENT_SIGNING in purposes
    own = LEAF.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert own == ROOT.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_leaf_never_outlives_its_root() -> None:
    """Near the root's end leaves are shorter."""
    late = ROOT.not_valid_after_utc - timedelta(days=10)
    leaf = issuer.issue("seal", LEAF_KEY.public_key(), ROOT, ROOT_KEY, late)
    assert leaf.not_valid_after_utc <= ROOT.not_valid_after_utc


def test_crl_lists_what_is_revoked_by_then() -> None:
    """Deterministic, signed, and silent about what comes later."""
    revoked = [
        Revoked(LEAF.serial_number, AT, x509.ReasonFlags.key_compromise),
        Revoked(5, AT + timedelta(days=1), x509.ReasonFlags.superseded),
    ]
    crl = issuer.make_crl(ROOT, ROOT_KEY, revoked, AT)
    assert crl.is_signature_valid(ROOT_KEY.public_key())
    assert [entry.serial_number for entry in crl] == [LEAF.serial_number]
    assert crl == issuer.make_crl(ROOT, ROOT_KEY, revoked[::-1], AT)
    assert crl.next_update_utc == AT + timedelta(days=issuer.CRL_DAYS)


@pytest.mark.parametrize("revoke", [False, True])
def test_openssl_agrees(tmp_path: Path, *, revoke: bool) -> None:
    """OpenSSL follows the same path and refuses the same leaf."""
    revoked = [Revoked(LEAF.serial_number, AT, x509.ReasonFlags.key_compromise)] if revoke else []
    (tmp_path / "root.pem").write_bytes(ROOT.public_bytes(Encoding.PEM))
    (tmp_path / "leaf.pem").write_bytes(LEAF.public_bytes(Encoding.PEM))
    (tmp_path / "crl.pem").write_bytes(issuer.make_crl(ROOT, ROOT_KEY, revoked, AT).public_bytes(Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "-CAfile", "root.pem"]
    command += ["-attime", str(int(AT.timestamp()) + 60), "-purpose", "smimesign", "leaf.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is revoke
    assert ("revoked" in done.stderr) is revoke
