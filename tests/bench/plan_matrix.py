#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plans every bundled model on every machine that makes sense for it, one line a pair.

    python3 tests/bench/plan_matrix.py build/dev/bin/spanwise [MODEL...]

A pair whose weights do not fit one machine says so; a pair without a kernel for the model's heads is an answer, too. Exit code 1
when a plan fails in any other way or takes over 3 s (--validate none)."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT_S = 3.0


def names(folder):
    return sorted(p.stem for p in (ROOT / folder).glob("*.yaml"))


def plan(program, model, machine, folder):
    begin = time.monotonic()
    command = [program, "plan", model, "--hardware", machine, "--validate", "none", "--json", "-o", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    return done, time.monotonic() - begin


def line(model, machine, report, seconds):
    parts = []
    for workload in report["workloads"]:
        planned = workload["plan"]
        dense = workload["dense"]["attention_ms"]
        speedup, whole = workload["attention_speedup"], workload["model_speedup"]
        parts.append(
            f"{workload['name']}: {dense:.4g} -> {planned['attention_ms']:.4g} ms, {speedup:.2f}x, model {whole:.2f}x, {workload['basis']}"
        )
    notes = " ".join(note["text"] for note in report["assumptions"])
    fits = "; does not fit" if "exceed the" in notes else ""
    return f"{model:19} {machine:13} {seconds:4.1f} s  {'; '.join(parts)}{fits}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    program, wanted = options.program, options.models
    bad = pairs = without_kernel = 0
    slowest = 0.0
    for model in wanted or names("configs/models"):
        for machine in names("hwmodels/machines"):
            with tempfile.TemporaryDirectory() as folder:
                done, seconds = plan(program, model, machine, folder)
            pairs += 1
            slowest = max(slowest, seconds)
            missing = done.returncode == 1 and "no kernel on" in done.stderr
            without_kernel += missing
            if done.returncode != 0:
                reason = (done.stderr.strip().splitlines() or ["no output"])[0]
                print(f"{model:19} {machine:13} {seconds:4.1f} s  exit {done.returncode}: {reason}")
            else:
                print(line(model, machine, json.loads(done.stdout), seconds), flush=True)
            bad += (done.returncode != 0 and not missing) or seconds > LIMIT_S
    print(f"{pairs} pairs, {bad} bad, {without_kernel} without a kernel, the slowest {slowest:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
