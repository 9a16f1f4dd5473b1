#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the constants of one attention kernel on one machine from measured Cases.

    python3 fit_kernel_constants.py ROWS.csv --kernel cudnn-attention --tiles 128=128/128 --schedule waves

ROWS.csv has the fields of a Case and measured_ms (hwmodels/measured/README.md). Time of a call:

    call + max(cycles of the busiest processor / clock, bytes / (bandwidth * bandwidth_share))
    item = item_cycles + full tiles * F + partial tiles * (F + partial_per_score * M * N)
    F    = matrix * 4 M N d / matrix rate + exponential * M N / exponential rate

Non-negative least squares on the relative error, repeated until the schedule that the constants imply stands still.
A third of the shapes, chosen by a hash, is held out; errors are printed for it and for groups of it."""

import argparse
import itertools
import math

import numpy as np

import tile_model
from fit_rows import SHAPE, held_out, read_rows, report

NAMES = ("matrix", "exponential", "partial_per_score", "item_cycles", "call_us", "bandwidth_share")


def integers(text):
    parts = [int(n) for n in text.split("x")]
    return parts if len(parts) > 1 else parts[0]


class Fit:
    def __init__(self, options):
        self.o = options
        self.tiles = {}
        for entry in options.tiles.split(","):
            width, pair = entry.split("=")
            self.tiles.setdefault(int(width), []).append(tuple(integers(t) for t in pair.split("/")))
        self.fixed = dict((k, float(v)) for k, v in (f.split("=") for f in options.fix))
        self.counts = {}

    def clock(self, row):
        return self.o.clock_sustained if row.get("regime") == "sustained" else self.o.clock_burst

    def tile(self, head_dim, tokens):
        """The narrowest that serves the head dim; boxes need as many axes as the grid has."""
        choices = self.tiles[min(w for w in self.tiles if w >= head_dim)]
        axes = tokens.count("x") + 1
        return next((t for t in choices if np.size(t[0]) == axes), choices[0])

    def prepare(self, row):
        """Everything about a row that does not depend on the constants."""
        d, batch = int(row["head_dim"]), int(row["batch"])
        q_heads, kv_heads, q_len, kv_len = (int(row[k]) for k in ("q_heads", "kv_heads", "q_len", "kv_len"))
        tile = self.tile(d, row.get("tokens") or "")
        m, n = (int(np.prod(t)) for t in tile)
        group = q_heads // kv_heads
        packs = group > 1 and (self.o.pack == "always" or (self.o.pack == "short" and q_len * group <= m))
        heads = batch * (kv_heads if packs else q_heads)
        key = (*(row.get(k, "") for k in SHAPE if k not in ("phase", "batch")), packs)
        if key not in self.counts:
            full, partial = tile_model.case_rows(row, *tile, group if packs else 1)
            if self.o.mask == "whole_problem" and partial.any():
                full, partial = 0 * full, full + partial
            self.counts[key] = (full, partial)
        full, partial = self.counts[key]
        visited = int((full + partial).sum())
        if self.o.schedule == "launch_order":
            groups = [(1, int(f), int(p)) for f, p in zip(full, partial)] * heads
        else:
            groups = [(heads * c, f, p) for c, f, p in tile_model.grouped(full, partial)]
        touched = min(kv_len, visited * n)
        row_bytes = 2 * d * self.o.bytes_each
        q_items = len(full) * (1 if packs else group)
        held = math.ceil(self.o.processors / q_items) * touched * row_bytes
        again = 1.0
        if held > self.o.cache:
            again = min(max(q_items / self.o.processors, 1.0), max(1.0, visited * n / touched))
        moved = batch * (kv_heads * touched * row_bytes * again + q_heads * q_len * row_bytes)
        return {
            "groups": groups,
            "longest": int((full + partial).max()),
            "matrix": 4.0 * m * n * d / self.o.matrix_rate,
            "scores": float(m * n),
            "exponential": m * n / self.o.exp_rate,
            "memory": moved / self.o.bandwidth,
            "clock": self.clock(row),
            "measured": float(row["measured_ms"]) * 1e-3,
        }

    def busy(self, work, c):
        """Parts (items, tiles, partial tiles) of the busiest processor and seconds for combining split rows."""
        full = c["matrix"] * work["matrix"] + c["exponential"] * work["exponential"]
        costs = (c["item_cycles"], full, full + c["partial_per_score"] * work["scores"])
        price = lambda p: p[0] * costs[0] + p[1] * costs[1] + p[2] * (costs[2] - costs[1])  # noqa: E731
        best = tile_model.busiest(work["groups"], costs, self.o.processors, self.o.schedule)
        extra = 0.0
        splits = 2
        while self.o.split and splits <= min(work["longest"], 128):
            cut = [(g[0] * splits, g[1] / splits, g[2] / splits) for g in work["groups"]]
            parts = tile_model.busiest(cut, costs, self.o.processors, self.o.schedule)
            if price(parts) / work["clock"] + self.o.launch < price(best) / work["clock"] + extra:
                best, extra = parts, self.o.launch
            splits *= 2
        return best, price(best) / work["clock"], extra

    def predict(self, work, c):
        _, compute, extra = self.busy(work, c)
        return c["call_us"] * 1e-6 + max(compute + extra, work["memory"] / c["bandwidth_share"])

    def equation(self, work, c):
        """Coefficients of the constants (bandwidth_share inverted), and what is fixed: schedule and bound as under c."""
        parts, compute, extra = self.busy(work, c)
        memory = work["memory"]
        if compute + extra < memory / c["bandwidth_share"]:
            return [0, 0, 0, 0, 1e-6, memory], 0.0
        f = work["clock"]
        row = [parts[1] * work["matrix"], parts[1] * work["exponential"], parts[2] * work["scores"], parts[0]]
        return [x / f for x in row] + [1e-6, 0.0], extra

    def run(self, works, rounds=8):
        c = dict(matrix=1.0, exponential=0.6, partial_per_score=0.05, item_cycles=2000.0, call_us=5.0)
        c = c | {"bandwidth_share": 0.85} | self.fixed
        for _ in range(rounds if works else 0):
            equations = [self.equation(w, c) for w in works]
            measured = np.array([w["measured"] for w in works])
            table = np.array([e[0] for e in equations]) / measured[:, None]
            rest = 1.0 - np.array([e[1] for e in equations]) / measured
            known = [i for i, name in enumerate(NAMES) if name in self.fixed]
            for i in known:
                value = self.fixed[NAMES[i]]
                rest = rest - table[:, i] * (1.0 / value if i == 5 else value)
            unknown = [i for i in range(6) if i not in known and np.any(table[:, i] > 0)]
            solution = non_negative(table[:, unknown], rest)
            for i, value in zip(unknown, solution):
                c[NAMES[i]] = (1.0 / max(value, 1.0)) if i == 5 else float(value)
        return c


def non_negative(table, rest):
    """Least squares with no negative unknown: the best feasible of all subsets (there are at most 64)."""
    best, winner = math.inf, np.zeros(table.shape[1])
    for size in range(1, table.shape[1] + 1):
        for subset in itertools.combinations(range(table.shape[1]), size):
            x, *_ = np.linalg.lstsq(table[:, subset], rest, rcond=None)
            error = float(((table[:, subset] @ x - rest) ** 2).sum())
            if (x >= 0).all() and error < best - 1e-12:
                best, winner = error, np.zeros(table.shape[1])
                winner[list(subset)] = x
    return winner


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", nargs="+")
    parser.add_argument("--kernel", default="")
    parser.add_argument(
        "--where", nargs="*", default=[], metavar="COLUMN=A,B", help="keep rows with these values"
    )
    parser.add_argument(
        "--at-least", nargs="*", default=[], metavar="COLUMN=N", help="keep rows no smaller than this"
    )
    parser.add_argument("--min-ms", type=float, default=0.0)
    parser.add_argument("--max-ms", type=float, default=math.inf)
    parser.add_argument("--tiles", default="128=128/128", help="head dim=q tile/kv tile, ...; boxes as 2x8x8")
    parser.add_argument("--schedule", default="waves", choices=("waves", "longest_first", "launch_order"))
    parser.add_argument("--pack", default="never", choices=("never", "always", "short"))
    parser.add_argument("--mask", default="partial_tiles", choices=("partial_tiles", "whole_problem"))
    parser.add_argument("--split", action="store_true", help="long rows may be cut over idle processors")
    parser.add_argument("--fix", nargs="*", default=[], metavar="NAME=VALUE", help=", ".join(NAMES))
    parser.add_argument("--hold-out", type=float, default=1 / 3)
    parser.add_argument("--worst", type=int, default=0, help="print the rows with the largest errors")
    machine = parser.add_argument_group("machine; the defaults are hwmodels/machines/h200-sxm.yaml")
    machine.add_argument("--processors", type=int, default=132)
    machine.add_argument("--matrix-rate", type=float, default=4096.0)
    machine.add_argument("--exp-rate", type=float, default=16.0)
    machine.add_argument("--clock-burst", type=float, default=1.70e9)
    machine.add_argument("--clock-sustained", type=float, default=1.51e9)
    machine.add_argument("--bandwidth", type=float, default=4.8e12)
    machine.add_argument(
        "--cache", type=float, default=30 * 2**20, help="usable bytes of the last-level cache"
    )
    machine.add_argument("--launch", type=float, default=1.9e-6)
    machine.add_argument("--bytes-each", type=int, default=2)
    return parser.parse_args()


def main():
    options = arguments()
    fit = Fit(options)
    rows = [row for path in options.csv for row in read_rows(path, options)]
    if not rows:
        raise SystemExit("no rows left to fit")
    works = [fit.prepare(row) for row in rows]
    test = [held_out(row, options.hold_out) for row in rows]
    constants = fit.run([w for w, t in zip(works, test) if not t])
    ratios = [fit.predict(w, constants) / w["measured"] for w in works]
    for title, wanted in (("fitted on", False), ("held out", True)):
        chosen = [i for i, t in enumerate(test) if t == wanted]
        if chosen:
            worst = report(title, [rows[i] for i in chosen], [ratios[i] for i in chosen])
    for i in sorted(range(len(rows)), key=lambda i: -abs(math.log(ratios[i])))[: options.worst]:
        print(f"  {ratios[i]:.2f} {float(rows[i]['measured_ms']):.4f} ms", {k: rows[i].get(k) for k in SHAPE})
    text = ", ".join(f"{name}: {constants[name]:.4g}" for name in NAMES)
    print(f"{{{text}, error_90: {max(0.05, worst):.2g}}}")


if __name__ == "__main__":
    main()
