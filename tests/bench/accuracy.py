#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How well times are predicted, on rows kept out of the fit: writes docs/accuracy.md.

    python3 accuracy.py SPANWISE TABLES.json > docs/accuracy.md

TABLES.json lists what to fit: [{"name", "csv", "kernel", "hardware", "source"}, ...]; each csv has the fields of a Case and
measured_ms. Entries with a "question" go beyond what was fitted (see QUESTIONS); "machine" asks for "other_csv" and "other_hardware". A fifth of the shapes is held out by a hash. On those rows: `spanwise calibrate` on the other rows, then `spanwise predict`;
a roofline; scikit-learn's gradient boosting on the same rows (numpy and scikit-learn come from PyPI; a virtual environment
will do). Few: calibrate picks 60 rows (--pick 60), all other rows are predicted."""

import csv
import hashlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor

SHAPE = ("phase", "batch", "q_len", "kv_len", "q_heads", "kv_heads", "head_dim", "pattern", "causal")


def held_out(row):
    text = "|".join(row.get(k, "") for k in SHAPE)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 5 == 0


def write(rows, path):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)


def spanwise(program, train, test, entry, folder):
    """Predictions and intervals of `test` after a fit on `train`, in ms."""
    write(train, folder / "train.csv")
    write(test, folder / "test.csv")
    fitted = folder / "fitted.yaml"
    run = [program, "calibrate", "--from", folder / "train.csv", "--kernel", entry["kernel"], "--hardware", entry["hardware"], "-o", fitted]
    subprocess.run(run, check=True, capture_output=True)
    run = [program, "predict", folder / "test.csv", "--hardware", fitted, "--kernel", entry["kernel"]]
    out = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    return np.array([[float(r[k]) for k in ("predicted_ms", "low_ms", "high_ms")] for r in csv.DictReader(out.splitlines())])


def few_shot(program, rows, entry, folder):
    write(rows, folder / "all.csv")
    run = [program, "calibrate", "--from", folder / "all.csv", "--kernel", entry["kernel"], "--hardware", entry["hardware"],
           "--pick", "60", "--json", "-o", folder / "few.yaml"]  # fmt: skip
    return json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)["errors"][-1]


def work(row):
    """Kept FLOPs and bytes that must move, of a plain sequence."""
    q, kv, d = (int(row[k]) for k in ("q_len", "kv_len", "head_dim"))
    window = json.loads(row["pattern"])["sliding_window"]["window"] if row["pattern"] else kv
    first = np.arange(kv - q + 1, kv + 1) if row["causal"] == "true" else np.full(q, kv)
    pairs = float(np.minimum(first, window).sum())
    heads, kv_heads = (int(row["batch"]) * int(row[k]) for k in ("q_heads", "kv_heads"))
    keys = min(kv, window + q - 1)
    return 4 * heads * pairs * d, 4 * d * (heads * q + kv_heads * keys)


def roofline(train, test):
    """Best of two peaks, each the highest rate seen in the rows fitted on."""
    flops = max(work(r)[0] / float(r["measured_ms"]) for r in train)
    bandwidth = max(work(r)[1] / float(r["measured_ms"]) for r in train)
    return np.array([max(work(r)[0] / flops, work(r)[1] / bandwidth) for r in test])


def regressor(train, test):
    def features(rows):
        return np.log2([[*(int(r[k]) for k in SHAPE[1:7]), *work(r)] for r in rows])

    model = GradientBoostingRegressor(n_estimators=300, max_depth=4, learning_rate=0.05, subsample=0.7, random_state=0)
    model.fit(features(train), np.log([float(r["measured_ms"]) for r in train]))
    return np.exp(model.predict(features(test)))


def errors(predicted, rows):
    e = np.abs(predicted / np.array([float(r["measured_ms"]) for r in rows]) - 1)
    return "{:.1f} / {:.1f} / {:.1f}".format(100 * e.mean(), 100 * np.median(e), 100 * np.quantile(e, 0.9))


def kind(row):
    return next(iter(json.loads(row["pattern"]))) if row["pattern"] else "dense"


# What is fitted and what is predicted: rows kept in the fit by a rule instead of a hash.
QUESTIONS = {
    "longest": ("the longest quarter of the lengths unseen", lambda r, rows: int(r["kv_len"]) <= np.quantile([int(x["kv_len"]) for x in rows], 0.75)),
    "group": ("KV groups of 8 and more unseen", lambda r, rows: int(r["q_heads"]) < 8 * int(r["kv_heads"])),
    "pattern": ("dense and windows fitted, all other patterns predicted", lambda r, rows: kind(r) in ("dense", "sliding_window")),
}  # fmt: skip


def on_other_machine(program, rows, entry, folder):
    """The constants fitted on one machine in the file of another, whose datasheet figures are all that changes."""
    write(rows, folder / "train.csv")
    fitted = folder / "fitted.yaml"
    run = [program, "calibrate", "--from", folder / "train.csv", "--kernel", entry["kernel"], "--hardware", entry["hardware"], "-o", fitted]
    subprocess.run(run, check=True, capture_output=True)
    own = pathlib.Path(entry["other_hardware"]).read_text().split("\nkernels:\n")[0]
    (folder / "other.yaml").write_text(own + "\nkernels:\n" + fitted.read_text().split("\nkernels:\n")[1])
    run = [program, "predict", entry["other_csv"], "--hardware", folder / "other.yaml", "--kernel", entry["kernel"]]
    out = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    return np.array([[float(r[k]) for k in ("predicted_ms", "low_ms", "high_ms")] for r in csv.DictReader(out.splitlines())])


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def beyond(program, entry):
    rows = read(entry["csv"])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if entry["question"] == "machine":
            train, test, words = rows, read(entry["other_csv"]), "the other machine by its datasheet alone"
            p = on_other_machine(program, rows, entry, folder)
        else:
            words, keep = QUESTIONS[entry["question"]]
            train, test = ([r for r in rows if keep(r, rows) == side] for side in (True, False))
            p = spanwise(program, train, test, entry, folder)
    measured = np.array([float(r["measured_ms"]) for r in test])
    covered = ((p[:, 1] <= measured) & (measured <= p[:, 2])).mean()
    baselines = "- | -"  # they read plain sequences alone
    if all(kind(r) in ("dense", "sliding_window") for r in rows):
        baselines = f"{errors(roofline(train, test), test)} | {errors(regressor(train, test), test)}"
    print(f"| {entry['name']}: {words} | {len(train)} + {len(test)} | {errors(p[:, 0], test)} | {baselines} | {100 * covered:.0f} % |")
    sys.stdout.flush()


def main():
    program, tables = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())
    print(HEAD)
    inside, total = 0, 0
    for entry in (t for t in tables if "question" not in t):
        rows = read(entry["csv"])
        train, test = ([r for r in rows if held_out(r) == side] for side in (False, True))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            p = spanwise(program, train, test, entry, folder)
            few = few_shot(program, rows, entry, folder)
        measured = np.array([float(r["measured_ms"]) for r in test])
        covered = int(((p[:, 1] <= measured) & (measured <= p[:, 2])).sum())
        inside, total = inside + covered, total + len(test)
        print(f"| {entry['name']} | {len(train)} + {len(test)} | {errors(p[:, 0], test)} | {errors(roofline(train, test), test)} | "
              f"{errors(regressor(train, test), test)} | {100 * few['mean']:.1f} / {100 * few['median']:.1f} | {100 * covered / len(test):.0f} % |")  # fmt: skip
        sys.stdout.flush()
    print(f"\nOf all {total} rows held out, {100 * inside / total:.1f} % lie inside their 90 % interval.\n\n{BEYOND}")
    for entry in (t for t in tables if "question" in t):
        beyond(program, entry)
    print("\nSources:\n")
    for source in sorted({entry["source"] for entry in tables}):
        print(f"- {source}")


HEAD = """# How well times are predicted

Written by `tests/bench/accuracy.py` from measured rows; do not edit. Errors are |predicted - measured| / measured in per cent,
mean / median / 90th percentile, on shapes kept out of the fit by a hash. Baselines see the same rows: a roofline (the highest
FLOP/s and bytes/s among the fitted rows) and scikit-learn's gradient boosting on the logarithms of shape, kept FLOPs and bytes.
"60 rows" is `spanwise calibrate --pick 60`: it picks the rows, all others are predicted (mean / median). "inside" is the share of
held-out rows inside their 90 % interval.

| kernel, machine, phase | rows fitted + held out | Spanwise | roofline | boosting | 60 rows | inside |
|---|---|---|---|---|---|---|"""

BEYOND = """## Beyond what was fitted

The same errors where the held-out rows are not like the fitted ones. Intervals there say `extrapolated` and are wider.

| kernel, machine, phase: what is unseen | rows fitted + unseen | Spanwise | roofline | boosting | inside |
|---|---|---|---|---|---|"""

if __name__ == "__main__":
    main()
