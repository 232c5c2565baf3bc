"""Verification: is this package what was sealed, by whom, when, and how far does that go?

The steps, in order; ``verify.sh`` and ``verifier.html`` do the same ones and say the same codes:
container, closed-world, content-sha256, content-sm3, redaction, tag-files, signature, log, witness,
timestamp:NAME, timestamps, bracket, closing, custody, authority, node, running, report, renewal,
completeness, origin-tls, trust. What each asks is in ``evidence/steps`` and in docs/evidence.md.

Roots and keys come from the trust list alone. Signatures are judged at the earliest time that is
proven by a timestamp over a checkpoint whose tree holds this package.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from evidence.inspection import Inspection, Outcome, skipped
from evidence.steps import captured, contents, logged, people, renewed, stamped, told
from evidence.trust import Trust
from evidence.verdict import MAX_DETAIL, LogFact, Report, Step, titles
from kernel.clock import as_utc


def _outcomes(run: Inspection) -> Iterator[tuple[str, Outcome]]:
    yield "container", contents.container(run)
    if run.package is None:
        for key in list(titles())[1:]:
            if key != "timestamp":
                yield key, skipped("the container was refused")
        return
    yield "closed-world", contents.closed_world(run)
    yield "content-sha256", contents.content_sha256(run)
    yield "content-sm3", contents.content_sm3(run)
    yield "redaction", contents.redaction(run)
    yield "tag-files", contents.tag_files(run)
    # The proof and the times come first: they say at which time signatures are to be judged.
    log = logged.log(run)
    witness = logged.witness(run)
    stamps = stamped.timestamps(run)
    yield "signature", contents.signature(run)
    yield "log", log
    yield "witness", witness
    yield from stamps
    yield "bracket", stamped.bracket(run)
    yield "closing", contents.closing(run)
    yield "custody", people.custody(run)
    yield "authority", people.authority(run)
    yield "node", captured.node(run)
    yield "running", captured.running(run)
    yield "report", told.report(run)
    yield "renewal", renewed.renewal(run)
    yield "completeness", told.completeness(run)
    yield "origin-tls", told.origin_tls(run)
    yield "trust", told.trust(run)


class Verification:
    """One verification: its steps as they are done, for a live display, and its report.

    Args:
        path: a package file, or the folder it was unpacked into. trust: the only roots that count.
        at: now, aware UTC; only expiry is judged by it.
    """

    def __init__(self, path: Path, *, trust: Trust, at: datetime) -> None:
        self._run = Inspection(path, trust, as_utc(at))
        self._done: list[Step] = []

    def steps(self) -> Iterator[Step]:
        """The steps, once."""
        for number, (key, (state, code, detail)) in enumerate(_outcomes(self._run), start=1):
            step = Step(number, key, state, code, detail[:MAX_DETAIL])
            self._done.append(step)
            yield step

    def report(self) -> Report:
        """What the steps that were done so far add up to."""
        run, tree = self._run, self._run.checkpoint
        return Report(
            at=run.at,
            steps=tuple(self._done),
            root_sha256=run.root,
            evidence_id=run.facts.get("evidence_id", ""),
            url=run.facts.get("url", ""),
            stamps=tuple(run.stamps),
            trust=run.kind(),
            log=LogFact(tree.origin, tree.size, run.index, tuple(sorted(run.cosigned))) if tree else None,
            not_before=run.bracket.not_before if run.bracket else None,
            not_after=run.bracket.not_after if run.bracket else None,
        )


def verify_steps(path: Path, *, trust: Trust, at: datetime) -> Iterator[Step]:
    """The steps one by one, as they are done. Arguments as of :class:`Verification`."""
    return Verification(path, trust=trust, at=at).steps()


def verify(path: Path, *, trust: Trust, at: datetime) -> Report:
    """Verify a package. Reads in constant memory; never raises for what is in the package.

    Args:
        path: a package file, or the folder it was unpacked into. trust: the only roots that count.
        at: now, aware UTC; only expiry is judged by it.

    Returns:
        the report; its ``exit_code`` is 0 to 3.
    """
    run = Verification(path, trust=trust, at=at)
    for _ in run.steps():
        pass
    return run.report()
