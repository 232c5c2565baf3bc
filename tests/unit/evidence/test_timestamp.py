"""Timestamps: what is believed and what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import timestamp
from evidence.errors import (
    ClockSkewError,
    ContentMismatchError,
    EvidenceError,
    MalformedError,
    TimestampError,
    TooFewTimestampsError,
    TsaLiedError,
    TsaRejectedError,
    TsaUnavailableError,
    TsaUntrustedError,
    UntrustedError,
)
from kernel.config import Settings
from simulators.tsa.authority import answer
from tests.data.evidence.forge import flip, request_for
from tests.data.evidence.workshop import AT, Workshop

IMPRINT = bytes.fromhex("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")


@pytest.fixture(scope="module")
def response(workshop: Workshop) -> bytes:
    """A good response of alpha over ``x``."""
    return answer(workshop.authorities["alpha"], request_for(b"x"), AT)


@contextmanager
def fault(workshop: Workshop, name: str, service: str = "beta") -> Iterator[None]:
    """One service goes wrong for a while."""
    workshop.servers[service].fault = name
    try:
        yield
    finally:
        workshop.servers[service].fault = ""


def test_two_services_answer(workshop: Workshop) -> None:
    """Two responses over the same bytes, each under its own root."""
    stamps = timestamp.stamp_all(b"signature", workshop.timestampers, AT)
    assert [(stamp.name, stamp.kind, stamp.stamp.gen_time) for stamp in stamps] == [
        ("alpha", "test", AT),
        ("beta", "test", AT),
    ]
    assert stamps[0].stamp.path[-1] != stamps[1].stamp.path[-1]
    assert timestamp.peek_time(stamps[0].response) == AT


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("wrong-imprint", TsaLiedError),
        ("wrong-nonce", TsaLiedError),
        ("damaged", TsaLiedError),
        ("wrong-cert", TsaUntrustedError),
        ("reject", TsaRejectedError),
        ("500", TsaUnavailableError),
        ("clock+3600", ClockSkewError),
    ],
)
def test_lies_are_refused(workshop: Workshop, name: str, error: type[TimestampError]) -> None:
    """Each fault has its own error, names the service, and says what to do."""
    with fault(workshop, name), pytest.raises(error) as refused:
        timestamp.stamp_all(b"signature", workshop.timestampers, AT)
    assert "beta" in refused.value.message
    assert refused.value.hint


def test_our_clock_off_by_an_hour(workshop: Workshop) -> None:
    """A local clock that is off is refused with its own code."""
    with pytest.raises(ClockSkewError) as refused:
        timestamp.stamp_all(b"x", workshop.timestampers, AT + timedelta(hours=1))
    assert refused.value.code == "evidence.clock_skew"


def test_hanging_service_times_out(workshop: Workshop) -> None:
    """No answer in time is no answer."""
    patient = timestamp.open_timestampers(workshop.settings, timeout_s=120)
    services = timestamp.open_timestampers(workshop.settings, timeout_s=0.3)
    services = tuple(hasty if hasty.name == "beta" else calm for hasty, calm in zip(services, patient, strict=True))
    try:
        with fault(workshop, "hang"), pytest.raises(TsaUnavailableError, match="beta"):
            timestamp.stamp_all(b"x", services, AT)
    finally:
        for service in services:
            service.client.close()
        workshop.servers["beta"].released.set()


def test_service_that_is_down(workshop: Workshop) -> None:
    """Nobody listens: unavailable."""
    config = workshop.settings.model_copy(
        update={"tsa_urls": ("alpha=http://127.0.0.1:9/", "beta=http://127.0.0.1:19/")}
    )
    services = timestamp.open_timestampers(config, timeout_s=120)
    with pytest.raises(TsaUnavailableError):
        timestamp.stamp_all(b"x", services, AT)
    for service in services:
        service.client.close()


def test_endless_answer(workshop: Workshop) -> None:
    """An answer without end is cut."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=bytes(200_000)))
    with httpx.Client(transport=transport) as client:
        first = workshop.timestampers[0]
        service = timestamp.Timestamper(first.name, first.url, first.root, first.kind, client)
        with pytest.raises(TsaLiedError, match="at most"):
            timestamp.stamp_all(b"x", [service, workshop.timestampers[1]], AT)


