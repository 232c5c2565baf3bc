"""Who may frame a live badge, and what a refusal tells."""

from identity_verify.badge_frame import frame_sources, seen_in_frame, seen_in_report

SITES = ["shop.example.test", "*.more.example.test:8443", "mall.example.test/s/7"]
OWN = "https://badge.example.test"


def test_sources_are_exactly_the_registered_hosts() -> None:
    """By https where the badge is; a shop on a platform has none."""
    assert frame_sources(SITES, https=True) == (
        "https://shop.example.test https://more.example.test:8443 https://*.more.example.test:8443"
    )
    assert frame_sources(["mall.example.test/s/7"], https=True) == frame_sources([], https=False) == "'none'"


def test_a_frame_elsewhere_is_seen() -> None:
    """By host and port; a shop on a platform counts by its platform's host only with its path."""
    for address in ("https://shop.example.test/", "https://x.more.example.test:8443/", f"{OWN}/v/X", "", "no address"):
        assert seen_in_frame("B", SITES, address, OWN) is None, address
    for address in ("https://shop.example.test:444/", "https://mall.example.test/", "http://evil.example.test"):
        seen = seen_in_frame("B", SITES, address, OWN)
        assert seen is not None
        assert (seen.kind, seen.url) == ("live-frame", address)


def test_a_report_names_whom_it_can() -> None:
    """The page around, else what was blocked, else nobody."""
    told = {"effective-directive": "frame-ancestors", "referrer": "", "blocked-uri": "https://evil.example.test/"}
    seen = seen_in_report("B", SITES, {"csp-report": told})
    assert seen is not None
    assert seen.host == "evil.example.test"
    chromium = {"effective-directive": "frame-ancestors", "referrer": "", "blocked-uri": f"{OWN}/"}
    seen = seen_in_report("B", SITES, {"csp-report": chromium}, referrer="https://copy.example.test/", own_origin=OWN)
    assert seen is not None
    assert seen.host == "copy.example.test"
    seen = seen_in_report("B", SITES, {"csp-report": chromium}, referrer="https://shop.example.test/", own_origin=OWN)
    assert seen is not None
    assert (seen.host, seen.reasons[0]["what"]) == ("unknown", "https://shop.example.test/")
    quiet = seen_in_report(
        "B", SITES, {"csp-report": {"effective-directive": "frame-ancestors", "blocked-uri": "self"}}
    )
    assert quiet is not None
    assert (quiet.host, quiet.url) == ("unknown", "")
    others: list[object] = [None, [], {"csp-report": None}, {"csp-report": {}}]
    for odd in [*others, {"csp-report": {"effective-directive": "img-src"}}]:
        assert seen_in_report("B", SITES, odd) is None
