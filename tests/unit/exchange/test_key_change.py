"""Changing our keys: told under the old one, both hold for a while, and nobody can slip in a key of his own."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange import key_change
from exchange.errors import KeyChangeError, SuiteError
from exchange.gateway import Gateway
from exchange.keys import KeyFolder, folder_of, kid_of, new_keys
from exchange.outbox import Draft
from exchange.relay import Relay
from exchange.suite import suite
from kernel.clock import iso
from kernel.config import ROOT, Settings
from kernel.models import AuditEntry, Delivery, Message, Peer
from tests.servers.exchanging import AT, PACE, Line, Node, introduce, lead, make_node

NAME = "ed25519-sha256"


@dataclass
class Two:
    """A bureau whose keys lie in a folder, and the national authority."""

    city: Node
    national: Node
    line: Line
    folder: KeyFolder
    config: Settings

    def change(self, how: str, **given: Any) -> str:
        """``begin`` or ``finish`` a change, as a person does."""
        database = self.city.database
        if how == "finish":
            return key_change.finish(database, self.folder, NAME, actor="li", at=self.city.at, **given)
        with database.write() as session:
            book = self.city.gateway.book()
            return key_change.begin(session, self.folder, NAME, book, actor="li", at=self.city.at, **given)

    def known_kids(self) -> dict[str, str]:
        """What the national authority knows of the bureau: numbers with their ends."""
        return {key["kid"]: key["until"] for key in self.national.rows(Peer)[0].keys if key["suite"] == NAME}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Who know each other."""
    line = Line()
    config = Settings(data_dir=tmp_path / "city", exchange_org="310000")
    folder = KeyFolder(config)
    made = make_node("310000", tmp_path, line)
    gateway = Gateway(made.database, folder, (NAME,))
    line.gateways["310000"] = gateway
    city = Node("310000", made.database, folder.keys(), gateway, Relay(gateway, {"line": line}, PACE))
    national = make_node("000000", tmp_path, line)
    introduce(city, national)
    introduce(national, city)
    key_change.register_handler()
    yield Two(city, national, line, folder, config)
    for node in (city, national):
        node.database.close()


def _relay(two: Two) -> None:
    two.city.relay = Relay(two.city.gateway, {"line": two.line}, PACE)
    two.city.turn(1)


def test_the_whole_way(two: Two) -> None:
    """Told, taken, in force; messages before, between and after are all taken, and each step is in the audit trail."""
    two.city.post(lead(1))
    _relay(two)
    old = two.folder.keys()
    old_kid = kid_of(suite(NAME).public(old.private(NAME)))
    kid = two.change("begin")
    two.city.post(lead(2))
    _relay(two)
    assert kid in two.known_kids()
    assert two.known_kids()[old_kid] == iso(two.city.at - timedelta(seconds=1) + timedelta(days=30))
    with two.city.database.read() as session:
        (standing,) = key_change.standing(session, two.folder.keys())
    assert (standing.kid, standing.told, standing.waiting) == (kid, ("000000",), ())
    assert two.change("finish") == kid
    two.city.post(lead(3))
    _relay(two)
    rows = {row.biz_key: row for row in two.national.rows(Message)}
    assert {row.state for row in rows.values()} == {"processed"}
    assert (rows["lead-1"].kid, rows["lead-2"].kid, rows["lead-3"].kid) == (old_kid, old_kid, kid)
    with two.city.database.read() as session:
        said = [row.action for row in session.query(AuditEntry)]
        assert {"exchange.key-change-begun", "exchange.key-changed"} <= set(said)
    with two.national.database.read() as session:
        noted = session.query(AuditEntry).filter_by(action="exchange.peer-key-changed").one()
        assert noted.actor == "peer:310000"


def test_both_keys_hold_during_the_overlap_and_the_old_one_ends(two: Two) -> None:
    """A message signed before the change arrives after it; weeks later the old key is nothing any more."""
    two.change("begin")
    _relay(two)
    two.line.down.add("000000")
    two.city.post(lead(1), lead(2))
    _relay(two)
    two.change("finish")
    two.line.down.clear()
    two.city.turn(5)
    assert [row.state for row in two.national.rows(Message, type="LEAD")] == ["processed"] * 2
    with two.national.database.write() as session:
        peer = session.query(Peer).one()
        early = iso(AT - timedelta(days=1))
        peer.keys = [{**key, "until": early if key["until"] else ""} for key in peer.keys]
    two.city.post(lead(3))
    _relay(two)
    assert two.national.rows(Message, biz_key="lead-3")[0].state == "processed"


