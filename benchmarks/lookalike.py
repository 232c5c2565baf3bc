"""Copied badges found on a farm of 200 sites: recall, precision, by way of copying; time a page.

``python -m benchmarks.lookalike [--seeds N]``
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass

from identity_verify.copied_badge import find_copies
from identity_verify.page_look import look_at
from tests.data.badges.farm import Farm, build

FIRST_SEED = 20_261_125


@dataclass(frozen=True)
class Result:
    """Counts over one farm. ``missed`` and ``wrong`` by way; seconds in all."""

    sites: int
    copies: int
    found: int
    reported: int
    missed: Counter[str]
    wrong: Counter[str]
    seconds: float

    @property
    def recall(self) -> float:
        """Share of copies that were found."""
        return self.found / self.copies

    @property
    def precision(self) -> float:
        """Share of reports that were right."""
        return self.found / self.reported if self.reported else 1.0


def measure(farm: Farm) -> Result:
    """Look at every site once."""
    begun = time.perf_counter()
    found = reported = 0
    missed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for site in farm.sites:
        seen = find_copies(look_at(site.html, url=site.url), farm.known, site.pictures)
        reported += bool(seen)
        found += bool(seen) and site.copies
        if site.copies and not seen:
            missed[site.way] += 1
        if seen and not site.copies:
            wrong[site.way] += 1
    copies = sum(site.copies for site in farm.sites)
    return Result(len(farm.sites), copies, found, reported, missed, wrong, time.perf_counter() - begun)


def main() -> None:
    """Print the figures for some farms."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        result = measure(build(seed))
        print(
            f"seed {seed}: {result.sites} sites, {result.copies} copies, recall {result.recall:.3f}, "
            f"precision {result.precision:.3f}, {result.seconds / result.sites * 1000:.1f} ms a page, "
            f"missed {dict(result.missed)}, wrong {dict(result.wrong)}"
        )


if __name__ == "__main__":
    main()
