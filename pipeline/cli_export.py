"""Commands ``evidence export``: one package, redacted or not, or all of a case; and ``evidence prove``."""

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from evidence import officer
from evidence.package import open_package
from evidence.redact import Order, parse_blur, parse_withhold, prove, salt_in
from evidence.trust import load as load_trust
from evidence.verify import verify
from kernel.clock import now
from kernel.config import settings
from kernel.db import Database
from pipeline.errors import UsageError
from pipeline.exporting import Desk, Wanted, export_case, export_one, fetched, require_sealed, sealed_of_case
from pipeline.wiring import open_database, open_evidence_store

ACTOR = "system:cli"


def evidence_export(options: argparse.Namespace) -> int:
    """Write a sealed package to a file, or those of a case to a folder; each is a custody event with its purpose."""
    if bool(options.id) == bool(options.case):
        raise UsageError("expected either ID or --case NUMBER", hint="wangjian evidence export --help")
    database = open_database(settings())
    try:
        return _of_case(options, database) if options.case else _of_one(options, database)
    finally:
        database.close()


def _wanted(options: argparse.Namespace, database: Database) -> Wanted:
    if not (options.withhold or options.blur):
        return Wanted(ACTOR, options.purpose, as_stored=options.as_stored)
    if options.case or options.as_stored:
        raise UsageError("expected --withhold or --blur with one ID and without --as-stored")
    with database.read() as session:
        who = officer.require(officer.find(session, options.officer), now())
        name = f"{who.name} {who.certificate_number}"
    order = Order(name, tuple(map(parse_withhold, options.withhold)), tuple(map(parse_blur, options.blur)))
    return Wanted(options.officer, options.purpose, redaction=order)


def evidence_prove(options: argparse.Namespace) -> int:
    """Prove that a file is the one that a redacted package withholds: the package verifies, file and salt fit its line.

    File and salt come from the command line, or from the stored package of ``--id``.

    Returns:
        0 proved; 1 not.
    """
    report = verify(options.package, trust=load_trust(options.trust or settings().trust_path()), at=now())
    print(f"{options.package}  root {report.root_sha256}  {report.verdict}")
    if report.failed() or not report.steps:
        return 1
    with TemporaryDirectory() as folder:
        original, salt = _original(options, Path(folder))
        proved = prove(open_package(options.package), options.name, original, salt)
    word = "相符 PROVED" if proved.holds else "不符 NOT THE SAME"
    print(f"{options.name}  {word}\n  清单所载 stated {proved.stated}\n  本次计算 found  {proved.found}")
    if proved.holds:
        print(f"  sha256(salt ‖ file), salt {salt.hex()}")
    return 0 if proved.holds else 1


def _original(options: argparse.Namespace, folder: Path) -> tuple[Path, bytes]:
    """The withheld file and its salt."""
    if options.file is not None and options.salt:
        try:
            return options.file, bytes.fromhex(options.salt)
        except ValueError as error:
            raise UsageError(f"expected a salt in hex, got {options.salt!r}") from error
    if not options.id:
        raise UsageError(
            "expected --file and --salt, or --id of stored evidence", hint="wangjian evidence prove --help"
        )
    database = open_database(settings())
    try:
        row = require_sealed(database, options.id)
        with fetched(open_evidence_store(settings()), row, folder / "whole") as stored:
            whole = open_package(stored)
            with whole.open(options.name) as source, (folder / "original").open("xb") as sink:
                shutil.copyfileobj(source, sink)
            return folder / "original", salt_in(whole, options.name)
    finally:
        database.close()


def _of_one(options: argparse.Namespace, database: Database) -> int:
    desk = Desk(settings(), database, open_evidence_store(settings()))
    row = require_sealed(database, options.id)
    verdict = export_one(desk, options.id, options.out, _wanted(options, database))
    print(f"{options.out}  root {row.root_sha256}  {verdict}".rstrip())
    return 0


def _of_case(options: argparse.Namespace, database: Database) -> int:
    desk = Desk(settings(), database, open_evidence_store(settings()))
    total = len(sealed_of_case(database, options.case))
    lines = export_case(desk, options.case, options.out, _wanted(options, database))
    good = True
    for number, line in enumerate(lines, start=1):
        good &= line.verdict != "FAILED"
        print(f"{number}/{total}  {line.file}  root {line.root_sha256}  {line.verdict}", flush=True)
    print(f"{options.out / 'index.csv'}  {options.out / 'index.json'}")
    return 0 if good else 1
