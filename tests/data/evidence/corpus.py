"""The tamper corpus: one named mutation a package, what all verifiers must answer, and which codes must appear.

``python -m tests.data.evidence.corpus FOLDER`` writes it out for another verifier: ``trust/``, one
``NAME.zip`` a mutation, and ``index.json`` with the time and the expected steps of each.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

from evidence.trust import Trust
from evidence.verify import verify
from kernel.clock import iso
from tests.data.evidence.corpus_claims import CLAIMS
from tests.data.evidence.corpus_content import CONTENT, MANIFESTS
from tests.data.evidence.corpus_enclosed import ENCLOSED
from tests.data.evidence.corpus_form import FORMS
from tests.data.evidence.corpus_limits import LIMITS
from tests.data.evidence.corpus_log import BRACKET, LOG
from tests.data.evidence.corpus_people import AUTHORITIES, NODES, RUNNINGS
from tests.data.evidence.corpus_redacted import REDACTED, RENEWED, redact, renew
from tests.data.evidence.corpus_signature import INSIDE, SIGNATURES, TIMESTAMPS
from tests.data.evidence.corpus_weak import WEAK
from tests.data.evidence.corpus_zip import CONTAINERS
from tests.data.evidence.forge import open_bag
from tests.data.evidence.mutation import Mutation, Parts
from tests.data.evidence.workshop import Workshop, make_capture, open_workshop

GROUPS: dict[str, list[Mutation]] = {
    "content": CONTENT,
    "manifests": MANIFESTS,
    "signatures": SIGNATURES,
    "enclosed": ENCLOSED,
    "timestamps": TIMESTAMPS,
    "inside": INSIDE,
    "weak": WEAK,
    "log": LOG,
    "bracket": BRACKET,
    "authorities": AUTHORITIES,
    "nodes": NODES,
    "runnings": RUNNINGS,
    "claims": CLAIMS,
    "redacted": REDACTED,
    "renewed": RENEWED,
    "containers": CONTAINERS,
    "limits": LIMITS,
    "forms": FORMS,
}
CORPUS: list[Mutation] = [mutation for group in GROUPS.values() for mutation in group]


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Workshop, Parts]]:
    """One installation for all mutations, and its good packages."""
    with open_workshop(folder / "shop") as shop, open_workshop(folder / "foreign") as foreign:
        outside = open_bag(foreign.seal("ev-good").path, foreign)
        good = open_bag(shop.seal("ev-good").path, shop)
        bare = shop.seal_folder(make_capture(shop.folder / "capture-ev-bare", evidence_id="ev-bare"), "ev-bare")
        yield (
            shop,
            Parts(
                good=good,
                other=open_bag(shop.seal("ev-other", word="另一页").path, shop),
                partial=open_bag(shop.seal("ev-partial", completeness="PARTIAL").path, shop),
                bad_tls=open_bag(shop.seal("ev-bad-tls", tls="invalid").path, shop),
                plain=open_bag(shop.seal("ev-plain", url="http://shop.example.test/").path, shop),
                bare=open_bag(bare.path, shop),
                foreign=outside,
                redacted=redact(good),
                renewed=renew(good),
            ),
        )


def write(to: Path, trust: Trust, trust_folder: Path, parts: Parts) -> None:
    """Write the corpus as files, with what the verifier says of each.

    Effects: files in ``to``.
    """
    to.mkdir(parents=True, exist_ok=True)
    copytree(trust_folder, to / "trust", dirs_exist_ok=True)
    index = []
    for mutation in CORPUS:
        target = to / f"{mutation.name}.zip"
        target.write_bytes(mutation.make(parts))
        report = verify(target, trust=trust, at=mutation.at)
        index.append(
            {
                "name": mutation.name,
                "file": target.name,
                "at": iso(mutation.at),
                "exit_code": report.exit_code,
                "steps": [{"key": step.key, "state": step.state.value, "code": step.code} for step in report.steps],
            }
        )
    (to / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main(to: str) -> None:
    """Make an installation, and write the corpus."""
    with tempfile.TemporaryDirectory() as aside, opened(Path(aside)) as (shop, parts):
        write(Path(to), shop.trust(), shop.settings.trust_path(), parts)


if __name__ == "__main__":
    main(sys.argv[1])
