#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records rounds of `spanwise check` for check_bench: the same runner twice, the same objects linked in another order,
and runners slowed down by 2, 3 and 10 %. Long: about two seconds a round. Run from the root of a checkout, built:

    tests/bench/record_rounds.py BUILD_FOLDER OUT.csv [--same 100] [--slowed 50]

A recording may be done in parts: an OUT that is there is added to. One row a case and round: what, round, case, the time of the baseline and of the candidate process in ms, and their ratio by slices.
"""
import argparse
import csv
import json
import os
import pathlib
import random
import subprocess
import tempfile


def relinked(build, folder):
    """The runner with the objects of its library in a shuffled order: another layout of the same code."""
    command = subprocess.run(["ninja", "-t", "commands", "bin/spanwise-cpu"], cwd=build, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    archive = pathlib.Path(build, "kernels/libspanwise_kernels.a").resolve()
    subprocess.run(["ar", "x", archive], cwd=folder, check=True)
    objects = sorted(str(path) for path in pathlib.Path(folder).glob("*.o"))
    random.Random(1).shuffle(objects)
    runner = pathlib.Path(folder, "spanwise-cpu")
    command = command.replace("kernels/libspanwise_kernels.a", " ".join(objects), 1).replace("-o bin/spanwise-cpu", f"-o {runner}")
    subprocess.run(command, shell=True, cwd=build, check=True)
    return str(runner)


def rounds_in(path):
    """How many rounds of each recording a file holds."""
    rounds = {}
    if path.exists():
        for row in csv.DictReader(path.open()):
            rounds[row["what"]] = max(rounds.get(row["what"], 0), int(row["round"]) + 1)
    return rounds


def record(build, suite, name, baseline, candidate, first, rounds, out, store):
    before = os.getloadavg()[0]
    report = pathlib.Path(store, name + ".json")
    subprocess.run([f"{build}/bin/spanwise", "check", suite, "--baseline-device", baseline, "--candidate-device", candidate, "--rounds", str(rounds),
                    "--max-rounds", str(rounds), "--store", store, "-o", report, "--wrong-only"], check=True, stdout=subprocess.DEVNULL)
    for case in json.loads(report.read_text())["cases"]:
        for number, times in enumerate(zip(case["rounds_ms"]["baseline"], case["rounds_ms"]["candidate"], case["rounds_ratio"])):
            out.writerow([name, first + number, case["name"], f"{times[0]:.5f}", f"{times[1]:.5f}", "" if times[2] is None else f"{times[2]:.5f}"])
    print(f"{name}: {rounds} rounds, load {before:.1f} before and {os.getloadavg()[0]:.1f} after", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("out")
    parser.add_argument("--suite", default="quick")
    parser.add_argument("--same", type=int, default=100)
    parser.add_argument("--slowed", type=int, default=50)
    options = parser.parse_args()
    build = str(pathlib.Path(options.build).resolve())
    runner = f"exec {build}/bin/spanwise-cpu --threads 1"
    there = rounds_in(pathlib.Path(options.out))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as store, open(options.out, "a", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        if not there:
            out.writerow(["what", "round", "case", "baseline_ms", "candidate_ms", "ratio"])
        wanted = [("same", runner, options.same), ("relinked", f"exec {relinked(build, folder)} --threads 1", options.same)]
        wanted += [(f"slower-{percent}", f"{runner} --slowdown {percent}", options.slowed) for percent in (3, 2, 10)]
        for name, candidate, rounds in wanted:
            if rounds > 0:
                record(build, options.suite, name, runner, candidate, there.get(name, 0), rounds, out, store)
                file.flush()


if __name__ == "__main__":
    main()
