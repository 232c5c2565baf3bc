"""What the proxy writes down."""

from datetime import UTC, datetime

from crawlers.egress.policy import Destination, Refusal, Resolution
from crawlers.egress.record import ConnectionRecord
from crawlers.egress.resolver import Answer, Lookup

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
LOOKUP = Lookup("shop.example", (Answer("203.0.113.7", 60), Answer("203.0.113.8")), "192.0.2.53")


def test_an_allowed_connection_keeps_all_answers() -> None:
    """Also those that were not used, with who gave them and for how long they hold."""
    record = ConnectionRecord(AT, "socks", "SHOP.example", 443)
    record.take(
        Resolution(Destination("shop.example", 443, "203.0.113.7", LOOKUP.addresses, "shop.example:443"), LOOKUP)
    )
    said = record.as_dict()
    assert said["at"] == "2026-11-25T04:00:00.000000Z"
    assert (said["host"], said["resolver"], said["opened_by"]) == ("shop.example", "192.0.2.53", "shop.example:443")
    assert said["answers"] == [{"address": "203.0.113.7", "ttl": 60}, {"address": "203.0.113.8", "ttl": None}]
    assert (said["ended"], said["reason"]) == ("open", "")


def test_a_refusal_keeps_its_reason_and_no_address() -> None:
    """Nothing was connected to, and the answers that led there are still on record."""
    record = ConnectionRecord(AT, "connect", "shop.example", 443)
    record.take(Resolution(Refusal("shop.example", 443, LOOKUP.addresses, "mixed", "one answer is inside"), LOOKUP))
    said = record.as_dict()
    assert (said["ended"], said["reason"], said["message"]) == ("refused", "mixed", "one answer is inside")
    assert said["address"] == said["opened_by"] == ""
    assert len(record.answers) == 2


def test_a_failure_is_told_from_a_refusal() -> None:
    """A budget that is used up is no verdict on the destination."""
    record = ConnectionRecord(AT, "plain", "shop.example", 80)
    record.refuse("bytes", "the proxy's bytes are used up", ended="budget")
    assert record.as_dict()["ended"] == "budget"
