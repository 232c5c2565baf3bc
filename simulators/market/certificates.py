"""A certificate authority made at start, and the two server certificates it signs."""

import ipaddress
import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulators.market.addresses import EXPIRED_HOST, HOSTS, OUTDOOR_HOST

DAY = timedelta(days=1)
GOOD_HOSTS = tuple(sorted(set(HOSTS) - {EXPIRED_HOST}))


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "拼集市测试"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


class Authority:
    """A throw-away CA. ``at`` is the aware UTC time its validity is counted from."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = _name("sample market test CA")
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - 90 * DAY)
            .not_valid_after(at + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    crl_sign=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(self.key, hashes.SHA256())
        )

    def pem(self) -> bytes:
        """The CA certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str, *, expired: bool, folder: Path) -> Path:
        """Certificate and key in one PEM file: good for every host, or for one and ended 30 days ago.

        Effects: writes ``<host>.pem`` in ``folder``, readable by its owner only.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(one) for one in ((host,) if expired else GOOD_HOSTS)]
        if not expired:
            names += [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        end = self.at - 30 * DAY if expired else self.at + 90 * DAY
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(host))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.at - 60 * DAY)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = folder / f"{host}.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
            + self.pem()
        )
        return path


def server_context(authority: Authority, folder: Path) -> ssl.SSLContext:
    """A TLS context that shows each name its own certificate: a good one, or the expired one.

    Effects: writes the certificates and ``ca.pem`` in ``folder``.
    """
    (folder / "ca.pem").write_bytes(authority.pem())
    contexts = {}
    for host in (OUTDOOR_HOST, EXPIRED_HOST):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(authority.issue(host, expired=host == EXPIRED_HOST, folder=folder))
        contexts[host] = context

    def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        if name in contexts:
            connection.context = contexts[name]

    contexts[OUTDOOR_HOST].sni_callback = choose
    return contexts[OUTDOOR_HOST]
