#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How good the model's choice among patterns is, on sets that choice_cases.py timed.

    ./choice.py TABLE.csv --hardware h200-sxm [--spanwise ../../build/release/bin/spanwise] [--data ../..]

A set is what one head of one shape could run at about one density, with the dense mask of the shape. The model picks the pattern of least
predicted time; its measured time over that of the fastest is the set's loss. Printed beside it: the losses of picking what keeps the
fewest pairs, and of a pick at random. `close` counts sets whose second fastest is within 10 % of the fastest.
"""

import argparse
import collections
import csv
import io
import json
import os
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def run(spanwise, arguments, text=None):
    done = subprocess.run([spanwise] + arguments, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{spanwise} {' '.join(arguments[:2])}: {done.stderr[:400]}")
    return done.stdout


def kept_pairs(spanwise, rows):
    lines = []
    for i, row in enumerate(rows):
        causal = row["causal"] == "true"
        pattern = json.loads(row["pattern"]) if row["pattern"] else {"dense": {"causal": causal}}
        if "block_mask" in pattern:
            pattern["block_mask"]["causal"] = causal
        tokens = [int(n) for n in row["tokens"].split("x")] if row["tokens"] else [int(row["kv_len"])]
        lines.append(json.dumps({"id": i, "tokens": tokens, "pattern": pattern, "q_tile": 128, "kv_tile": 128, "tiling": "flat"}))
    answers = run(spanwise, ["count", "-"], "\n".join(lines) + "\n")
    return [json.loads(line)["pairs"] for line in answers.splitlines()]


def summary(name, losses):
    losses = sorted(losses)
    within = sum(loss <= 1.02 for loss in losses) / len(losses)
    return (f"{name:28} {100 * within:6.1f} % {statistics.mean(losses):8.4f} {losses[int(0.95 * len(losses))]:8.4f} {losses[-1]:8.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("--hardware", default="h200-sxm")
    parser.add_argument("--spanwise", default=os.path.join(HERE, "../../build/release/bin/spanwise"))
    parser.add_argument("--data", default=os.path.join(HERE, "../.."))
    parser.add_argument("--worst", type=int, default=0, help="name so many of the worst sets")
    options = parser.parse_args()
    out = run(options.spanwise, ["predict", options.table, "--hardware", options.hardware, "--data", options.data])
    rows = list(csv.DictReader(io.StringIO(out)))
    for row, pairs in zip(rows, kept_pairs(options.spanwise, rows)):
        row["pairs"] = pairs
    sets = collections.defaultdict(list)
    dense = {row["shape"]: row for row in rows if not row["density"]}
    for row in rows:
        if row["density"]:
            sets[row["shape"], row["density"]].append(row)
    model, fewest, chance, bad = [], [], [], []
    close = 0
    for key, members in sets.items():
        members = members + [dense[key[0]]]
        times = sorted(float(row["measured_ms"]) for row in members)
        close += times[1] <= 1.1 * times[0]

        def loss(by):
            return float(min(members, key=by)["measured_ms"]) / times[0]

        model.append(loss(lambda row: float(row["predicted_ms"])))
        fewest.append(loss(lambda row: row["pairs"]))
        chance.append(statistics.mean(times) / times[0])
        bad.append((model[-1], key, members))
    print(f"{len(sets)} sets of {min(map(len, sets.values())) + 1} to {max(map(len, sets.values())) + 1} patterns, {close} of them close")
    print(f"{'pick':28} {'<= 1.02':>8} {'mean':>8} {'95 %':>8} {'worst':>8}")
    print(summary("the model's", model))
    print(summary("fewest kept pairs", fewest))
    print(summary("at random", chance))
    for worst, key, members in sorted(bad, key=lambda item: -item[0])[: options.worst]:
        print(f"{worst:.3f} shape {key[0]} density {key[1]}: {members[0]['q_len']} tokens, {members[0]['q_heads']} heads of {members[0]['head_dim']}")
        for row in sorted(members, key=lambda row: float(row["measured_ms"])):
            print(f"    {float(row['measured_ms']):8.4f} predicted {float(row['predicted_ms']):8.4f} {row['pattern'] or 'dense'}")


if __name__ == "__main__":
    main()
