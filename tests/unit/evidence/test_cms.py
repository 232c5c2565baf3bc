"""CMS signatures, with openssl as second judge."""

import hashlib
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms as acms  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import cms, issuer
from evidence.errors import (
    ContentMismatchError,
    EvidenceError,
    MalformedError,
    SignatureError,
    UntrustedError,
)
from evidence.signer import FileKey, Signer
from tests.data.evidence import forge
from tests.data.evidence.workshop import AT, Workshop

DIGEST = hashlib.sha256(b"content").digest()


@pytest.fixture(scope="module")
def signature(workshop: Workshop) -> bytes:
    """A signature over ``content``."""
    return cms.sign(DIGEST, workshop.keys.seal, AT)


def test_same_input_same_bytes(workshop: Workshop, signature: bytes) -> None:
    """Deterministic signatures."""
    assert cms.sign(DIGEST, workshop.keys.seal, AT) == signature


def openssl_says(folder: Path, signature: bytes, content: bytes, root: x509.Certificate) -> int:
    """Exit code of ``openssl cms -verify -cades``."""
    (folder / "s.p7s").write_bytes(signature)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "content").write_bytes(content)
    command = "openssl cms -verify -cades -binary -inform DER -in s.p7s -content content -CAfile root.pem -purpose any"
    return subprocess.run(
        [*command.split(), "-attime", str(int(AT.timestamp())), "-out", "/dev/null"],
        cwd=folder,
        check=False,
        capture_output=True,
    ).returncode


def test_openssl_agrees(workshop: Workshop, signature: bytes, tmp_path: Path) -> None:
    """Openssl cms -verify -cades accepts it, and refuses it over other content."""
    root = workshop.keys.seal.issuers[-1]
    assert openssl_says(tmp_path, signature, b"content", root) == 0
    assert openssl_says(tmp_path, signature, b"contents", root) == 4


def test_who_and_what(workshop: Workshop, signature: bytes) -> None:
    """Right content under the right root holds; other content or root does not."""
    anchors = workshop.keys.seal.issuers
    parsed, path = cms.verify(signature, DIGEST, anchors, AT)
    assert path[0] == workshop.keys.seal.certificate
    assert parsed.content is None
    with pytest.raises(ContentMismatchError):
        cms.verify(signature, bytes(32), anchors, AT)
    with pytest.raises(UntrustedError):
        cms.verify(signature, DIGEST, workshop.keys.report.issuers, AT)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_flip_passes(workshop: Workshop, signature: bytes, place: int, bit: int) -> None:
    """Every flipped bit is a typed error: nothing in a signature may change."""
    with pytest.raises(EvidenceError):
        cms.verify(forge.flip(signature, place, bit), DIGEST, workshop.keys.seal.issuers, AT)


@pytest.mark.parametrize("data", [b"", b"x", bytes.fromhex("3003020101"), bytes.fromhex("30020500")])
def test_not_a_signature(data: bytes) -> None:
    """Other structures are malformed."""
    with pytest.raises(MalformedError):
        cms.parse(data)


def test_parts_that_must_be_there(workshop: Workshop, signature: bytes) -> None:
    """A signature without its certificate, or of another kind of content, is refused."""
    info = acms.ContentInfo.load(signature)
    info["content"]["certificates"] = []
    with pytest.raises(MalformedError):
        cms.parse(info.dump())
    wrapped = acms.ContentInfo({"content_type": "data", "content": b"x"}).dump()
    with pytest.raises(MalformedError):
        cms.parse(wrapped)
    assert cms.parse(forge.with_unsigned(signature)).unsigned


def test_attributes_must_name_the_certificate(workshop: Workshop, signature: bytes) -> None:
    """Without signing-certificate, or with that of another, there is no binding."""
    parsed = cms.parse(signature)
    bare = replace(parsed, values={})
    with pytest.raises(SignatureError, match="name the signer"):
        cms.check_chain(bare, workshop.keys.seal.issuers, AT)
    other = cms.parse(cms.sign(DIGEST, workshop.keys.report, AT))
    with pytest.raises(SignatureError, match="name the signer"):
        cms.check_chain(replace(parsed, values=other.values), workshop.keys.seal.issuers, AT)
    with pytest.raises(ContentMismatchError):
        cms.check_content(bare, DIGEST)
    with pytest.raises(SignatureError, match="content type"):
        cms.check_content(replace(parsed, values={"message_digest": parsed.values["message_digest"]}), DIGEST)


def test_certificates_between_are_named(workshop: Workshop, tmp_path: Path) -> None:
    """Under a chain of the bureau: signer and what lies between are enclosed and named, the root is not."""
    root_key, between_key, key = (
        ec.generate_private_key(curve()) for curve in (ec.SECP384R1, ec.SECP521R1, ec.SECP384R1)
    )
    root = _between(root_key, root_key, "root", "root")
    between = _between(between_key, root_key, "between", "root")
    leaf = issuer.issue("seal", key.public_key(), between, between_key, AT)
    signature = cms.sign(DIGEST, Signer(FileKey(key), leaf, (between, root)), AT)
    parsed, path = cms.verify(signature, DIGEST, (root,), AT)
    assert path == (leaf, between, root)
    assert set(parsed.certificates) == {leaf, between}
    assert openssl_says(tmp_path, signature, b"content", root) == 0
    other = cms.sign(DIGEST, Signer(FileKey(key), leaf, (between, workshop.keys.seal.certificate, root)), AT)
    with pytest.raises(SignatureError, match="above it alone"):
        cms.verify(other, DIGEST, (root,), AT)
    assert openssl_says(tmp_path, other, b"content", root) != 0


def _between(
    key: ec.EllipticCurvePrivateKey, signed_by: ec.EllipticCurvePrivateKey, name: str, above: str
) -> x509.Certificate:
    subject, over = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, above))
    usage = issuer.make_root("seal", key, AT).extensions.get_extension_for_class(x509.KeyUsage).value
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(over).public_key(key.public_key())
    builder = builder.serial_number(9).not_valid_before(AT - timedelta(days=1)).not_valid_after(AT + timedelta(days=9))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.add_extension(usage, critical=True).sign(signed_by, hashes.SHA384())


def test_other_curves_do_not_sign(workshop: Workshop) -> None:
    """What other verifiers cannot read is not made."""
    key = ec.generate_private_key(ec.SECP256K1())
    root_key = ec.generate_private_key(ec.SECP384R1())
    root = issuer.make_root("seal", root_key, AT)
    leaf = issuer.issue("seal", key.public_key(), root, root_key, AT)
    with pytest.raises(MalformedError, match="P-256"):
        cms.sign(DIGEST, Signer(FileKey(key), leaf, (root,)), AT)


def test_times_after_2049(workshop: Workshop) -> None:
    """The signing time changes its form, as RFC 5652 asks."""
    for year, form in ((2049, "utc_time"), (2050, "generalized_time")):
        parsed = cms.parse(cms.sign(DIGEST, workshop.keys.seal, AT.replace(year=year)))
        assert parsed.values["signing_time"].name == form
        assert parsed.values["signing_time"].native == AT.replace(year=year)
