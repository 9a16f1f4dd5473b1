#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Intervals of recorded rounds as SciPy computes them, for tests/measure/comparison_test.cc. Needs numpy and scipy:

    tests/bench/scipy_figures.py tests/bench/check_rounds.csv > tests/fixtures/comparison.csv
"""
import csv
import sys

import numpy as np
from scipy import stats

ROUNDS = 11


def figures(kind, alpha, baseline, candidate):
    a, b = np.log(baseline), np.log(candidate)
    if kind == "paired":
        difference = b - a
        low, high = stats.t.interval(1 - alpha, len(difference) - 1, loc=difference.mean(), scale=stats.sem(difference))
        middle = difference.mean()
    else:
        interval = stats.ttest_ind(b, a, equal_var=False).confidence_interval(1 - alpha)
        low, high, middle = interval.low, interval.high, b.mean() - a.mean()
    return np.exp([middle, low, high])


def main():
    rounds = {}
    with open(sys.argv[1], newline="") as file:
        for row in csv.DictReader(file):
            rounds.setdefault((row["what"], row["case"]), []).append((float(row["baseline_ms"]), float(row["candidate_ms"])))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["kind", "alpha", "baseline_ms", "candidate_ms", "ratio", "low", "high"])
    for index, pairs in enumerate(rounds.values()):
        baseline, candidate = np.array(pairs[:ROUNDS]).T
        for kind in ("paired", "apart"):
            # Apart, with another number of rounds on either side.
            used = candidate if kind == "paired" else candidate[: ROUNDS - index % 4]
            for alpha in (0.05, 0.00125):
                ratio, low, high = figures(kind, alpha, baseline, used)
                lists = [" ".join(f"{ms:.5f}" for ms in side) for side in (baseline, used)]
                out.writerow([kind, alpha, *lists, f"{ratio:.12g}", f"{low:.12g}", f"{high:.12g}"])


if __name__ == "__main__":
    main()
