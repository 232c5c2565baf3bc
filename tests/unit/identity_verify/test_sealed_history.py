"""The history of an identity: a chain in the witnessed log, and every change of it found."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.keys import ensure_keys
from evidence.log import entry
from evidence.log.errors import LogChangedError
from evidence.trust import Trust
from evidence.trust import load as load_trust
from identity_verify import badge_holding, sealed_history
from identity_verify.errors import HistoryBrokenError
from kernel.clock import now
from kernel.config import Settings
from kernel.models import ApplicationEvent
from pipeline.wiring import open_log
from tests.unit.identity_verify.merchant_case import HOST, Case

NOBODY = Trust(())
Change = Callable[[dict[str, list[dict[str, object]]]], object]


@pytest.fixture
def badged(case: Case) -> Case:
    """A merchant who came from the code to a badge that was suspended, lifted and revoked."""
    case.issued()
    with case.locked() as (session, row):
        badge_holding.suspend(session, case.keys, row, actor="li", reason="officer", note="核查中", at=case.at)
        badge_holding.resume(session, case.keys, row, actor="li", note="已核实", at=case.at)
        badge_holding.revoke(session, case.keys, row, actor="li", reason="officer", note="冒用", at=case.at)
    return case


def _steps(case: Case) -> list[ApplicationEvent]:
    with case.database.read() as session:
        return sealed_history.steps(session, case.application_id)


def _export(case: Case, config: Settings) -> tuple[bytes, Trust]:
    ensure_keys(config, now())
    events = _steps(case)
    with open_log(config, case.database) as publisher:
        published = publisher.publish([entry.identity(event.hash) for event in events])
        publisher.audit()
    return sealed_history.render(events, [one.proof for one in published]), load_trust(config.trust_path())


@pytest.fixture
def exported(badged: Case, config: Settings) -> tuple[bytes, Trust]:
    """The file, and the trust list of who made it."""
    return _export(badged, config.model_copy(update={"witness_quorum": 0}))


def test_every_step_is_told(badged: Case, exported: tuple[bytes, Trust]) -> None:
    """Application, proof, badge, suspension, lifting, revocation, with who, why and what was proven by then."""
    checked = sealed_history.verify(*exported)
    assert [record["event"] for record in checked.records] == [
        "begin", "site-added", "submit", "site-proven", "verify", "issue", "suspend", "resume", "revoke",
    ]  # fmt: skip
    assert checked.badge
    assert checked.size == len(checked.records)
    last = checked.records[-1]
    assert (last["actor"], last["after"], last["note"]) == ("li", "revoked", "冒用")
    proven = checked.records[3]["detail"]
    assert isinstance(proven, dict)
    assert [(site["origin"], site["method"]) for site in proven["sites"]] == [(f"https://{HOST}", "dns")]
    assert proven["code"] == badged.extract.code


def _first(changed: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return changed["steps"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["steps"][-1].update(reason="withdrawn"),
        lambda file: file["steps"][3].update(actor="merchant:other"),
        lambda file: _first(file).update(at="2026-01-01T00:00:00Z"),
        lambda file: (file["steps"].pop(4), file["proofs"].pop(4)),
        lambda file: file["steps"].reverse(),
        lambda file: file["proofs"].reverse(),
        lambda file: file["proofs"].pop(),
        lambda file: file["steps"].clear(),
        lambda file: _first(file).update(more=1),
        lambda file: _first(file).pop("note"),
        lambda file: file.update(form="wangjian/identity-history/v2"),
        lambda file: file.update(proofs=["!"] * len(file["steps"])),
    ],
)
def test_every_change_is_found(exported: tuple[bytes, Trust], change: Change) -> None:
    """Altered, left out, put in another order, without its proof. That the newest is left out, no chain can say."""
    file = json.loads(exported[0])
    change(file)
    with pytest.raises(HistoryBrokenError):
        sealed_history.verify(json.dumps(file).encode(), exported[1])


def test_another_log_proves_nothing(badged: Case, exported: tuple[bytes, Trust], tmp_path: Path) -> None:
    """The verifier's own trust list decides."""
    other = Settings(data_dir=tmp_path / "other", witness_quorum=0)
    ensure_keys(other, now())
    with pytest.raises(HistoryBrokenError):
        sealed_history.verify(exported[0], load_trust(other.trust_path()))
    del badged


def test_the_log_s_audit_finds_a_step_that_was_changed(badged: Case, config: Settings) -> None:
    """In the records themselves."""
    quiet = config.model_copy(update={"witness_quorum": 0})
    _export(badged, quiet)
    with badged.database.write() as session:
        step = sealed_history.steps(session, badged.application_id)[2]
        step.hash = "f" * 64
    with open_log(quiet, badged.database) as publisher, pytest.raises(LogChangedError, match="step of an identity"):
        publisher.audit()


@settings(max_examples=60)
@given(
    st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
)
def test_anything_else_is_refused(data: bytes | str) -> None:
    """What is no history is refused in one way."""
    with pytest.raises(HistoryBrokenError):
        sealed_history.verify(data if isinstance(data, bytes) else data.encode(), NOBODY)
