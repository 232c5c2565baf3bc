"""Steps over what is told: the report, completeness, the origin's certificate, the kind of trust."""

from evidence import manifest, pades
from evidence.errors import EvidenceError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved, skipped
from evidence.verdict import State


def report(run: Inspection) -> Outcome:
    """The report is signed for the long term and quotes this package's root. E701 E702 N001."""
    if not run.has(manifest.REPORT):
        return State.NOT_CHECKED, "N001", ""
    roots = run.trust.roots("report")
    if not roots:
        return skipped("no report root on the trust list")
    try:
        pdf = run.read(manifest.REPORT, manifest.MAX_REPORT_BYTES)
        pades.require_long_term(pades.check(pdf, roots, run.earliest(), run.trust.roots("timestamp")))
        quoted = pades.quoted_root(pdf)
    except EvidenceError as error:
        return failed("E701", error.message)
    return PASSED if quoted == run.root else failed("E702", quoted)


def completeness(run: Inspection) -> Outcome:
    """Whether something could not be captured. W601."""
    word = run.facts.get("completeness", "")
    if word == "PARTIAL":
        return reserved("W601")
    return PASSED if word == "COMPLETE" else skipped("not stated")


def origin_tls(run: Inspection) -> Outcome:
    """Whether the site's certificate was in order. W602 W603."""
    word = run.facts.get("origin_tls", "")
    code = {"bad": "W602", "none": "W603"}.get(word)
    if code:
        return reserved(code)
    return PASSED if word == "good" else skipped("not stated")


def trust(run: Inspection) -> Outcome:
    """Whether any of what was relied on is a test authority. W320."""
    if run.seal_root is None or not run.stamps:
        return skipped("nothing trusted holds")
    if run.kind() == "test":
        names = sorted(stamp.name for stamp in run.stamps if stamp.kind == "test")
        return State.PASSED, "W320", ", ".join(names)
    return PASSED
