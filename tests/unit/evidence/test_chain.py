"""Certificate paths."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from evidence import chain
from evidence.chain import build_path, expires, require_timestamping
from evidence.errors import UntrustedError
from tests.data.evidence.workshop import AT

KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(7)]
CA: list[tuple[Any, bool]] = [(x509.BasicConstraints(ca=True, path_length=None), True)]
USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
ISSUER = [*CA, (USAGE, True)]


def certificate(
    number: int, issuer: int, extensions: list[tuple[Any, bool]], *, days: int = 10, since: int = -1
) -> x509.Certificate:
    """Certificate of key ``number`` by key ``issuer``."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"TEST {n}")]) for n in (number, issuer)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(KEYS[number].public_key())
        .serial_number(number + 1)
        .not_valid_before(AT + timedelta(days=since))
        .not_valid_after(AT + timedelta(days=days))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(KEYS[issuer], hashes.SHA256())


ROOT, MIDDLE, LEAF = certificate(0, 0, ISSUER, days=100), certificate(1, 0, ISSUER, days=50), certificate(2, 1, [])


def test_through_an_intermediate() -> None:
    """Leaf, intermediate, root; the first end counts."""
    path = build_path(LEAF, [MIDDLE, LEAF], [ROOT], AT)
    assert path == (LEAF, MIDDLE, ROOT)
    assert expires(path) == AT + timedelta(days=10)
    assert build_path(ROOT, [], [ROOT], AT) == (ROOT,)


@pytest.mark.parametrize("days", [-2, 11])
def test_only_at_a_time_within(days: int) -> None:
    """Before and after the validity there is no path."""
    with pytest.raises(UntrustedError, match="valid at"):
        build_path(LEAF, [MIDDLE], [ROOT], AT + timedelta(days=days))


def test_certificates_in_the_message_are_no_anchors() -> None:
    """A self-made root beside the leaf proves nothing."""
    with pytest.raises(UntrustedError, match="trusted root"):
        build_path(LEAF, [MIDDLE, ROOT], [certificate(3, 3, ISSUER)], AT)
    with pytest.raises(UntrustedError):
        build_path(LEAF, [MIDDLE, ROOT], [], AT)


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        CA,
        [(x509.BasicConstraints(ca=False, path_length=None), True), (USAGE, True)],
        [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.NameConstraints([x509.DNSName("a")], None), True),
            (USAGE, True),
        ],
    ],
)
def test_issuers_must_be_issuers(extensions: list[tuple[Any, bool]]) -> None:
    """No basic constraints, no key usage, not a CA, or an unknown critical extension."""
    with pytest.raises(UntrustedError):
        build_path(LEAF, [certificate(1, 0, extensions)], [ROOT], AT)


def test_path_length_counts() -> None:
    """A root that may only certify signers does not certify an intermediate."""
    short = certificate(0, 0, [(x509.BasicConstraints(ca=True, path_length=0), True), (USAGE, True)])
    with pytest.raises(UntrustedError, match="issuer"):
        build_path(LEAF, [MIDDLE], [short], AT)


def test_long_paths_end() -> None:
    """More intermediates than sensible are not followed."""
    chain = [certificate(n, n - 1, ISSUER) for n in range(1, 7)]
    with pytest.raises(UntrustedError):
        build_path(chain[-1], chain, [ROOT], AT)


@pytest.mark.parametrize(
    ("usages", "critical", "good"),
    [
        ([ExtendedKeyUsageOID.TIME_STAMPING], True, True),
        ([ExtendedKeyUsageOID.TIME_STAMPING], False, False),
        ([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING], True, False),
        ([ExtendedKeyUsageOID.CODE_SIGNING], True, False),
        (None, True, False),
    ],
)
def test_timestamping_alone(usages: list[x509.ObjectIdentifier] | None, critical: bool, good: bool) -> None:  # noqa: FBT001 - a table of cases
    """Extended key usage timeStamping, critical, and nothing else."""
    leaf = certificate(2, 1, [(x509.ExtendedKeyUsage(usages), critical)] if usages else [])
    if good:
        require_timestamping(leaf)
    else:
        with pytest.raises(UntrustedError):
            require_timestamping(leaf)


