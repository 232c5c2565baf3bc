"""Steps over the files: the container, the closed world, digests, redaction, the closing list."""

from evidence import manifest
from evidence.container import ContainerRefusedError
from evidence.errors import PackageUnreadableError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved, skipped
from evidence.package import open_package
from evidence.verdict import State


def container(run: Inspection) -> Outcome:
    """The zip has its one form to the last byte. E100 E110-E114."""
    try:
        package = run.package = open_package(run.path)
        run.load()
        for name in package.members:
            package.require_whole(name)
    except PackageUnreadableError as error:
        run.package = None
        return failed("E100", error.message)
    except ContainerRefusedError as error:
        run.package = None
        return failed(error.step_code, error.message)
    except OSError as error:
        run.package = None
        return failed("E100", str(error))
    if not package.zipped:
        return skipped("an unpacked folder: the container itself was not seen")
    return PASSED


def closed_world(run: Inspection) -> Outcome:
    """Every listed file is there, and no other. E102 E103 E201."""
    lists, present = run.lists, run.present()
    if run.spoiled:
        return failed("E201", ", ".join(run.spoiled))
    if run.has(manifest.SHA256, manifest.SM3) and lists.payload.keys() != lists.payload_sm3.keys():
        return failed("E201", "the SHA-256 and SM3 lists name different files")
    if run.has(manifest.SHA256, manifest.REDACT) and lists.payload.keys() != lists.redact.keys():
        return failed("E201", "the SHA-256 list and the salted list name different files")
    listed = lists.names()
    missing = (listed | set(manifest.REQUIRED)) - present - run.told()
    if missing:
        return failed("E103", ", ".join(sorted(missing)))
    extra = present - listed
    return failed("E102", ", ".join(sorted(extra))) if extra else PASSED


def content_sha256(run: Inspection) -> Outcome:
    """Digests of the originals. E101."""
    if not run.lists.payload:
        return run.lacking(manifest.SHA256, why="no usable list")
    wrong = differing(run, run.lists.payload)
    return failed("E101", ", ".join(wrong)) if wrong else PASSED


def content_sm3(run: Inspection) -> Outcome:
    """Digests of the originals by the second algorithm. E105. Spec: GB/T 32905-2016."""
    if not run.lists.payload_sm3 or run.package is None:
        return run.lacking(manifest.SM3, why="no usable list")
    wrong = [
        name
        for name, digest in sorted(run.lists.payload_sm3.items())
        if run.has(name) and run.package.digests(name).sm3 != digest
    ]
    return failed("E105", ", ".join(wrong)) if wrong else PASSED


def redaction(run: Inspection) -> Outcome:
    """Disclosed files fit their salts and lines; what is withheld is told. E901 E902 W901."""
    lists = run.lists
    if not lists.redact or run.package is None:
        return run.lacking(manifest.REDACT, why="no usable list")
    disclosed = sorted(name for name in lists.redact if run.has(name))
    wrong = [
        name for name in disclosed if name not in lists.salts or run.package.digests(name).salted != lists.redact[name]
    ]
    wrong += sorted(name for name in lists.salts if name not in disclosed)
    if wrong:
        return failed("E901", ", ".join(wrong))
    if not run.redacted:
        # Without a list of redactions a missing file is the closed world's affair.
        return PASSED
    return _told(run)


def _told(run: Inspection) -> Outcome:
    redactions = run.redactions
    if redactions is None:
        return failed("E902", f"{manifest.REDACTIONS} is not in its one form")
    if (redactions.root_sha256, redactions.evidence_id) != (run.root, run.facts.get("evidence_id", "")):
        return failed("E902", f"{manifest.REDACTIONS} is about another package")
    known, present, told = {*run.lists.redact, *run.lists.tags}, run.present(), run.told()
    untold = {name for name in known if name not in present} - told
    untrue = {name for name in told if name in present or name not in known or not manifest.may_withhold(name)}
    parents = {*run.lists.redact, manifest.REPORT}
    orphans = {one.file for one in redactions.derived if one.parent not in parents or not run.has(one.file)}
    derived = {one.file for one in redactions.derived}
    orphans |= {name for name in present if name.startswith("derived/") and name not in derived}
    bad = sorted(untold | untrue | orphans)
    if bad:
        return failed("E902", ", ".join(bad))
    return reserved("W901", ", ".join(sorted(told)))


def tag_files(run: Inspection) -> Outcome:
    """Digests of manifests and records. E101 E201."""
    if not run.lists.tags:
        return skipped("no usable list")
    wrong = differing(run, run.lists.tags)
    if any(name in {manifest.SHA256, manifest.SM3, manifest.REDACT} for name in wrong):
        return failed("E201", ", ".join(wrong))
    return failed("E101", ", ".join(wrong)) if wrong else PASSED


def signature(run: Inspection) -> Outcome:
    """CAdES over the tag manifest, by a listed signer, at the earliest proven time. E201 E202 E203 W310.

    Spec: 电子签名法 (2019) 第13条.
    """
    if not run.has(manifest.TAGS, manifest.SIGNATURE):
        return run.lacking(manifest.TAGS, manifest.SIGNATURE)
    roots = run.trust.roots("seal")
    if not roots:
        return skipped("no seal root on the trust list")
    outcome, run.seal_root = run.signed(manifest.SIGNATURE, manifest.TAGS, roots, ("E201", "E202", "E203"))
    return outcome


def closing(run: Inspection) -> Outcome:
    """Files made after the tag manifest, by the seal or report key. E104 E202 E203."""
    if not run.has(manifest.CLOSING, manifest.CLOSING_SIGNATURE):
        return run.lacking(manifest.CLOSING, manifest.CLOSING_SIGNATURE)
    roots = (*run.trust.roots("seal"), *run.trust.roots("report"))
    if not roots:
        return skipped("no seal or report root on the trust list")
    outcome, _ = run.signed(manifest.CLOSING_SIGNATURE, manifest.CLOSING, roots, ("E104", "E202", "E203"))
    if outcome[0] is not State.PASSED:
        return outcome
    wrong = differing(run, run.lists.closing)
    return failed("E104", ", ".join(wrong)) if wrong else outcome


def differing(run: Inspection, digests: dict[str, str]) -> list[str]:
    """Names of files that are there with another SHA-256 than listed."""
    return [name for name, digest in sorted(digests.items()) if run.has(name) and run.sha256(name) != digest]
