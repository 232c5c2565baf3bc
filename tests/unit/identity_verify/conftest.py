"""Synthetic companies and a database for the tests of identity work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from identity_verify.badge_keys import open_keys
from identity_verify.registry_extract import RegistryExtract
from kernel.config import Settings
from kernel.db import Database
from tests.servers.paper_net import PaperNet
from tests.unit.identity_verify.merchant_case import Case

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
EXTRACT = RegistryExtract(
    code="91310115XX0000019T",
    registration_number="310115000123456",
    name="上海青禾(测试)商贸有限公司",
    former_names=("上海禾苗(测试)商贸有限公司",),
    kind="company",
    status="active",
    region="310115",
    address="上海市浦东新区测试路1号",
    scope="日用百货销售",
    persons=(("legal-representative", "测试甲"),),
    established_on=date(2020, 1, 6),
    approved_on=date(2025, 3, 1),
    authority="浦东新区市场监督管理局",
    capital_fen=100_000_000,
    websites=("https://qinghe.example.test/",),
    source_ref="reg-1",
    source_at=AT - timedelta(days=2),
)


@pytest.fixture
def extract() -> Callable[..., RegistryExtract]:
    """Makes extracts of one synthetic company, with what differs."""

    def make(**more: Any) -> RegistryExtract:
        return replace(EXTRACT, **more)

    return make


@pytest.fixture
def at() -> datetime:
    """The time of the tests."""
    return AT


@pytest.fixture
def net() -> PaperNet:
    """A network on paper, with nothing written yet."""
    return PaperNet()


@pytest.fixture
def case(config: Settings, database: Database, extract: Callable[..., RegistryExtract]) -> Case:
    """A merchant whose firm is in the registry; it lists no sites."""
    return Case(database, open_keys(config), extract(websites=()), AT)
