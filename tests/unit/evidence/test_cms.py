"""CMS signatures, with openssl as second judge."""

import hashlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms as acms  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import cms
from evidence.errors import (
    ContentMismatchError,
    EvidenceError,
    MalformedError,
    SignatureError,
    UntrustedError,
)
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


def test_openssl_agrees(workshop: Workshop, signature: bytes, tmp_path: Path) -> None:
    """Openssl cms -verify -cades accepts it, and refuses it over other content."""
    (tmp_path / "s.p7s").write_bytes(signature)
    (tmp_path / "root.pem").write_bytes(workshop.keys.seal.issuers[-1].public_bytes(Encoding.PEM))
    command = "openssl cms -verify -cades -binary -inform DER -in s.p7s -content content -CAfile root.pem -purpose any"
    for content, code in ((b"content", 0), (b"contents", 4)):
        (tmp_path / "content").write_bytes(content)
        done = subprocess.run(
            [*command.split(), "-attime", str(int(AT.timestamp())), "-out", "/dev/null"],
            cwd=tmp_path,
            check=False,
            capture_output=True,
        )
        assert done.returncode == code


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
    """A flipped bit is a typed error, or lies in a certificate that the path does not need."""
    spoiled = forge.flip(signature, place, bit)
    try:
        parsed, path = cms.verify(spoiled, DIGEST, workshop.keys.seal.issuers, AT)
    except EvidenceError:
        return
    assert path[0] == workshop.keys.seal.certificate
    good = cms.parse(signature)
    assert (parsed.signer, parsed.attributes, parsed.signature) == (good.signer, good.attributes, good.signature)


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
        cms.parse(info.dump(force=True))
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


def test_times_after_2049(workshop: Workshop) -> None:
    """The signing time changes its form, as RFC 5652 asks."""
    for year, form in ((2049, "utc_time"), (2050, "generalized_time")):
        parsed = cms.parse(cms.sign(DIGEST, workshop.keys.seal, AT.replace(year=year)))
        assert parsed.values["signing_time"].name == form
        assert parsed.values["signing_time"].native == AT.replace(year=year)
