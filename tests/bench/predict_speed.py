#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long an estimate takes, by pattern and length: processor time of `spanwise predict` a row, less that of a table of one row.

    ./predict_speed.py [--spanwise ../../build/release/bin/spanwise] [--data ../..] [--hardware h200-sxm] [--rows 2000]

Every row has a length of its own, so that no count is made once for many. The last column is the longest length's time over the shortest's:
1 where the cost does not depend on the length. The last line is a table of 20,000 mixed rows by the clock on the wall.
"""

import argparse
import os
import random
import resource
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS = (4096, 32768, 131072)
PATTERNS = {
    "dense": ("false", lambda rng: ""),
    "dense causal": ("true", lambda rng: ""),
    "window": ("true", lambda rng: '"{""sliding_window"":{""window"":%d}}"' % rng.randrange(256, 2048)),
    "window and sinks": ("true", lambda rng: '"{""sliding_window"":{""window"":%d,""sinks"":64}}"' % rng.randrange(256, 2048)),
    "neighborhood": ("false", lambda rng: '"{""neighborhood"":{""window"":[%d]}}"' % rng.randrange(256, 2048)),
}


def rows_of(rng, name, length, count):
    causal, pattern = PATTERNS[name]
    for _ in range(count):
        own = length - 4 * rng.randrange(0, length // 64)
        yield f"{own},{own},32,8,128,{causal},{pattern(rng)}\n"


def run(options, rows):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as table:
        table.write("q_len,kv_len,q_heads,kv_heads,head_dim,causal,pattern\n")
        table.writelines(rows)
        table.flush()
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(
            [options.spanwise, "predict", table.name, "--hardware", options.hardware, "--data", options.data],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spanwise", default=os.path.join(HERE, "../../build/release/bin/spanwise"))
    parser.add_argument("--data", default=os.path.join(HERE, "../.."))
    parser.add_argument("--hardware", default="h200-sxm")
    parser.add_argument("--rows", type=int, default=2000)
    options = parser.parse_args()
    rng = random.Random(1)
    start = min(run(options, rows_of(rng, "dense", 256, 1))[0] for _ in range(3))
    print(f"{'us a row':18}" + "".join(f"{length:>10}" for length in LENGTHS) + f"{'ratio':>10}")
    for name in PATTERNS:
        costs = []
        for length in LENGTHS:
            rows = list(rows_of(rng, name, length, options.rows))
            costs.append(max(0.0, min(run(options, rows)[0] for _ in range(2)) - start) / options.rows * 1e6)
        print(f"{name:18}" + "".join(f"{cost:10.1f}" for cost in costs) + f"{costs[-1] / max(costs[0], 1e-9):10.1f}")
    mixed = [row for name in PATTERNS for length in LENGTHS for row in rows_of(rng, name, length, 20000 // 15 + 1)][:20000]
    print(f"{len(mixed)} mixed rows: {run(options, mixed)[1]:.2f} s")


if __name__ == "__main__":
    main()