def test_one_service_is_too_few(workshop: Workshop) -> None:
    """Fewer than two, or one twice, is no evidence."""
    alpha = workshop.timestampers[0]
    for services in ([], [alpha], [alpha, alpha]):
        with pytest.raises(TooFewTimestampsError):
            timestamp.stamp_all(b"x", services, AT)


@pytest.mark.parametrize(
    ("urls", "error"),
    [
        ((), TooFewTimestampsError),
        (("alpha=http://127.0.0.1:1/",), TooFewTimestampsError),
        (("alpha=http://127.0.0.1:1/", "beta=http://127.0.0.1:1/"), TooFewTimestampsError),
        (("alpha=http://127.0.0.1:1/", "nobody=http://127.0.0.1:2/"), TimestampError),
        (("alpha", "beta=http://127.0.0.1:2/"), TimestampError),
        (("Alpha!=http://127.0.0.1:1/", "beta=http://127.0.0.1:2/"), TimestampError),
    ],
)
def test_settings_that_do_not_do(workshop: Workshop, urls: tuple[str, ...], error: type[TimestampError]) -> None:
    """Two separate services with known roots are needed."""
    config = Settings(tsa_urls=urls, tsa_ca_dir=workshop.settings.tsa_ca_dir)
    with pytest.raises(error):
        timestamp.open_timestampers(config)


def test_revocation_lists_of_services(workshop: Workshop, tmp_path: Path) -> None:
    """Read from beside the roots: one in DER, several in PEM (an old root's last one); none is no fault."""
    for name, authority in workshop.authorities.items():
        (tmp_path / f"{name}.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    config = Settings(tsa_urls=workshop.settings.tsa_urls, tsa_ca_dir=str(tmp_path))
    alpha = workshop.authorities["alpha"].crl
    (tmp_path / "alpha.crl").write_bytes(x509.load_der_x509_crl(alpha).public_bytes(Encoding.PEM))
    services = timestamp.open_timestampers(config)
    assert [service.lists for service in services] == [(alpha,), ()]
    beta = workshop.authorities["beta"].crl
    (tmp_path / "alpha.crl").write_bytes(
        b"\n".join(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in (alpha, beta))
    )
    (tmp_path / "beta.crl").write_bytes(beta)
    again = timestamp.open_timestampers(config)
    assert [service.lists for service in again] == [(alpha, beta), (beta,)]
    for service in (*services, *again):
        service.client.close()
    (tmp_path / "beta.crl").write_bytes(b"no list")
    with pytest.raises(TimestampError, match="revocation list"):
        timestamp.open_timestampers(config)


def test_check_follows_the_named_root_alone(workshop: Workshop) -> None:
    """An answer of alpha is nothing under the root of beta; other data, other status, garbage neither."""
    alpha, beta = workshop.authorities["alpha"], workshop.authorities["beta"]
    response = answer(alpha, request_for(b"x"), AT)
    assert timestamp.check(response, IMPRINT, [alpha.root]).gen_time == AT
    with pytest.raises(UntrustedError):
        timestamp.check(response, IMPRINT, [beta.root])
    with pytest.raises(ContentMismatchError):
        timestamp.check(response, bytes(32), [alpha.root])
    with pytest.raises(TsaRejectedError):
        timestamp.check(answer(alpha, b"garbage", AT), IMPRINT, [alpha.root])
    for garbage in (b"", b"garbage", response[:-1], response + b"\0", bytes.fromhex("30053003020100")):
        with pytest.raises(MalformedError):
            timestamp.check(garbage, IMPRINT, [alpha.root])
        assert timestamp.peek_time(garbage) is None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_flips_are_typed_errors(workshop: Workshop, response: bytes, place: int, bit: int) -> None:
    """A flipped bit never crashes and never changes what is believed."""
    roots = [workshop.authorities["alpha"].root]
    good = timestamp.check(response, IMPRINT, roots)
    try:
        found = timestamp.check(flip(response, place, bit), IMPRINT, roots)
    except EvidenceError:
        return
    assert (found.gen_time, found.serial, found.path) == (good.gen_time, good.serial, good.path)
