"""Command ``evidence export``: one package, or all of a case."""

import argparse

from kernel.config import settings
from kernel.db import Database
from pipeline.errors import UsageError
from pipeline.exporting import Desk, Wanted, export_case, export_one, require_sealed, sealed_of_case
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


def _wanted(options: argparse.Namespace) -> Wanted:
    return Wanted(ACTOR, options.purpose, as_stored=options.as_stored)


def _of_one(options: argparse.Namespace, database: Database) -> int:
    desk = Desk(settings(), database, open_evidence_store(settings()))
    row = require_sealed(database, options.id)
    verdict = export_one(desk, options.id, options.out, _wanted(options))
    print(f"{options.out}  root {row.root_sha256}  {verdict}".rstrip())
    return 0


def _of_case(options: argparse.Namespace, database: Database) -> int:
    desk = Desk(settings(), database, open_evidence_store(settings()))
    total = len(sealed_of_case(database, options.case))
    lines = export_case(desk, options.case, options.out, _wanted(options))
    good = True
    for number, line in enumerate(lines, start=1):
        good &= line.verdict != "FAILED"
        print(f"{number}/{total}  {line.file}  root {line.root_sha256}  {line.verdict}", flush=True)
    print(f"{options.out / 'index.csv'}  {options.out / 'index.json'}")
    return 0 if good else 1
