"""Step over the long life of a package: archive timestamps over everything, the newest first.

Spec: RFC 4998 (evidence records); the list and its timestamps are judged here, ``record.ers`` repeats them.
"""

import hashlib
import re

from evidence import chain, manifest, names, timestamp
from evidence.errors import EvidenceError, MalformedError
from evidence.inspection import PASSED, Inspection, Outcome, failed, reserved
from evidence.verdict import State
from kernel.clock import iso
from kernel.crypto import CHUNK_BYTES

LINE = re.compile(r"([0-9a-f]{128})  (.+)")


def renewal(run: Inspection) -> Outcome:
    """The newest renewal holds and covers everything; none is needed before something expires. E311 W312."""
    there = sorted(name for name in run.present() if name.startswith("seal/renewals/"))
    if not there:
        return reserved("W312", ", ".join(run.expired)) if run.expired else PASSED
    if any(manifest.RENEWAL.fullmatch(name) is None for name in there):
        return failed("E311", "files that belong to no renewal")
    newest = there[-1].rpartition("/")[0]
    try:
        return _newest(run, newest, [name for name in there if name.startswith(f"{newest}/")])
    except EvidenceError as error:
        return failed("E311", error.message)


def _newest(run: Inspection, folder: str, own: list[str]) -> Outcome:
    place = f"{folder}/list-sha512.txt"
    data = run.read(place)
    covered = run.present() - {manifest.CLOSING, manifest.CLOSING_SIGNATURE, *own}
    listed = parse(data)
    if listed.keys() != covered:
        raise MalformedError(f"expected the list to name everything, got {len(listed)} of {len(covered)} files")
    wrong = sorted(name for name, digest in listed.items() if _sha512(run, name) != digest)
    if wrong:
        raise MalformedError(f"expected the digests of the renewal, got others: {', '.join(wrong)}")
    imprint = hashlib.sha256(data).digest()
    paths = []
    for name in own:
        if name.endswith(".tsr"):
            tsa = name.rpartition("/")[2].removeprefix("list.").removesuffix(".tsr")
            paths.append(timestamp.check(run.read(name), imprint, run.trust.roots("timestamp", tsa)))
    if not paths:
        raise MalformedError(f"expected a timestamp over {place}, got none")
    if all(chain.expires(stamp.path) < run.at for stamp in paths):
        return reserved("W312", f"the renewal of {iso(min(stamp.gen_time for stamp in paths))} has expired too")
    return State.PASSED, "OK", iso(min(stamp.gen_time for stamp in paths))


def parse(data: bytes) -> dict[str, str]:
    """Read a list of SHA-512, in the form of sha512sum.

    Raises:
        MalformedError: not in its one form.
    """
    digests: dict[str, str] = {}
    for line in data.decode("latin-1").splitlines():
        match = LINE.fullmatch(line)
        if match is None or not names.is_safe(match[2]) or match[2] in digests:
            raise MalformedError(f"expected a digest and a plain name once, got {line[:150]!r}")
        digests[match[2]] = match[1]
    if manifest.render(digests) != data or not digests:
        raise MalformedError("expected a list sorted by name with LF after each line, got another form")
    return digests


def _sha512(run: Inspection, name: str) -> str:
    assert run.package is not None  # noqa: S101 - the caller has its names from it
    value = hashlib.sha512()
    with run.package.open(name) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            value.update(chunk)
    return value.hexdigest()