def test_what_was_sealed_for_the_old_key_is_opened_after_the_change(two: Two) -> None:
    """And a peer seals for the next key as soon as it knows it, before it signs."""
    row = {"kind": "registered", "shop_name": "测试店", "shop_url": "https://a.example.test/", "address": "测试路",
           "contact": "021-00000000"}  # fmt: skip
    report = {"period": "2026-01", "platform_name": "测试平台", "rows": [row]}

    def tell(number: int) -> None:
        draft = Draft("IDENTITY_REPORT", "1.0", "UPSERT", f"r{number}", 1, report, receiver="310000",
                      classification="sensitive")  # fmt: skip
        two.national.post(draft)

    tell(1)
    two.line.down.add("310000")
    two.national.turn(1)
    two.change("begin")
    _relay(two)
    tell(2)
    two.national.turn(1)
    sealed_for = [json.loads(row.envelope)["key"]["kid"] for row in two.national.rows(Message, type="IDENTITY_REPORT")]
    before = two.folder.keys()
    assert sealed_for == [before.sealing_kid(NAME), kid_of(suite(NAME).public(before.next_sealing[NAME]))]
    two.change("finish")
    two.line.down.clear()
    two.national.turn(5)
    assert [row.state for row in two.city.rows(Message, type="IDENTITY_REPORT", direction="in")] == ["processed"] * 2


def test_nobody_is_left_behind_unless_a_person_says_so(two: Two) -> None:
    """A peer that does not answer holds the change up; even so its messages wait for the new card."""
    with pytest.raises(KeyChangeError):
        two.change("finish")
    two.line.down.add("000000")
    kid = two.change("begin")
    assert two.change("begin") == kid, "the same again"
    _relay(two)
    with pytest.raises(KeyChangeError, match="000000"):
        two.change("finish")
    assert key_change.finish_known(two.city.database, two.folder, at=two.city.at) == []
    assert len(two.city.rows(Message, type="KEYS")) == 1
    two.change("finish", even_so=True)
    two.line.down.clear()
    two.city.post(lead(1))
    two.city.at += timedelta(minutes=1)
    _relay(two)
    assert {row.state for row in two.city.rows(Delivery)} == {"waiting"}, "the call itself is of a key nobody knows"
    introduce(two.national, Node("310000", two.city.database, two.folder.keys(), two.city.gateway, two.city.relay))
    two.city.turn(60)
    assert two.city.rows(Message, biz_key="lead-1")[0].state == "processed"


def test_the_duty_finishes_when_all_know(two: Two) -> None:
    """By itself."""
    kid = two.change("begin")
    _relay(two)
    assert key_change.finish_known(two.city.database, two.folder, at=two.city.at) == [NAME]
    assert kid_of(suite(NAME).public(two.city.gateway.keys.private(NAME))) == kid
    assert two.city.gateway.keys.next_signing == {}


def test_a_process_that_runs_on_takes_the_keys_of_today(two: Two) -> None:
    """The folder was changed by another process."""
    other = KeyFolder(two.config)
    kept = two.city.gateway.keys
    other.prepare(NAME)
    assert two.city.gateway.keys.next_signing.keys() == {NAME}
    other.switch(NAME, "0" * 16)
    assert two.city.gateway.keys.next_signing.keys() == {NAME}, "the next key is another one"
    kid = kid_of(suite(NAME).public(other.keys().next_signing[NAME]))
    for _ in range(2):
        other.switch(NAME, kid)
    now = two.city.gateway.keys
    assert now.signing[NAME] != kept.signing[NAME]
    assert now.opening(NAME, kept.sealing_kid(NAME)) == (kept.sealing[NAME],)
    assert [card["kid"] for card in now.old_cards] == [kid_of(suite(NAME).public(kept.signing[NAME]))]
    private = [path for path in folder_of(two.config).iterdir() if path.name.endswith(".key")]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert not [path for path in private if path.read_bytes() == kept.signing[NAME]], "the old one signs nothing more"


def test_a_switch_that_was_cut_off_leaves_no_next_key(two: Two) -> None:
    """The new keys were put in their place, and the machine stopped before the others were taken away."""
    two.folder.prepare(NAME)
    where = folder_of(two.config)
    for use in ("sign", "seal"):
        (where / f"{NAME}.{use}.key").write_bytes((where / f"{NAME}.{use}.next.key").read_bytes())
    assert KeyFolder(two.config).keys().next_signing == {}
    assert KeyFolder(two.config).prepare(NAME).next_signing.keys() == {NAME}, "and none stands in the way of the next"


def test_what_nobody_was_told_is_not_put_in_force(two: Two) -> None:
    """The keys were made, and the run ended before any peer was told."""
    two.folder.prepare(NAME)
    with pytest.raises(KeyChangeError, match="begun"):
        two.change("finish", even_so=True)
    two.change("begin")
    _relay(two)
    two.change("finish")


