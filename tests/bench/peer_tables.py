#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the attention kernels that exist today, dense and sparse, on a CUDA device with PyTorch.

    python3 peer_tables.py --out DIR [--sections ceilings,prefill,flex,decode] [--budget SECONDS] [--smoke]

Writes attention.csv (columns: the fields of a Case, then the measurement), ceilings.csv and facts.json as it goes.
Every output is compared with float64 on sampled rows before it is timed; a wrong one is reported and left out.
Kernels: cuDNN's SDPA (dense), FlexAttention through Triton (block sparse), both and PyTorch's FlashAttention-2 (decode).
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import time

import torch
import triton

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import peer_ceilings
import peer_timing
from peer_cases import (
    FLEX_CONFIGS,
    compiled_kernels,
    decode_cases,
    flex_cases,
    prefill_cases,
    random_case,
    window_case,
)
from peer_kernels import Flex, inputs, sdpa_calls, worst_error

CASE = "op,kernel,phase,batch,q_len,kv_len,tokens,q_heads,kv_heads,head_dim,dtype,causal,pattern,q_tile,kv_tile,tiling,cache"
RESULT = "regime,measured_ms,p05_ms,p95_ms,samples,sm_clock_mhz,power_w"
ATTENTION_COLUMNS = f"{CASE},{RESULT}".split(",")
CEILING_COLUMNS = f"op,params,dtype,{RESULT},rate,unit".split(",")


