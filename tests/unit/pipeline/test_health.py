"""Health of the parts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from kernel import audit
from kernel.config import Settings
from kernel.models import AuditEntry
from kernel.private_redis import PrivateRedis
from pipeline import health
from pipeline.health import CHECKS, Finding, examine
from pipeline.wiring import open_database


def _by_part(config: Settings) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(config)}


def test_this_machine_has_all_parts(config: Settings) -> None:
    """One finding a part, in order, each with a line."""
    try:
        findings = examine(config)
    finally:
        PrivateRedis(config.data_dir).stop()
    assert [finding.part for finding in findings] == [part for part, _ in CHECKS]
    assert all(finding.ok and finding.line for finding in findings), findings


def test_what_is_missing_is_said_with_the_next_step(
    config: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A missing part stops no other check."""
    monkeypatch.setattr(health, "LOW_DISK_BYTES", 1 << 62)
    broken = config.model_copy(
        update={
            "chromium_path": str(tmp_path / "none"),
            "redis_url": "redis://127.0.0.1:1/0",
            "elasticsearch_url": "http://127.0.0.1:1",
        }
    )
    found = _by_part(broken)
    bad = {part for part, finding in found.items() if not finding.ok}
    assert bad == {"浏览器 browser", "磁盘 disk", "队列 queue", "检索 search"}
    assert "apt-get install chromium" in found["浏览器 browser"].line
    assert all("→" in found[part].line for part in bad)


def test_a_broken_audit_chain_is_a_finding(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The records answer, and yet are not in order."""
    database = open_database(config)
    with database.write() as session:
        audit.append(session, actor="li", action="a", at=datetime(2026, 11, 25, 4, tzinfo=UTC))
        session.execute(update(AuditEntry).values(actor="wang"))
    database.close()
    monkeypatch.setattr(health, "CHECKS", tuple(check for check in CHECKS if check[0] == "记录 records"))
    (finding,) = examine(config)
    assert not finding.ok
    assert "entry 1" in finding.line
