"""Twenty years with authorities run by certomancer: renewed in time, package and report stand; pyHanko agrees."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as ax509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import Encoding
from freezegun import freeze_time
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from evidence import export, manifest, renew, trust
from evidence.export import Aids
from evidence.package import open_package
from evidence.timestamp import open_timestampers
from evidence.verdict import Report, State
from evidence.verify import verify
from kernel.config import Settings
from tests.data.evidence.workshop import AT, Workshop, open_workshop
from tests.servers.certomancer_service import YEAR, Ages, make_ages, serving

EPOCHS = tuple(AT + number * (20 * YEAR - timedelta(days=10)) / 6 for number in range(7))
END = EPOCHS[-1] + timedelta(days=1)


@pytest.fixture(scope="module")
def ages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ages, Ages]]:
    """Two services, each with a root and a certificate for every three years."""
    folder = tmp_path_factory.mktemp("ages")
    both = make_ages(folder / "alpha", "alpha", EPOCHS), make_ages(folder / "beta", "beta", EPOCHS)
    with serving(*both):
        yield both


@pytest.fixture
def shop(ages: tuple[Ages, Ages], tmp_path: Path) -> Iterator[Workshop]:
    """An installation that asks them, and nobody else."""
    with open_workshop(tmp_path) as opened:
        settings = opened.settings.model_copy(update={"tsa_urls": tuple(f"{one.name}={one.url}" for one in ages)})
        for server in opened.servers.values():
            server.fault = "500"
        _move(ages, settings, 0)
        services = open_timestampers(settings, timeout_s=120)
        yield replace(opened, settings=settings, timestampers=services)
        for service in services:
            service.client.close()


def _move(ages: tuple[Ages, Ages], settings: Settings, epoch: int) -> None:
    """The next years: new roots, told in time."""
    for one in ages:
        one.move(epoch)
        (Path(settings.tsa_ca_dir) / f"{one.name}.pem").write_bytes(one.root())
        (Path(settings.tsa_ca_dir) / f"{one.name}.crl").write_bytes(one.revoked())
    trust.publish(settings)


def _renewed(shop: Workshop, stored: Path, target: Path, at: datetime) -> Report:
    with export.open_press(shop.settings, shop.trust(), at) as press:
        return renew.renew(stored, target, press, settings=shop.settings, aids=Aids(b"<p>verifier")).report


def _steps(report: Report) -> dict[str, tuple[State, str]]:
    return {step.key: (step.state, step.code) for step in report.steps}


def test_twenty_years(ages: tuple[Ages, Ages], shop: Workshop, tmp_path: Path) -> None:
    """Every certificate of the first day is dead; what was renewed passes, what was not is undecided, never failed."""
    first = newest = shop.seal("ev-long").path
    for epoch in range(1, len(EPOCHS)):
        _move(ages, shop.settings, epoch)
        target = tmp_path / f"renewed-{epoch}.zip"
        assert _steps(_renewed(shop, newest, target, EPOCHS[epoch]))["renewal"] == (State.PASSED, "OK")
        newest = target
    assert _steps(verify(first, trust=shop.trust(), at=END))["renewal"] == (State.INDETERMINATE, "W312")
    kept = verify(newest, trust=shop.trust(), at=END)
    assert not kept.failed()
    said = _steps(kept)
    assert said["renewal"] == (State.PASSED, "OK")
    assert said["signature"] == said["timestamp:alpha"] == said["timestamp:beta"] == (State.PASSED, "W310")
    assert said["report"][0] is State.PASSED
    pdf = open_package(newest).read(manifest.REPORT)
    reader = PdfFileReader(io.BytesIO(pdf))
    assert len(reader.embedded_timestamp_signatures) == len(EPOCHS)
    assert _pyhanko(shop, pdf) == AdESPassed.OK


def test_a_gap_is_no_renewal(ages: tuple[Ages, Ages], shop: Workshop, tmp_path: Path) -> None:
    """When the certificates ended before anyone stamped again, a later stamp does not heal it."""
    first = shop.seal("ev-gap").path
    _move(ages, shop.settings, 5)
    late = _renewed(shop, first, tmp_path / "late.zip", EPOCHS[5])
    assert _steps(late)["renewal"][0] is not State.PASSED


def _pyhanko(shop: Workshop, pdf: bytes) -> object:
    """The verdict of another validator in twenty years, with the published roots as its only trust."""

    def policy(use: str) -> CertValidationPolicySpec:
        roots = [ax509.Certificate.load(root.public_bytes(Encoding.DER)) for root in shop.trust().roots(use)]
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=roots),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        )

    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy("report"),
            ts_cert_validation_policy=policy("timestamp"),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
        )
    )
    embedded = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures[0]
    timing = ValidationTimingInfo(validation_time=END, best_signature_time=END, point_in_time_validation=True)
    with freeze_time(END):  # pyHanko also looks at the clock itself
        result = asyncio.run(ades_lta_validation(embedded, spec, timing_info=timing))
    return result.ades_subindic
