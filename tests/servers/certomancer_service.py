"""A timestamp service whose authority another author's tool runs: roots and certificates of many years, any clock."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import pem, tsp  # type: ignore[import-untyped]
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, PKIArchitecture, ServiceLabel
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kernel.clock import iso

YEAR = timedelta(days=365)
ROOT_LIFE, LEAF_LIFE = 9 * YEAR, 4 * YEAR


@dataclass(slots=True)
class Ages:
    """Roots and certificates of one service, a pair an epoch.

    Attributes:
        starts: of the epochs, rising, aware UTC. epoch: whose certificate answers. at: what its clock says.
    """

    name: str
    architecture: PKIArchitecture
    starts: tuple[datetime, ...]
    epoch: int
    at: datetime
    url: str = ""

    def root(self) -> bytes:
        """The root of the epoch, PEM."""
        found = self.architecture.get_cert(CertLabel(f"root-{self.epoch}")).dump()
        return bytes(pem.armor("CERTIFICATE", found))

    def revoked(self) -> bytes:
        """The revocation lists of this epoch's root and of the one before, both of now, PEM."""
        services = self.architecture.service_registry
        labels = [ServiceLabel(f"root-{number}") for number in (self.epoch - 1, self.epoch) if number >= 0]
        lists = [services.get_crl(label, at_time=self.at).dump() for label in labels]
        return b"".join(bytes(pem.armor("X509 CRL", one)) for one in lists)

    def move(self, epoch: int) -> None:
        """Set the clock to the beginning of an epoch; its certificates answer from now on."""
        self.epoch, self.at = epoch, self.starts[epoch]

    def answer(self, request: bytes) -> bytes:
        """The response to a request, both DER."""
        services = self.architecture.service_registry
        stamper = services.summon_timestamper(ServiceLabel(f"tsa-{self.epoch}"), at_time=self.at)
        return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(request)).dump())


def make_ages(folder: Path, name: str, starts: tuple[datetime, ...]) -> Ages:
    """An architecture with a root and a timestamp certificate for each epoch."""
    folder.mkdir(parents=True)
    labels = [f"{kind}-{number}" for kind in ("root", "tsa") for number in range(len(starts))]
    for label in labels:
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{label}.pem").write_bytes(data)
    certificates: dict[str, Mapping[str, Any]] = {}
    for number, start in enumerate(starts):
        certificates[f"root-{number}"] = _root(number, start)
        certificates[f"tsa-{number}"] = _leaf(number, start)
    stamping = {
        f"tsa-{number}": {"signing-key": f"tsa-{number}", "signing-cert": f"tsa-{number}"}
        for number in range(len(starts))
    }
    lists = {
        f"root-{number}": {
            "for-issuer": f"root-{number}",
            "signing-key": f"root-{number}",
            "simulated-update-schedule": "P30D",
        }
        for number in range(len(starts))
    }
    architecture = {
        "keyset": name,
        "entity-defaults": {"country-name": "CN", "organization-name": f"Test authority {name}"},
        "entities": {label: {"common-name": f"{name} {label}"} for label in labels},
        "certs": certificates,
        "services": {"time-stamping": stamping, "crl-repo": lists},
    }
    keys = {label: {"path": f"{label}.pem"} for label in labels}
    config = CertomancerConfig(
        {"keysets": {name: {"keys": keys}}, "pki-architectures": {name: architecture}}, key_search_dir=str(folder)
    )
    return Ages(name, config.get_pki_arch(ArchLabel(name)), starts, 0, starts[0])


def _root(number: int, start: datetime) -> Mapping[str, Any]:
    label = f"root-{number}"
    return {
        "subject": label,
        "issuer": label,
        "subject-key": label,
        "authority-key": label,
        "validity": {"valid-from": iso(start - YEAR), "valid-to": iso(start + ROOT_LIFE)},
        "extensions": [
            {"id": "basic_constraints", "critical": True, "value": {"ca": True}},
            {
                "id": "key_usage",
                "critical": True,
                "smart-value": {"schema": "key-usage", "params": ["key_cert_sign", "crl_sign"]},
            },
        ],
    }


def _leaf(number: int, start: datetime) -> Mapping[str, Any]:
    label, root = f"tsa-{number}", f"root-{number}"
    return {
        "subject": label,
        "issuer": root,
        "subject-key": label,
        "authority-key": root,
        "validity": {"valid-from": iso(start - YEAR / 2), "valid-to": iso(start + LEAF_LIFE)},
        "extensions": [
            {
                "id": "key_usage",
                "critical": True,
                "smart-value": {"schema": "key-usage", "params": ["digital_signature"]},
            },
            {
                "id": "crl_distribution_points",
                "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": [root]}},
            },
            {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
        ],
    }


@contextmanager
def serving(*services: Ages) -> Iterator[None]:
    """Answer on loopback; each service learns its ``url``."""
    with ExitStack() as stack:
        for service in services:
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(service))
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            service.url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield


def _handler_of(service: Ages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """One request, one answer. Spec: RFC 3161 section 3.4."""
            data = service.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    return Handler
