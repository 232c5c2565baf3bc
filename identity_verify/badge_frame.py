"""The live badge in the pages of others: who may frame it, and what a browser's report of a refusal says."""

from collections.abc import Iterable, Mapping

from identity_verify.proven_site import covered, place_of
from identity_verify.sightings import UNKNOWN_HOST, Seen

MAX_REPORT_BYTES = 16_384


def frame_sources(sites: Iterable[str], *, https: bool) -> str:
    """The value of ``frame-ancestors``: exactly the registered hosts.

    A site that is a path on a shared host (a shop on a platform) has none: the browser cannot tell
    its pages from its neighbours', so such a shop shows the static badge.

    Spec: W3C CSP Level 3, 6.4.2 frame-ancestors, 6.7.2.8 (paths of ancestors are not compared).

    Args:
        sites: in their written form. https: whether the badge itself is served by https; only then are
            framing pages asked to be, too.
    """
    schemes = ("https",) if https else ("https", "http")
    found = []
    for site in sites:
        name = site.removeprefix("*.")
        if "/" in name:
            continue
        found += [f"{scheme}://{name}" for scheme in schemes]
        if site.startswith("*."):
            found += [f"{scheme}://*.{name}" for scheme in schemes]
    return " ".join(found) or "'none'"


def seen_in_frame(badge_id: str, sites: Iterable[str], referrer: str, own_origin: str) -> Seen | None:
    """A sighting when the page that asks for the live badge is none of its sites; None when it is, or did not say."""
    place = place_of(referrer) if referrer else None
    if place is None or referrer.startswith(f"{own_origin}/") or covered(sites, f"https://{_authority(referrer)}"):
        return None
    return Seen(badge_id, "live-frame", place.host, referrer, 60, [{"word": "referrer", "what": referrer[:300]}])


def _authority(address: str) -> str:
    """Host and port of an address; a browser tells a frame no more of the page around it."""
    return address.partition("://")[2].partition("/")[0].rpartition("@")[2]


def seen_in_report(
    badge_id: str, sites: Iterable[str], report: object, *, referrer: str = "", own_origin: str = ""
) -> Seen | None:
    """A sighting from a browser's report; None when it reports something else.

    Spec: W3C CSP Level 3, 5.3 (report-uri, the ``csp-report`` object).

    Args:
        report: the parsed JSON body. referrer: the ``Referer`` of the report itself: Chromium names the framing page
            there, and our own address as what was blocked.
    """
    told = report.get("csp-report") if isinstance(report, Mapping) else None
    if not isinstance(told, Mapping):
        return None
    directive = str(told.get("effective-directive") or told.get("violated-directive") or "")
    if directive.partition(" ")[0] != "frame-ancestors":
        return None
    named = [referrer, *(str(told.get(field) or "") for field in ("referrer", "blocked-uri"))]
    for address in named:
        if not address.startswith("http") or f"{address}/".startswith(f"{own_origin}/"):
            continue
        place = place_of(address)
        if place and not covered(sites, f"https://{_authority(address)}"):
            return Seen(badge_id, "csp-report", place.host, address, 70, [{"word": "refused", "what": address[:300]}])
    around = next((address for address in named if address), "")
    return Seen(badge_id, "csp-report", UNKNOWN_HOST, "", 50, [{"word": "refused-unnamed", "what": around[:300]}])
