#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records rounds on a GPU machine that has nothing but Python and the runner: the same runner twice, and one slowed down.

    tests/bench/record_rounds_h200.py SPANWISE_CUDA OUT.csv [--seconds 300] [--slowdown 2]

As `spanwise check` does it: a fresh process a side, each case in slices that alternate A B B A, the other side first in every
other round; the time of a process is the median of its samples. Kinds of rounds alternate, so that the machine's drift is in
both. Rows: what, round, case, baseline ms, candidate ms, and no ratio by slices, for check_bench.
"""
import argparse
import csv
import json
import statistics
import subprocess
import time

SLICES = 3  # of a side, as the least of measure/rounds.cc
CASES = {
    "dense-bf16-d128": {"q_len": 2048, "q_heads": 16, "kv_heads": 4, "head_dim": 128, "dtype": "bf16"},
    "dense-fp16-d64": {"q_len": 2048, "q_heads": 16, "kv_heads": 16, "head_dim": 64, "dtype": "fp16"},
    "causal-bf16-d128": {"q_len": 4096, "q_heads": 16, "kv_heads": 2, "head_dim": 128, "dtype": "bf16", "causal": True},
    "causal-bf16-d64": {"q_len": 4096, "q_heads": 16, "kv_heads": 4, "head_dim": 64, "dtype": "bf16", "causal": True},
    "window-bf16-d128": {"q_len": 16384, "q_heads": 8, "kv_heads": 2, "head_dim": 128, "dtype": "bf16", "pattern": {"sliding_window": {"window": 1024}}},
    "grid2d-bf16-d128": {"tokens": [64, 64], "q_heads": 16, "kv_heads": 16, "head_dim": 128, "dtype": "bf16", "pattern": {"neighborhood": {"window": [32, 32], "stride": [8, 8]}}},
    "grid3d-bf16-d128": {"tokens": [16, 24, 24], "q_heads": 12, "kv_heads": 12, "head_dim": 128, "dtype": "bf16", "pattern": {"neighborhood": {"window": [8, 12, 12], "stride": [4, 4, 4]}}},
    "mma-bf16-d128": {"kernel": "spanwise-mma", "q_len": 2048, "q_heads": 16, "kv_heads": 4, "head_dim": 128, "dtype": "bf16"},
}


class Runner:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.requests = 0

    def samples(self, case):
        self.requests += 1
        request = {"type": "case", "id": self.requests, "case": case, "time": {"min_samples": 8, "max_s": 0.006}}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        while True:
            reply = json.loads(self.process.stdout.readline())
            if reply["type"] == "measurement":
                if reply["status"] != "ok":
                    raise SystemExit(f"{case}: {reply}")
                return reply["samples_ms"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def record(commands, number):
    runners = [Runner(command) for command in commands]
    times = {}
    for name, case in CASES.items():
        order = [0, 1] if number % 2 == 0 else [1, 0]
        samples = [[], []]
        for _ in range(SLICES):
            for side in order:
                samples[side] += runners[side].samples(case)
            order.reverse()
        times[name] = [statistics.median(side) for side in samples]
    for runner in runners:
        runner.close()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runner")
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--slowdown", default="2")
    options = parser.parse_args()
    kinds = [("h200-same", [options.runner]), (f"h200-slower-{options.slowdown}", [options.runner, "--slowdown", options.slowdown])]
    until = time.monotonic() + options.seconds
    with open(options.out, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["what", "round", "case", "baseline_ms", "candidate_ms", "ratio"])
        number = 0
        while time.monotonic() < until:
            for what, candidate in kinds:
                for case, (a, b) in record([[options.runner], candidate], number).items():
                    out.writerow([what, number, case, f"{a:.6f}", f"{b:.6f}", ""])
            file.flush()
            number += 1
    print(f"{number} rounds of each kind")


if __name__ == "__main__":
    main()
