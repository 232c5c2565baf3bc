"""Commands of data quality: run the rules over a table, list them."""

import argparse
import json
from pathlib import Path

from exchange.connectors.errors import DropFileError
from exchange.connectors.sheet import MAX_BYTES, DroppedFile, read
from exchange.organisation import check_code
from exchange.quality.errors import QualityFileError
from exchange.quality.intake import FILE, Examined, Origin, drift_since, examine, record
from exchange.quality.rule_set import data_sets, rule_set
from kernel import audit
from kernel.clock import now
from pipeline.cli_officer import opened

ACTOR = "system:cli"
SHOWN = 50
SUFFIXES = (".csv", ".xlsx")


def quality_run(options: argparse.Namespace) -> int:
    """Check a table and print what is wrong, row by row; exit status 1 when anything is."""
    rules, at = rule_set(options.data_set), now()
    file: Path = options.file
    if file.suffix.lower() not in SUFFIXES or not file.is_file() or file.stat().st_size > MAX_BYTES:
        raise QualityFileError(
            f"expected a .csv or .xlsx file of at most {MAX_BYTES} bytes, got {file.name}",
            hint="另存为 CSV 或普通 .xlsx Save it as CSV or plain .xlsx.",
        )
    try:
        found = examine(rules, read(DroppedFile(file, full=True, sha256="")), at=at)
    except DropFileError as error:
        raise QualityFileError(error.message, hint=error.hint) from error
    if options.keep:
        unit = check_code(options.unit) if options.unit else ""
        with opened() as database, database.write() as session:
            run = record(session, found, Origin(FILE, file.name, unit), at=at)
            moved = drift_since(session, run)
            detail = {"data_set": run.data_set, "file": file.name, "rows": run.rows, "findings": run.findings}
            audit.append(session, actor=ACTOR, action="quality.file", at=at, object_type="quality_run",
                         object_id=run.id, detail=detail)  # fmt: skip
        for one in moved:
            print(f"分布变化 drift  {one.field} {one.kind}: {one.before} → {one.now}")
    print(json.dumps(_as_json(found), ensure_ascii=False, indent=1) if options.json else _as_text(found))
    return 1 if found.counts else 0


def _as_json(found: Examined) -> dict[str, object]:
    return {
        "data_set": found.rules.data_set,
        "rows": found.rows,
        "bad_rows": found.bad_rows,
        "counts": dict(found.counts),
        "findings": [
            {"row": one.number, "key": one.key, "field": one.rule.field, "rule": one.rule.id, "got": one.got,
             "expected": one.expected, "severity": one.rule.severity, "basis": one.rule.basis}
            for one in found.findings
        ],
    }  # fmt: skip


def _as_text(found: Examined) -> str:
    lines = [
        f"第 {one.number} 行 row  {one.key}  {one.rule.field}  {one.rule.id} [{one.rule.severity}] {one.rule.zh}"
        f"  实为 got {one.got!r}  应为 expected {one.expected}  依据 {one.rule.basis}"
        for one in found.findings[:SHOWN]
    ]
    more = sum(found.counts.values()) - len(lines)
    if more > 0:
        lines.append(f"… 另有 {more} 处，用 --json 看全部 {more} more: --json shows all")
    lines.append(f"共 {found.rows} 行，{found.bad_rows} 行有问题 {found.rows} rows, {found.bad_rows} with faults")
    return "\n".join(lines)


def quality_rules(options: argparse.Namespace) -> int:
    """Print the rules, of one data set or of all."""
    for name in [options.data_set] if options.data_set else data_sets():
        rules = rule_set(name)
        print(f"{name}  {rules.zh} {rules.en}")
        for rule in rules.rules:
            print(
                f"  {rule.id}  {rule.field}  {rule.check}  [{rule.severity}] {rule.zh}  依据 {rule.basis} [{rule.tag}]"
            )
    return 0
