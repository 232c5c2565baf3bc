"""How many rows a second six quality rules are run over, and whether every planted fault is found.

The rules: a value, both check digits of a code, a day, a choice, an amount, and an order of two days.

    python -m benchmarks.quality --rows 500000 --planted 2000
"""

import argparse
import random
import time
from datetime import UTC, datetime, timedelta

from exchange.quality.engine import check_rows
from exchange.quality.rule_set import RuleSet, rule_set
from kernel.clock import monotonic
from kernel.identifiers import organisation_check_character, uscc_check_character

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)
SIX = ("DQ-PEN-04", "DQ-PEN-05", "DQ-PEN-11", "DQ-PEN-12", "DQ-PEN-15", "DQ-PEN-17")
WANTED = 150_000
FAULTS = (
    ("DQ-PEN-04", "PartyName", " "),
    ("DQ-PEN-05", "UniSCID", "91310115XX0000018T"),
    ("DQ-PEN-11", "PenDecIssDate", "2026-02-30"),
    ("DQ-PEN-12", "PubDate", "1999-01-01"),
    ("DQ-PEN-15", "PenAm", "-1"),
    ("DQ-PEN-17", "PubFlag", "9"),
)


def _row(dice: random.Random, number: int) -> dict[str, object]:
    body = f"XX{number % 1_000_000:06d}"
    first17 = f"9131{dice.randrange(10_000):04d}{body}{organisation_check_character(body)}"
    decided = AT.date() - timedelta(days=dice.randrange(60, 2_000))
    return {
        "PenDecNo": f"沪市监测处〔{decided.year}〕{number:012d}号",
        "PartyType": "法人及非法人组织",
        "PartyName": f"上海{number}号（测试）有限公司",
        "UniSCID": first17 + uscc_check_character(first17),
        "PenAm": str(dice.randrange(100, 99_999)),
        "PenDecIssDate": decided.isoformat(),
        "PubDate": (decided + timedelta(days=dice.randrange(28))).isoformat(),
        "PubFlag": "1",
    }


def _six() -> RuleSet:
    whole = rule_set("penalty")
    kept = tuple(rule for rule in whole.rules if rule.id in SIX)
    return RuleSet(whole.data_set, whole.zh, whole.en, whole.key, whole.personal, whole.profiled, kept)


def main() -> int:
    """Print the figures; exit status 1 when a fault was missed or invented, or it took too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--planted", type=int, default=2_000)
    options = parser.parse_args()
    dice = random.Random(32_100)
    rows = [_row(dice, number) for number in range(options.rows)]
    planted = set()
    for number in dice.sample(range(options.rows), options.planted):
        rule, field, value = dice.choice(FAULTS)
        rows[number][field] = value
        planted.add((number + 1, rule))
    rules = _six()
    begun, begun_cpu = monotonic(), time.process_time()
    found = {(one.number, one.rule.id) for one in check_rows(rules, rows, at=AT)}
    took, cpu = monotonic() - begun, time.process_time() - begun_cpu
    missed, invented = len(planted - found), len(found - planted)
    print(f"rows {options.rows:,}  rules {len(rules.rules)}  planted {len(planted):,}")
    print(f"rows a second {options.rows / took:,.0f} by the clock, {options.rows / cpu:,.0f} by processor time")
    print(f"missed {missed}  invented {invented}  (wanted: {WANTED:,} rows a second, 0, 0)")
    return int(bool(missed or invented) or options.rows / cpu < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
