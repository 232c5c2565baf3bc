"""Commands about ICP filings: a table of them is imported as a file."""

import argparse
from pathlib import Path

from identity_verify.icp_filing import import_table
from kernel.clock import now
from pipeline.cli_officer import opened
from pipeline.errors import FilesError

SHOWN = 20


def filings_import(options: argparse.Namespace) -> int:
    """Import a table of ICP filings; lines that were not taken are named. Status 1 when no line was.

    Raises:
        FilingTableError: the file is not such a table. FilesError: it cannot be read.

    Effects: tables ``icp_filing``, ``audit``.
    """
    path = Path(options.file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FilesError(f"expected a readable file, got: {error}", hint="Check the path and its owner.") from error
    with opened() as database, database.write() as session:
        done = import_table(session, data, source_ref=path.name, actor="system:cli", at=now())
    print(f"导入 taken {done.taken}  未变 unchanged {done.unchanged}  未取 refused {len(done.refused)}")
    for line, reason in done.refused[:SHOWN]:
        print(f"  第 {line} 行 line {line}: {reason}")
    return 0 if done.taken or done.unchanged else 1
