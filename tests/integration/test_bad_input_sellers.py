"""Bad input around sellers and the exchange: each kind has an error of its own with a code that stays.

The list of kinds is that of the assignment; how each looks on its page or in its receipt is tested where it is made.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.keys import ensure_keys
from exchange.envelope import MAX_BYTES, signed_bytes
from exchange.errors import TooLargeMessageError
from exchange.outbox import Draft
from exchange.sealing import seal_waiting
from identity_verify.application import Wish, apply
from identity_verify.badge_keys import open_keys
from identity_verify.errors import CodeError, CodeUnknownError, OtherFirmError, SiteAddressError
from identity_verify.registry_extract import RegistryExtract
from identity_verify.site_address import read_address
from kernel.config import Settings
from kernel.crypto import canonical_json
from kernel.db import Database
from kernel.errors import WangjianError
from kernel.models import MerchantAccount, Message, Notice, Stream
from tests.servers.exchanging import Line, Node, lead, pair
from tests.unit.identity_verify.merchant_case import HOST, Case

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
CODE, NAME = "91310115XX0000019T", "上海青禾(测试)商贸有限公司"
OTHER_CODE, OTHER_NAME = "92310104XX0000027L", "徐汇区乙家(测试)食品商行"


def _extract(code: str, name: str) -> RegistryExtract:
    return RegistryExtract(
        code=code, registration_number="", name=name, former_names=(), kind="company", status="active", region="310115",
        address="", scope="", websites=(), persons=(("legal-representative", "测试甲"),),
        established_on=date(2020, 1, 6), approved_on=None, authority="", capital_fen=None, source_ref=code,
        source_at=AT,
    )  # fmt: skip


@pytest.fixture
def case(database: Database, config: Settings) -> Case:
    """A merchant, whose firm and another one are in the registry."""
    ensure_keys(config, AT)
    made = Case(database, open_keys(config), _extract(CODE, NAME), AT)
    kept, made.extract = made.extract, _extract(OTHER_CODE, OTHER_NAME)
    made.change()
    made.extract = kept
    return made


@pytest.mark.parametrize(
    ("code", "name", "error", "word"),
    [
        ("12345", NAME, CodeError, "length"),
        ("9131O115XX0000019V", NAME, CodeError, "alphabet"),
        ("91310115XX00000190", NAME, CodeError, "check-digit"),
        ("91330100799655059E", NAME, CodeError, "organisation-code"),
        ("440301103448660", NAME, CodeError, "check-digit"),
        ("91310115XX00002460", NAME, CodeUnknownError, "unknown"),
        (CODE, OTHER_NAME, OtherFirmError, "other-firm"),
        (CODE, "北京毫不相干科技", OtherFirmError, "unlike"),
    ],
)
def test_codes_and_names(case: Case, code: str, name: str, error: type[WangjianError], word: str) -> None:
    """Malformed, wrong in a check digit, of nobody; the name of another firm."""
    wish = Wish(code, name, "测试甲", "general", certified=True)
    with case.database.write() as session:
        account = session.get_one(MerchantAccount, case.account_id)
        with pytest.raises(error) as raised:
            apply(session, account, wish, at=case.at)
    assert word in str(raised.value.context["fields"])
    assert raised.value.hint
    assert raised.value.code.startswith("identity_verify.")


def test_an_expired_proof(case: Case) -> None:
    """The look says so, and a proof that ran out counts no more."""
    claim = case.issued()
    case.at += timedelta(days=366)
    assert case.check(claim).cause == "expired-token"


def test_a_well_known_file_that_redirects(case: Case) -> None:
    """Off the host it is not followed."""
    case.apply()
    claim = case.add()
    case.submit()
    case.net.fail(f"https://{HOST}/.well-known/scjg-challenge/{case.claim(claim).token}", "redirect-off-host")
    assert case.check(claim, "file").cause == "redirect-off-host"


def test_look_alike_names_of_sites(case: Case) -> None:
    """Another script inside a name is told to the officer; what no browser would take is refused."""
    case.apply()
    claim = case.add("https://www.qіnghe.example/")
    assert [warning["word"] for warning in case.claim(claim).warnings] == ["mixed-script"]
    with pytest.raises(SiteAddressError):
        read_address("https://192.0.2.1/")


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Node, Node, Line]]:
    """A bureau and the national authority."""
    with pair(tmp_path) as nodes:
        yield nodes


def _wire(node: Node, *drafts: Draft) -> list[dict[str, Any]]:
    node.post(*drafts)
    seal_waiting(node.database, node.keys, node.gateway.ours, at=node.at)
    rows = node.rows(Message, direction="out", state="sealed")
    return [
        {
            "envelope": json.loads(row.envelope),
            "signature": {"suite": row.suite, "kid": row.kid, "value": row.signature},
        }
        for row in rows
    ]


def _signed(node: Node, envelope: dict[str, Any]) -> dict[str, Any]:
    """What a sender with a right key and wrong ways would send."""
    kid, value = node.keys.sign(node.gateway.ours[0], signed_bytes(canonical_json(envelope)))
    text = base64.b64encode(value).decode()
    return {"envelope": envelope, "signature": {"suite": node.gateway.ours[0], "kid": kid, "value": text}}


def _hand(node: Node, *messages: object) -> dict[str, Any]:
    found: dict[str, Any] = node.gateway.take_messages(list(messages), "310000", node.gateway.book(), at=node.at)
    return found


def _noticed(node: Node) -> list[tuple[str, str]]:
    """Reasons that the office of the exchange was told, each with its sender."""
    rows = [row for row in node.rows(Notice) if row.kind == "exchange"]
    return [(str(row.detail["from"]), str(row.detail["code"])) for row in rows]


def test_a_replayed_message(two: tuple[Node, Node, Line]) -> None:
    """Gets its first receipt again and has no second effect."""
    city, national, _ = two
    (message,) = _wire(city, lead(1))
    first, again = _hand(national, message), _hand(national, message)
    assert again["sheets"][0] == first["sheets"][0]
    assert '"DUPLICATE"' in again["sheets"][1]["body"]
    assert len(national.rows(Message)) == 1


def test_reordered_messages(two: tuple[Node, Node, Line]) -> None:
    """The gap is named, and all are taken in order once it is filled."""
    city, national, _ = two
    first, second, third = _wire(city, lead(1), lead(2), lead(3))
    assert _hand(national, third, second)["missing"]
    assert national.rows(Stream)[0].last_seq == 0
    _hand(national, first)
    assert (national.rows(Stream)[0].last_seq, len(national.rows(Message))) == (3, 3)


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda envelope: {**envelope, "payload": {**envelope["payload"], "title": "改过"}}, "exchange.signature"),
        (lambda envelope: {**envelope, "seq": "one"}, "exchange.envelope"),
    ],
)
def test_forged_and_malformed_messages(two: tuple[Node, Node, Line], change: Change, code: str) -> None:
    """Refused before anything is written."""
    city, national, _ = two
    (message,) = _wire(city, lead(1))
    answer = _hand(national, {**message, "envelope": change(message["envelope"])})
    assert [item["code"] for item in answer["refused"]] == [code]
    assert national.rows(Message) == []
    assert _noticed(national) == [("310000", code)], "nothing of it is kept, and yet it is seen that it came"


def test_an_oversized_message(two: tuple[Node, Node, Line]) -> None:
    """Refused, whoever signed it."""
    city, national, _ = two
    (message,) = _wire(city, lead(1))
    large = {**message["envelope"], "payload": {**message["envelope"]["payload"], "description": "大" * MAX_BYTES}}
    answer = _hand(national, _signed(city, large))
    assert [item["code"] for item in answer["refused"]] == [TooLargeMessageError.code]
    assert _noticed(national) == [("310000", TooLargeMessageError.code)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda envelope: {**envelope, "version": "9.0"}, "exchange.schema_unknown"),
        (lambda envelope: {**envelope, "receiver": "abc"}, "exchange.recipient"),
    ],
)
def test_unknown_versions_and_wrong_recipients(two: tuple[Node, Node, Line], change: Change, code: str) -> None:
    """Signed as they should be: rejected with the code, in a signed receipt."""
    city, national, _ = two
    (message,) = _wire(city, lead(1))
    answer = _hand(national, _signed(city, change(message["envelope"])))
    told = [item["code"] for item in answer["refused"]] + [row.error_code for row in national.rows(Message)]
    assert told == [code]


def test_plain_text_where_encryption_is_asked(two: tuple[Node, Node, Line]) -> None:
    """Personal fields in the clear are refused, and the value is told to nobody."""
    city, national, _ = two
    row = {
        "kind": "unregistered", "shop_name": "店", "shop_url": "https://a.example.test/", "address": "测试路1号",
        "contact": "021-00000001", "person_name": "测试甲", "exemption": "small",
    }  # fmt: skip
    payload = {"period": "2026-07", "platform_name": "拼集市（测试）", "rows": [row]}
    draft = Draft(
        "IDENTITY_REPORT", "1.0", "UPSERT", "idr-1", 1, payload, receiver="000000", classification="sensitive",
        purpose="报送",
    )  # fmt: skip
    (message,) = _wire(city, draft)
    bare = {**message["envelope"], "payload": payload}
    answer = _hand(national, _signed(city, bare))
    told = [item["code"] for item in answer["refused"]] + [row.error_code for row in national.rows(Message)]
    assert told == ["exchange.plain_text"]
    assert "021-00000001" not in str(answer)
