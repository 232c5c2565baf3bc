"""What a look outside brought."""

from kernel.outside import DnsAnswer, Fetched


def test_what_is_kept_of_an_answer_is_bounded() -> None:
    """Values are cut short and few."""
    detail = DnsAnswer("a.example", "ok", ("x" * 500,) * 20, server="192.0.2.1", ttl=60).as_detail()
    assert detail["values"] == ["x" * 300] * 10
    assert (detail["name"], detail["state"], detail["ttl"]) == ("a.example", "ok", 60)


def test_two_fetches_share_nothing() -> None:
    """Each has hops of its own."""
    one, two = Fetched("https://a.example/"), Fetched("https://a.example/")
    one.hops.append("https://a.example/")
    assert two.hops == []