def cell(value):
    """CSV text: empty where nothing was read, true and false as a Case spells them."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value).lower() if isinstance(value, bool) else value


class Session:
    def __init__(self, out, budget):
        self.power = peer_timing.Power()
        self.flex, self.out, self.deadline = Flex(), out, time.monotonic() + budget
        self.files, self.guard = {}, self.deadline

    def over(self):
        if time.monotonic() > self.guard:
            print("  out of time: the rest of this section is left out")
            return True
        return False

    def write(self, name, columns, row):
        if name not in self.files:
            self.files[name] = open(os.path.join(self.out, name), "w", newline="")
            csv.writer(self.files[name], lineterminator="\n").writerow(columns)
        text = {c: cell(row.get(c, "")) for c in columns}
        csv.writer(self.files[name], lineterminator="\n").writerow([text[c] for c in columns])
        self.files[name].flush()

    def calls(self, entry, sets, config=None):
        if entry["kernel"].startswith("flex"):
            mask, visible = self.flex.prepare(entry)
            return self.flex.calls(entry, sets, mask, config), visible
        return sdpa_calls(entry, sets), None

    def measure(self, entry, regimes):
        sets = inputs(entry)
        calls, visible = self.calls(entry, sets)
        error = worst_error(entry, sets[0], calls[0](), visible)
        if error > 1e-2:
            print(f"  WRONG: relative error {error:.3g}: {entry}")
            return
        load = peer_timing.Workload(calls)
        for regime in regimes:
            result = getattr(peer_timing, regime)(load, self.power)
            if result is None:
                continue
            row = entry | result | {"regime": regime}
            self.write("attention.csv", ATTENTION_COLUMNS, row)
            self.print_row(row, error)

    def print_row(self, row, error):
        flop = 4.0 * row["batch"] * row["q_heads"] * row["q_len"] * row["kv_len"] * row["head_dim"]
        flop *= 0.5 if row["causal"] and row["q_len"] > 1 else 1.0
        what = row["pattern"] or ("causal" if row["causal"] else "dense")
        shape = f"b{row['batch']} {row['q_heads']}/{row['kv_heads']} d{row['head_dim']} {row['q_len']}x{row['kv_len']}"
        clock = f"{row['sm_clock_mhz']:5.0f} MHz {row['power_w']:4.0f} W"
        rate = f"{flop / row['measured_ms'] * 1e-9:7.0f} dense-TFLOP/s"
        spread = f"{row['p05_ms']:.4f}..{row['p95_ms']:.4f}"
        print(f"{row['kernel'][:12]:12} {shape:26} {what:56} {row['regime'][:5]} {row['measured_ms']:9.4f} ms "
              f"({spread}) {rate} {clock} err {error:.1e}")  # fmt: skip

    def section(self, name, cases, seconds, regimes=lambda entry: ("burst", "sustained")):
        self.guard = min(self.deadline, time.monotonic() + seconds)
        begin = time.monotonic()
        for entry in cases:
            if self.over():
                break
            try:
                self.measure(entry, regimes(entry))
            except Exception as error:  # one kernel that cannot run must not end the others
                print(f"  FAILED: {str(error)[:300]!r}: {entry}")
        torch.cuda.empty_cache()
        print(f"-- {name}: {time.monotonic() - begin:.0f} s")

    def tune_flex(self, head_dim):
        """The fastest of FLEX_CONFIGS on a random mask and on a window, as max-autotune would choose."""
        best = None
        for config in FLEX_CONFIGS[head_dim]:
            try:
                times = []
                for entry in (
                    random_case(16384, head_dim, 0.1),
                    window_case(16384, 16, 16, head_dim, 1024, 64),
                ):
                    calls, _ = self.calls(entry, inputs(entry), config)
                    times.append(peer_timing.burst(peer_timing.Workload(calls), self.power)["measured_ms"])
                print(
                    f"flex d{head_dim} {config}: density 0.1 {times[0]:.4f} ms, window 1024 {times[1]:.4f} ms"
                )
                if best is None or sum(times) < best:
                    best, self.flex.choice[head_dim] = sum(times), config
            except Exception as error:  # too much shared memory, for one
                print(f"flex d{head_dim} {config}: {str(error)[:200]!r}")
        print(f"flex d{head_dim}: taken {self.flex.choice[head_dim]}")


def compile_share(index, workers):
    """Fills the on-disk caches of the compiler with every `workers`-th kernel, so that one process need not wait."""
    flex = Flex()
    for entry, config in compiled_kernels()[index::workers]:
        try:
            sets = inputs(entry, limit=2)[:1]
            mask, _ = flex.prepare(entry)
            begin = time.monotonic()
            with torch.no_grad():
                flex.calls(entry, sets, mask, config)[0]()
            print(
                f"compiled {entry['kind']} {entry['kv_len']} {config}: {time.monotonic() - begin:.1f} s",
                flush=True,
            )
        except Exception as error:
            print(
                f"  NOT COMPILED: {str(error)[:200]!r}: {entry['kind']} {entry['kv_len']} {config}",
                flush=True,
            )


def compile_all(workers, limit=150):
    begin = time.monotonic()
    environment = os.environ | {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
    command = [sys.executable, os.path.abspath(__file__), "--workers", str(workers)]
    shares = [
        subprocess.Popen([*command, "--compile-share", str(i)], env=environment) for i in range(workers)
    ]
    for share in shares:
        try:
            share.wait(max(1.0, limit - (time.monotonic() - begin)))
        except subprocess.TimeoutExpired:
            share.kill()
            print("a compiling process ran out of time")
    print(f"-- compile: {time.monotonic() - begin:.0f} s")


def facts(session):
    device = torch.cuda.get_device_properties(0)
    return {
        "date": time.strftime("%Y-%m-%d"),
        "gpu": device.name,
        "processors": device.multi_processor_count,
        "memory_bytes": device.total_memory,
        "l2_bytes": device.L2_cache_size,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "triton": triton.__version__,
        "flex_configs": {str(k): v for k, v in session.flex.choice.items()},
        **session.power.facts(),
    }


def first(cases, count, smoke):
    cases = list(cases)
    return cases[:: max(1, len(cases) // count)] if smoke else cases


def run(arguments):
    sections = arguments.sections.split(",")
    if arguments.workers > 0 and ("flex" in sections or "decode" in sections):
        compile_all(arguments.workers)
    session = Session(arguments.out, arguments.budget)
    smoke = arguments.smoke
    with torch.no_grad():
        if "ceilings" in sections:
            session.guard = min(session.deadline, time.monotonic() + (8 if smoke else 60))
            peer_ceilings.run(
                session.power,
                lambda row: (print(row), session.write("ceilings.csv", CEILING_COLUMNS, row)),
                session.over,
            )
        if "prefill" in sections:
            session.section("cuDNN, head dim 128", first(prefill_cases(128), 3, smoke), 170)
        if "flex" in sections:
            session.tune_flex(128)
            session.section("FlexAttention, head dim 128", first(flex_cases(128), 3, smoke), 170)
        if "decode" in sections:
            regimes = lambda e: ("burst", "sustained") if e["batch"] >= 8 else ("burst",)  # noqa: E731
            session.section("decode", first(decode_cases(), 4, smoke), 110, regimes)
        if "prefill" in sections:
            session.section("cuDNN, head dim 64", first(prefill_cases(64), 1, smoke), 60)
        if "flex" in sections and not smoke:
            session.tune_flex(64)
            session.section("FlexAttention, head dim 64", flex_cases(64), 60)
    with open(os.path.join(arguments.out, "facts.json"), "w") as file:
        json.dump(facts(session), file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default=".", help="folder for the tables")
    parser.add_argument("--sections", default="ceilings,prefill,flex,decode")
    parser.add_argument("--budget", type=float, default=600.0, help="seconds, compiling left out")
    parser.add_argument(
        "--workers",
        type=int,
        default=min(12, os.cpu_count() or 1),
        help="compiling processes; 0: compile as needed",
    )
    parser.add_argument("--smoke", action="store_true", help="a few cases of every section")
    parser.add_argument("--compile-share", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.compile_share is not None:
        compile_share(arguments.compile_share, arguments.workers)
        return
    os.makedirs(arguments.out, exist_ok=True)
    run(arguments)


if __name__ == "__main__":
    main()