KILLED = """
import os, signal, sys
from pathlib import Path
from exchange import key_change, keys
from kernel.clock import now
from kernel.config import Settings
from kernel.db import Database

def die(*_given, **_words):
    os.kill(os.getpid(), signal.SIGKILL)

config = Settings(data_dir=Path(sys.argv[1]), exchange_org="310000")
database, folder = Database(sys.argv[2]), keys.KeyFolder(config)
where = sys.argv[3]
if where == "before the commit":
    key_change.audit.append = die
elif where == "before the files":
    keys.KeyFolder.switch = die
elif where == "amid the files":
    keys.key_folder.change = die
else:
    keys.synchronise = die
key_change.finish(database, folder, "ed25519-sha256", actor="li", at=now())
"""


@pytest.mark.parametrize("where", ["before the commit", "before the files", "amid the files", "after the files"])
def test_a_change_that_is_killed_is_gone_on_with(two: Two, where: str) -> None:
    """At whatever point: what signs is in the audit trail, and what is decided there signs after the next start."""
    kid = two.change("begin")
    _relay(two)
    old = kid_of(suite(NAME).public(two.folder.keys().private(NAME)))
    words = [sys.executable, "-c", KILLED, str(two.config.data_dir), two.city.database.url, where]
    assert subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL
    folder = KeyFolder(two.config)

    def state() -> tuple[str, int]:
        with two.city.database.read() as session:
            lines = session.query(AuditEntry).filter_by(action="exchange.key-changed", object_id=kid).count()
        return kid_of(suite(NAME).public(folder.keys().private(NAME))), lines

    assert state() == {"before the commit": (old, 0), "after the files": (kid, 1)}.get(where, (old, 1))
    resumed = key_change.resume(two.city.database, folder)
    assert resumed == ([NAME] if where in {"before the files", "amid the files"} else [])
    if where == "before the commit":
        assert two.change("finish") == kid
    assert state() == (kid, 1)
    assert folder.keys().next_signing == {}
    assert key_change.resume(two.city.database, folder) == []
    two.city.post(lead(1))
    _relay(two)
    (row,) = two.national.rows(Message, biz_key="lead-1")
    assert (row.state, row.kid) == ("processed", kid)


def test_what_was_decided_is_not_decided_again(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finishes what another began to finish adds no second line."""
    kid = two.change("begin")
    _relay(two)
    with monkeypatch.context() as patch:
        patch.setattr(KeyFolder, "switch", lambda *_: None)
        two.change("finish")
    assert two.change("finish") == kid
    with two.city.database.read() as session:
        assert session.query(AuditEntry).filter_by(action="exchange.key-changed").count() == 1
    assert two.folder.keys().next_signing == {}


def test_an_overlap_that_cannot_be(two: Two) -> None:
    """Neither none nor for ever; nor for a suite that is not here."""
    for days in (0, 500):
        with pytest.raises(KeyChangeError):
            two.change("begin", days=days)
    with pytest.raises(SuiteError), two.city.database.write() as session:
        key_change.begin(session, two.folder, "rot13", two.city.gateway.book(), actor="li", at=AT)


def _forged(two: Two, **change: Any) -> Draft:
    """A statement with something else in it, posted under the bureau's true signature."""
    keys = two.folder.prepare(NAME)
    payload = key_change._statement(keys, NAME, two.city.at + timedelta(days=30), two.city.at)
    payload |= change
    return Draft("KEYS", "1.0", "UPSERT", "forged", 1, payload, receiver="000000")


def _stranger() -> list[dict[str, str]]:
    return [card for card in new_keys("310000", (NAME,)).cards(AT) if card["suite"] == NAME]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"keys": _stranger()}, "exchange.signature"),
        ({"proof": base64.b64encode(b"x" * 64).decode()}, "exchange.signature"),
        ({"proof": "*"}, "exchange.signature"),
        ({"old_until": "2036-01-01T00:00:00.000000Z"}, "exchange.key_change"),
        ({"old_until": "2020-01-01T00:00:00.000000Z"}, "exchange.key_change"),
        ({"suite": "sm2-sm3"}, "exchange.key_change"),
        ({"keys": [_stranger()[0], _stranger()[0]]}, "exchange.key_change"),
        ({"keys": [{**card, "kid": "0" * 16} for card in _stranger()]}, "exchange.key_change"),
    ],
)
def test_a_statement_that_does_not_hold_is_rejected(two: Two, change: dict[str, Any], code: str) -> None:
    """A key that its sender does not hold, another time, another suite: nothing of the peer changes."""
    before = two.known_kids()
    two.city.post(_forged(two, **change))
    _relay(two)
    (row,) = two.national.rows(Message, type="KEYS")
    assert (row.state, row.error_code) == ("rejected", code)
    assert two.known_kids() == before


def test_an_old_statement_again_changes_nothing(two: Two) -> None:
    """What is known is known, with the end it had."""
    two.change("begin", days=10)
    _relay(two)
    known = two.known_kids()
    two.city.post(_forged(two))
    _relay(two)
    assert two.known_kids() == known
