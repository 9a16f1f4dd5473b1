# SPDX-License-Identifier: Apache-2.0
"""Measured rows for a fit: reading, choosing, holding out, and the table of errors."""

import csv
import hashlib
import json

import numpy as np

SHAPE = (
    "phase",
    "batch",
    "q_len",
    "kv_len",
    "tokens",
    "q_heads",
    "kv_heads",
    "head_dim",
    "causal",
    "pattern",
)


def held_out(row, share):
    text = "|".join(str(row.get(k, "")) for k in SHAPE)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 1000 < 1000 * share


def read_rows(path, options):
    """Rows of the kernel and phase. aiconfigurator's column names (latency_ms, past_kv, window) are translated."""
    rows = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if "latency_ms" in row:
                row = from_aiconfigurator(row)
            row["group"] = int(row["q_heads"]) / int(row["kv_heads"])
            wanted = all(row.get(k) in v.split(",") for k, v in (f.split("=") for f in options.where))
            wanted &= all(float(row[k]) >= float(v) for k, v in (f.split("=") for f in options.at_least))
            if wanted and (not options.kernel or row["kernel"] == options.kernel):
                rows.append(row)
    return [r for r in rows if options.min_ms <= float(r["measured_ms"]) <= options.max_ms]


def from_aiconfigurator(row):
    out = {
        k: row[k]
        for k in ("kernel", "batch", "q_len", "q_heads", "kv_heads", "head_dim", "framework", "window")
    }
    decode = "past_kv" not in row
    kv_len = int(row["kv_len"]) if decode else int(row["q_len"]) + int(row["past_kv"])
    out |= {"phase": "decode" if decode else "prefill", "kv_len": str(kv_len), "dtype": row["kv_dtype"]}
    # Each row is the mean of many replays on end, so that long calls were timed on a card that had slowed down.
    regime = "sustained" if float(row["latency_ms"]) >= 5.0 and not decode else "burst"
    out |= {"causal": "true", "measured_ms": row["latency_ms"], "regime": regime, "pattern": ""}
    if 0 < int(row["window"]) < kv_len:
        out["pattern"] = json.dumps({"sliding_window": {"window": int(row["window"])}})
    return out


def kind(row):
    pattern = next(iter(json.loads(row["pattern"]))) if row.get("pattern") else "dense"
    causal = (
        " causal" if row.get("causal") == "true" and pattern == "dense" and row["phase"] == "prefill" else ""
    )
    return f"{row['phase']} d{row['head_dim']} {pattern}{causal} {row.get('regime', '')}"


def report(title, rows, ratios):
    groups = {"all": ratios, "up to 50 us": [], "above 50 us": []}
    for row, ratio in zip(rows, ratios):
        groups.setdefault(kind(row), []).append(ratio)
        groups["up to 50 us" if float(row["measured_ms"]) <= 0.05 else "above 50 us"].append(ratio)
    print(f"{title:44} rows   mean  median   p90    max   bias")
    for name, values in groups.items():
        if not len(values):
            continue
        e = np.abs(np.array(values) - 1)
        print(f"  {name:42} {len(values):4} {100 * e.mean():5.1f}% {100 * np.median(e):5.1f}% "
              f"{100 * np.quantile(e, 0.9):5.1f}% {100 * e.max():5.1f}% {100 * (np.mean(values) - 1):+5.1f}%")  # fmt: skip
    return float(np.quantile(np.abs(np.array(ratios) - 1), 0.9))