def test_a_root_issued_again_does_not_hide_the_old_one() -> None:
    """The path that is valid at the time counts, and of two the one that lasts, whatever the order of the list."""
    again = certificate(0, 0, ISSUER, days=200, since=5)
    for anchors in ([again, ROOT], [ROOT, again]):
        assert build_path(LEAF, [MIDDLE], anchors, AT)[-1] == ROOT
        assert build_path(LEAF, [MIDDLE], anchors, AT + timedelta(days=6))[0] == LEAF
        with pytest.raises(UntrustedError, match="valid at"):
            build_path(LEAF, [MIDDLE], anchors, AT + timedelta(days=11))
    lasting = certificate(0, 0, ISSUER, days=5)
    assert build_path(LEAF, [MIDDLE], [lasting, ROOT], AT)[-1] == ROOT


def test_no_signature_is_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates that issued each other without end cost no more than their pairs."""
    tried: list[tuple[x509.Certificate, x509.Certificate]] = []
    real = chain._signed_by

    def counted(one: x509.Certificate, other: x509.Certificate) -> bool:
        tried.append((one, other))
        return real(one, other)

    monkeypatch.setattr(chain, "_signed_by", counted)
    circle = [certificate(3, 3, ISSUER, days=days) for days in range(10, 19)]
    with pytest.raises(UntrustedError, match="trusted root"):
        build_path(certificate(4, 3, []), [*circle, *circle], [ROOT], AT)
    assert len(tried) <= 10 * 10


def signed_over(digest: Any, key: Any = KEYS[3], name: str = "TEST 1") -> x509.Certificate:
    """A certificate of any key, by key 0, over any digest."""
    builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    builder = builder.issuer_name(ROOT.subject).public_key(key.public_key()).serial_number(9)
    builder = builder.not_valid_before(AT - timedelta(days=1)).not_valid_after(AT + timedelta(days=1))
    for extension, critical in ISSUER:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(KEYS[0], digest)


@pytest.mark.parametrize(
    ("made", "strong"),
    [
        (signed_over(hashes.SHA512()), True),
        (signed_over(hashes.SHA224()), False),
        (signed_over(hashes.SHA256(), ec.generate_private_key(ec.SECP521R1())), True),
        (signed_over(hashes.SHA256(), ec.generate_private_key(ec.SECP256K1())), False),
        (signed_over(hashes.SHA256(), rsa.generate_private_key(65537, 2048)), True),
        (signed_over(hashes.SHA256(), rsa.generate_private_key(65537, 2040)), False),  # noqa: S505 - weak on purpose
        (signed_over(hashes.SHA256(), ed25519.Ed25519PrivateKey.generate()), False),
    ],
)
def test_weak_certificates_lead_nowhere(made: x509.Certificate, strong: bool) -> None:  # noqa: FBT001 - a table
    """Weak or unknown algorithms of key or signature; a good path beside them is still found."""
    assert chain.is_strong(made) is strong
    if strong:
        assert build_path(made, [], [ROOT], AT) == (made, ROOT)
    else:
        with pytest.raises(UntrustedError):
            build_path(made, [], [ROOT], AT)
    assert build_path(LEAF, [made, MIDDLE], [ROOT], AT) == (LEAF, MIDDLE, ROOT)


def test_a_path_through_a_weak_certificate_is_none() -> None:
    """The only issuer is certified over SHA-224: no path."""
    between = signed_over(hashes.SHA224(), KEYS[1])
    assert build_path(LEAF, [signed_over(hashes.SHA256(), KEYS[1])], [ROOT], AT)
    with pytest.raises(UntrustedError):
        build_path(LEAF, [between], [ROOT], AT)
