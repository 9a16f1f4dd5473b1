#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whether the compare tools of NVBench and of google-benchmark read what `bench --format` writes: runs a suite twice in each
# format and shows what they make of it. Fetches them into a folder that is thrown away: NVBench's from PyPI (cuda-bench),
# google-benchmark's from Debian (libbenchmark-tools). Run from the root of a built checkout:
#
#     tests/bench/compare_tools.sh [SUITE [DEVICE]]
set -euo pipefail
suite=${1:-quick} device=${2:-cpu}
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for format in nvbench google-benchmark; do
  for run in 1 2; do
    "$root/build/release/bin/spanwise" bench "$suite" --device "$device" --data "$root" --format "$format" -o "$format-$run.json" >/dev/null
  done
done

python3 -m venv venv
venv/bin/pip --quiet install numpy scipy tabulate colorama jsondiff
venv/bin/pip --quiet install --no-deps cuda-bench
apt-get download libbenchmark-tools >/dev/null 2>&1
dpkg -x libbenchmark-tools_*.deb debian

venv/bin/nvbench-compare-legacy nvbench-1.json nvbench-2.json || [ $? -lt 126 ]  # its exit code counts slower cases
venv/bin/nvbench-compare-robust nvbench-1.json nvbench-2.json || [ $? -lt 126 ]
venv/bin/python debian/usr/share/benchmark/compare.py --no-color --display_aggregates_only benchmarks google-benchmark-1.json google-benchmark-2.json
