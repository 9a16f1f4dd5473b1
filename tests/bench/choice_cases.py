#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times sets of candidates for one head and shape, for choice.py: which pattern of about one density is the fastest?

    python3 choice_cases.py --runner ./spanwise-cuda --out choice.csv [--seconds 130] [--shapes 50]

50 shapes, 35 of them causal sequences and 15 grids; for each four densities, and for each density patterns that keep about that share
of the pairs: windows, windows with sinks, strided blocks, random blocks of two sizes, neighborhoods with and without strides. The dense
mask of the shape belongs to each of its four sets. A row is a Case with its measurement; `shape` and `density` name the set, and each
shape's dense row stands first. Needs Python alone.
"""

import argparse
import csv
import json
import math
import subprocess
import time

COLUMNS = (
    "op,kernel,phase,batch,q_len,kv_len,tokens,q_heads,kv_heads,head_dim,dtype,causal,pattern,cache,regime,"
    "measured_ms,p05_ms,p95_ms,samples,sm_clock_mhz,power_w,shape,density"
).split(",")
DENSITIES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
LENGTHS = (2048, 8192, 4096, 16384, 1024, 6144, 12288)
HEADS = ((8, 8), (32, 8), (16, 2), (40, 8), (12, 12))
GRIDS = ((64, 64), (48, 80), (16, 24, 32), (128, 64), (12, 30, 40))
GRID_HEADS = (8, 16, 24)
BLOCK = 128


def ceil_to(value, step):
    return max(step, int(math.ceil(value / step)) * step)


def shapes():
    for i, length in enumerate(LENGTHS):
        for j, (q_heads, kv_heads) in enumerate(HEADS):
            head_dim = 64 if (i + j) % 3 == 2 else 128
            yield {"q_len": length, "kv_len": length, "q_heads": q_heads, "kv_heads": kv_heads, "head_dim": head_dim, "causal": True}
    for i, grid in enumerate(GRIDS):
        for j, heads in enumerate(GRID_HEADS):
            length = math.prod(grid)
            head_dim = 64 if (i + j) % 3 == 2 else 128
            yield {"q_len": length, "kv_len": length, "q_heads": heads, "kv_heads": heads, "head_dim": head_dim, "causal": False, "tokens": list(grid)}


def sequence_patterns(length, density, seed):
    window = ceil_to(length * (1 - math.sqrt(1 - density)), 64)
    local = max(1, round(density * length / BLOCK / 4))
    yield {"sliding_window": {"window": window}}
    if window > 256:
        yield {"sliding_window": {"window": window - 128, "sinks": 128}}
    yield {"strided": {"block": BLOCK, "local": local, "stride": max(2, round(2 / density))}}
    yield {"block_mask": {"block": BLOCK, "random": {"density": density, "seed": seed}}}
    if seed % 2 == 0:
        yield {"block_mask": {"block": 64, "random": {"density": density, "seed": seed}}}


def grid_patterns(grid, density, seed):
    length = math.prod(grid)
    share = density ** (1 / len(grid))
    window = [max(2, round(n * share)) for n in grid]
    stride = [min(w, 8 if n > 16 else 4) for w, n in zip(window, grid)]
    yield {"neighborhood": {"window": window}}
    yield {"neighborhood": {"window": window, "stride": stride}}
    yield {"sliding_window": {"window": ceil_to(density * length, 2), "causal": False}}
    yield {"block_mask": {"block": BLOCK, "random": {"density": density, "seed": seed}}}
    if seed % 2 == 0 and all(2 * w <= n for w, n in zip(window, grid)):
        yield {"neighborhood": {"window": window, "dilation": [2] * len(grid)}}


class Runner:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, shell=True)
        self.hello = json.loads(self.process.stdout.readline())
        self.next = 0

    def time(self, shape):
        self.next += 1
        request = {"type": "case", "id": self.next, "case": shape, "limit_s": 30, "time": {"min_samples": 5, "max_s": 0.02}}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        while True:
            reply = json.loads(self.process.stdout.readline())
            if reply["type"] == "measurement":
                return reply


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runner", required=True)
    parser.add_argument("--kernel", default="spanwise-hopper")
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seconds", type=float, default=130)
    parser.add_argument("--shapes", type=int, default=50)
    options = parser.parse_args()
    runner = Runner(options.runner)
    print(json.dumps(runner.hello["device"])[:300])
    begin = time.monotonic()
    rows = bad = 0
    with open(options.out, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        # Every other shape first, so that a run that ends early has both kinds.
        everything = list(shapes())
        for number in (list(range(0, 50, 2)) + list(range(1, 50, 2)))[: options.shapes]:
            if time.monotonic() - begin > options.seconds:
                print(f"no time left at shape {number}")
                break
            shape = everything[number]
            grid = shape.get("tokens")
            candidates = [("", {"dense": {"causal": True}} if shape["causal"] else "dense")]
            for i, density in enumerate(DENSITIES):
                seed = 4 * number + i
                some = grid_patterns(grid, density, seed) if grid else sequence_patterns(shape["q_len"], density, seed)
                candidates += [(density, pattern) for pattern in some]
            for density, pattern in candidates:
                case = {"kernel": options.kernel, "phase": "prefill", "batch": 1, "dtype": options.dtype, "pattern": pattern, "regime": "burst"} | shape
                reply = runner.time(case)
                if reply["status"] != "ok":
                    bad += 1
                    print(json.dumps(case)[:150], reply["status"], reply.get("message", "")[:100])
                    continue
                rows += 1
                ms = reply["ms"]
                row = case | {
                    "op": "attention", "cache": "warm", "causal": str(shape["causal"]).lower(), "tokens": "x".join(map(str, grid or [])),
                    "pattern": "" if density == "" else json.dumps(pattern), "measured_ms": f"{ms['median']:.6g}", "p05_ms": f"{ms['p05']:.6g}",
                    "p95_ms": f"{ms['p95']:.6g}", "samples": reply["samples"], "sm_clock_mhz": round(reply.get("clock_mhz", 0)) or "",
                    "power_w": round(reply.get("power_w", 0)) or "", "shape": number, "density": density,
                }
                writer.writerow(row)
            file.flush()
    print(f"{rows} rows, {bad} refused, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
