"""The dossier."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.dossier import SealedFile, Sources, gather, local_text, read_authority, text
from kernel.errors import ClockError
from tests.data.evidence.records import AUTHORITY, CAPTURE, bare, full
from tests.data.evidence.workshop import AT


def test_everything_told() -> None:
    """Facts of the records arrive, in words."""
    told = full()
    assert told.address == "203.0.113.7:443"
    assert told.counts == (37, 1, 1)
    assert ("https://img.example.test/lost.png", "failed no_answer") in told.missing
    assert told.authority.unit() == "样品市市场监督管理局网监科"
    assert [officer.certificate_number for officer in told.authority.officers] == ["样0000001", "样0000002"]
    assert any("跳转" in step for step in told.steps)
    assert any("arrived at" in step for step in told.steps)
    assert dict(told.tools)["playwright"] == "1.56"
    assert told.compared
    assert "12.5 毫秒" in told.clock
    assert "4 of 4" in told.clock
    assert "203.0.113.9" in dict(told.environment)["hosts 文件 Hosts file"]


def test_nothing_guessed() -> None:
    """What is not in the records is empty, or said to be not recorded."""
    told = bare()
    assert (told.address, told.purpose, told.network, told.missing, told.compared) == ("", "", (), (), False)
    assert told.authority.officers == ()
    assert "not compared" in told.clock
    assert dict(told.environment) == {"登录账号 Account": "未登录 not signed in"}


def test_a_task_has_no_unit() -> None:
    """What ordered it is an account, which is no unit and no authorisation."""
    task = read_authority({"kind": "task", "issued_by": "officer-1", "number": "ev-1"})
    assert (task.unit(), task.case()) == ("", False)
    assert read_authority({"kind": "case", "issued_by": "样品局"}).unit() == "样品局"


def test_addresses() -> None:
    """IPv6 addresses are bracketed."""
    capture = {**CAPTURE, "main_document": {"remote_address": "2001:db8::1", "remote_port": 443}}
    assert gather(Sources(capture), [], AT, "good").address == "[2001:db8::1]:443"


def test_an_answer_without_a_time_to_live() -> None:
    """What comes out of the settings has none, and none is printed."""
    main = {"dns": [{"address": "203.0.113.7", "ttl": 60}, {"address": "203.0.113.8", "ttl": None}]}
    network = dict(gather(Sources({**CAPTURE, "main_document": main}), [], AT, "good").network)
    assert network["DNS 应答 Answers"] == "203.0.113.7 (TTL 60 s); 203.0.113.8"


def test_a_capture_without_times() -> None:
    """Refused."""
    with pytest.raises(ClockError):
        gather(Sources({"started_at": "yesterday"}), [], AT, "good")


def test_words() -> None:
    """Values in words; times in two zones; unknown kinds of files."""
    assert text([True, None, {"a": 1}]) == "是 yes; ; a: 1"
    assert local_text("2026-11-25T08:00:00Z").startswith("2026-11-25 16:00:00（北京时间）")
    assert local_text("soon") == "soon"
    assert SealedFile("data/x.bin", 1, "").kind() == ("文件", "")
    assert SealedFile("data/x.bin", 1, "").source() == "采集程序 capture"


WORDS = st.text("ab<𠀀\x00 é", max_size=5)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@QUIET
@given(st.dictionaries(st.sampled_from(sorted(AUTHORITY)), JSON))
def test_any_authority_can_be_read(record: dict[str, object]) -> None:
    """Hostile shapes give text, never an exception."""
    assert isinstance(read_authority(record).number, str)


@QUIET
@given(st.dictionaries(st.sampled_from(sorted(CAPTURE)), JSON), st.dictionaries(WORDS, JSON))
def test_any_record_can_be_read(capture: dict[str, object], other: dict[str, object]) -> None:
    """As above for the record of the capture."""
    times = {name: CAPTURE[name] for name in ("started_at", "ended_at")}
    told = gather(Sources({**capture, **times}, other, other, other, other, (other,)), [], AT, "good")
    assert told.sealed_at == AT
