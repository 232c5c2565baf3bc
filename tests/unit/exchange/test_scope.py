"""What a peer may get: nothing outside its scope is ever sent, by whatever way."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.errors import PeerError, ScopeError
from exchange.folder_line import turn_folders
from exchange.offline.dispatch import write_waiting
from exchange.outbox import Draft
from exchange.peers import KnownPeer
from exchange.scope import fields_of, narrowed, read_scopes, require_type
from exchange.sealing import seal_waiting
from kernel.models import AuditEntry, Delivery, Message, Peer
from tests.servers.exchanging import Line, Node, introduce, lead, make_node, pair

Pair = tuple[Node, Node, Line]
NEEDED = ["title", "description", "found_at"]


def scoped(node: Node, **scopes: Any) -> None:
    """Give the node's peers a scope."""
    with node.database.write() as session:
        for row in session.query(Peer):
            row.scopes = read_scopes(scopes)


def peer(**scopes: Any) -> KnownPeer:
    """A peer with a scope."""
    given = read_scopes(scopes)
    return KnownPeer("000000", "", "line://", "active", "department", ("ed25519-sha256",), (), given, None)


def recall(number: int) -> Draft:
    """A message of another type."""
    payload = {"product": "测试商品", "brand": "测试", "reason": "标识不符", "published_on": "2026-11-25"}
    return Draft("RECALL", "1.0", "UPSERT", f"recall-{number}", 1, payload, receiver="000000", classification="public")


def test_a_type_outside_the_scope_is_not_sealed(two: Pair) -> None:
    """It is a dead letter that says why; what is inside goes on, and no number is lost."""
    city, national, _ = two
    scoped(city, out=["CASE"])
    city.post(lead(1))
    city.turn()
    (row,) = city.rows(Message)
    assert (row.state, row.error_code, row.seq, row.envelope) == ("dead", "exchange.scope", None, "")
    assert national.rows(Message) == []
    scoped(city, out=["LEAD"])
    city.post(lead(2))
    city.turn()
    assert [(row.biz_key, row.seq) for row in national.rows(Message)] == [("lead-2", 1)]


def test_a_field_outside_the_scope_is_left_out_before_it_is_signed(two: Pair) -> None:
    """The peer never sees it, the signature is over what it sees, and it is noted here."""
    city, national, _ = two
    scoped(city, fields={"LEAD": [*NEEDED, "rule_id"]})
    city.post(lead(1, payload={"rule_id": "PR03", "shop_url": "https://a.example.test/", "measures": "约谈"}))
    city.turn()
    (there,) = national.rows(Message)
    assert set(json.loads(there.envelope)["payload"]) == {*NEEDED, "rule_id"}
    assert "a.example.test" not in there.envelope
    assert there.state == "processed"
    with city.database.read() as session:
        noted = session.query(AuditEntry).filter_by(action="exchange.fields-left-out").one()
        assert noted.detail["fields"] == ["measures", "shop_url"]


def test_a_scope_without_what_the_type_needs_sends_nothing(two: Pair) -> None:
    """Half a message is no message."""
    city, national, _ = two
    scoped(city, fields={"LEAD": ["title"]})
    city.post(lead(1))
    city.turn()
    (row,) = city.rows(Message)
    assert (row.state, row.error_code) == ("dead", "exchange.scope")
    assert national.rows(Message) == []


def test_a_scope_that_became_narrower_holds_back_what_was_sealed(two: Pair) -> None:
    """By type and by field; the rest goes."""
    city, national, line = two
    line.down.add("000000")
    city.post(lead(1), lead(2, payload={"measures": "约谈"}), lead(3))
    city.turn()
    scoped(city, fields={"LEAD": NEEDED})
    line.down.clear()
    city.turn(5)
    states = [(row.state, row.code) for row in city.rows(Delivery)]
    assert states[1] == ("dead", "exchange.scope")
    assert "约谈" not in "".join(row.envelope for row in national.rows(Message))
    scoped(city, out=["RECALL"])
    city.post(lead(4))
    city.turn(5)
    assert [row.state for row in city.rows(Message, biz_key="lead-4")] == ["dead"]


def test_the_other_ways_hold_back_too(tmp_path: Path) -> None:
    """A shared folder and an offline package."""
    line = Line()
    city, national = (make_node(org, tmp_path / org, line) for org in ("310000", "000000"))
    introduce(city, national, f"folder:{tmp_path / 'shared'}")
    city.post(lead(1))
    seal_waiting(city.database, city.keys, city.gateway.ours, at=city.at)
    scoped(city, out=["CASE"])
    with city.database.read() as session:
        assert write_waiting(session, "000000", tmp_path / "package") == (0, [])
    assert turn_folders(city.gateway, at=city.at) == (0, 0, 0)
    assert [(row.state, row.code) for row in city.rows(Delivery)] == [("dead", "exchange.scope")]
    assert not [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]
    for node in (city, national):
        node.database.close()


def test_what_passes_through_is_refused_where_the_next_may_not_have_it(tmp_path: Path) -> None:
    """It is signed by another: it cannot be narrowed, so it is not handed on."""
    with pair(tmp_path) as (city, national, line):
        district = make_node("310115", tmp_path, line)
        introduce(district, city)
        introduce(district, national, url="")
        introduce(city, district)
        scoped(city, fields={"LEAD": NEEDED})
        district.post(lead(1, payload={"measures": "约谈"}), lead(2))
        district.turn()
        assert [(row.state, row.code) for row in district.rows(Delivery)] == [
            ("waiting", "exchange.scope"), ("stored", ""),
        ]  # fmt: skip
        assert [row.biz_key for row in city.rows(Message)] == ["lead-2"]
        scoped(city, out=["CASE"])
        district.post(lead(3))
        district.turn(5)
        assert [row.biz_key for row in city.rows(Message)] == ["lead-2"]
        district.database.close()


def test_the_accounts_of_the_exchange_go_with_every_type() -> None:
    """A scope cannot cut off receipts and reconciliation."""
    require_type([peer(out=["LEAD"])], "RECON")
    with pytest.raises(ScopeError):
        require_type([peer(out=["LEAD"])], "CASE")


def test_what_names_the_matter_stays() -> None:
    """A transfer without its matter says nothing."""
    payload = {"matter": "case-1", "step": "ask", "reason": "管辖", "matter_kind": "case"}
    kept, out = narrowed([peer(fields={"TRANSFER": ["reason", "matter_kind"]})], "TRANSFER", "1.0", payload)
    assert (dict(kept), out) == (payload, ())
    assert narrowed([peer()], "TRANSFER", "1.0", payload) == (payload, ())


def test_both_on_the_way_count() -> None:
    """The host and whoever hands it on."""
    two_peers = [peer(fields={"LEAD": [*NEEDED, "rule_id"]}), peer(fields={"LEAD": [*NEEDED, "measures"]})]
    payload = dict.fromkeys(NEEDED, "2026-11-25T08:00:00Z") | {"rule_id": "PR03", "measures": "约谈"}
    assert narrowed(two_peers, "LEAD", "1.0", payload)[1] == ("measures", "rule_id")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"other": []},
        {"out": "LEAD"},
        {"out": ["NONE"]},
        {"fields": []},
        {"fields": {"NONE": []}},
        {"fields": {"LEAD": ["no_such_field"]}},
        {"fields": {"LEAD": "title"}},
        {"in": [1]},
    ],
)
def test_scopes_that_are_not_understood_are_refused(value: object) -> None:
    """A slip of the pen must not open or close anything."""
    with pytest.raises(PeerError):
        read_scopes(value)


def test_scopes_are_read_in_one_form() -> None:
    """Sorted, each once; every type has fields."""
    assert read_scopes({"out": ["LEAD", "CASE", "LEAD"], "fields": {"LEAD": ["title"]}}) == {
        "in": [], "out": ["CASE", "LEAD"], "fields": {"LEAD": ["title"]},
    }  # fmt: skip
    assert "title" in fields_of("LEAD")
