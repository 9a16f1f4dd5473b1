#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runner spanwise-cuda beside the kernels that a user would take instead, on one card, in alternation.

    python3 peers_h200.py --runner ./spanwise-cuda --out DIR [--sections check,ratios,sustained,rows,alone,long] [--rounds 15]
        [--kernel spanwise-mma] [--tune]

`ratios`, `long` and `sustained` print one line a case: our time, theirs, and theirs over ours (above 1: we are faster), medians over
alternating rounds (ours, theirs, theirs, ours); dense cases run against cuDNN and, in bursts, FlashAttention-2, masks against
FlexAttention, whose tiles --tune lets PyTorch search; a burst is 60 ms of idling and at most 20 ms of work. `rows` times many shapes
of ours alone; `alone` prints our rates at 65,536 tokens beside our dense one; `check` holds random small shapes of every mask against
float64: lengths that are no multiple of a tile, rows without a key, sink logits. Everything timed goes to DIR/hopper.csv (columns of a Case, then the measurement). Outputs are checked against
float64 first: ours by the runner on sampled tiles, theirs on sampled rows.
"""

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import peer_timing
from peer_cases import case, heads, random_case, window_case
from peer_kernels import Flex, inputs, sdpa_calls, worst_error

COLUMNS = (
    "op,kernel,phase,batch,q_len,kv_len,tokens,q_heads,kv_heads,head_dim,dtype,causal,pattern,q_tile,kv_tile,"
    "tiling,cache,regime,measured_ms,p05_ms,p95_ms,samples,sm_clock_mhz,power_w"
).split(",")
SAMPLES = 4  # of a burst


class Runner:
    def __init__(self, command):
        self.process = subprocess.Popen(
            [command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.hello = json.loads(self.process.stdout.readline())
        self.next = 0

    def ask(self, shape, **more):
        self.next += 1
        request = {"type": "case", "id": self.next, "case": shape, "limit_s": 60} | more
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the runner ended with {self.process.wait()}")
            reply = json.loads(line)
            if reply["type"] == "measurement":
                return reply


def our_shape(entry, regime, kernel):
    """The Case that the runner gets; random masks by the grammar's own rule."""
    shape = {"kernel": kernel} | {k: entry[k] for k in ("batch", "q_len", "kv_len", "q_heads", "kv_heads", "head_dim", "dtype")}
    shape["regime"] = regime
    if entry.get("kind") == "random":
        random = {"density": entry["density"], "seed": 1}
        shape["pattern"] = {"block_mask": {"block": [128, 128], "random": random}}
    elif entry["pattern"]:
        rule = dict(json.loads(entry["pattern"])["sliding_window"])
        shape["pattern"] = {"sliding_window": rule | {"causal": True}}
    elif entry["causal"]:
        shape["causal"] = True
    return shape


def dense(tokens, q_heads, kv_heads, head_dim, causal, batch=1):
    fields = {"batch": batch, "q_len": tokens, "kv_len": tokens, "causal": causal, "kernel": "cudnn-attention"}
    return case(**fields, **heads(q_heads, kv_heads, head_dim), kind="dense")


def ratio_cases(rivals=("cudnn-attention",)):
    for q, kv, width in ((16, 16, 128), (32, 8, 128), (32, 32, 64), (8, 8, 256)):
        for causal in (False, True):
            for rival in rivals:
                yield dense(16384, q, kv, width, causal) | {"kernel": rival}
    yield from (random_case(16384, 128, density) for density in (1.0, 0.25, 0.1, 0.05, 0.02))
    yield from (window_case(16384, 16, 16, 128, window, 0) for window in (512, 1024, 4096))


def dense_long():
    return dense(65536, 16, 16, 128, False)


def long_cases():
    yield from (random_case(65536, 128, density) for density in (0.02, 0.05, 0.1, 0.25))


def row_cases():
    for width, q in ((128, 16), (64, 32), (256, 8)):
        for tokens in (1024, 2048, 3072, 6144, 12288, 32768):
            for causal in (False, True):
                yield dense(tokens, q, q, width, causal)
    for tokens in (2048, 8192, 24576):
        yield dense(tokens, 32, 8, 128, True)
        yield dense(tokens, 24, 24, 128, False)
    for tokens, batch in ((512, 16), (1024, 8), (4096, 4)):
        yield dense(tokens, 16, 16, 128, True, batch)
    for tokens in (8192, 32768):
        for density in (0.5, 0.2, 0.07, 0.03):
            yield random_case(tokens, 128, density)
        for window, sinks in ((256, 0), (1024, 64), (2048, 0), (4096, 64)):
            yield window_case(tokens, 16, 16, 128, window, sinks)
    for density in (0.5, 0.1):
        yield random_case(16384, 64, density)
    for tokens in (4096, 16384, 65536, 131072):
        yield dense(tokens, 32, 8, 128, True)
        yield dense(tokens // 2, 64, 8, 128, True)
        for window in (512, 2048, 8192, 16384):
            if window < tokens:
                yield window_case(tokens, 32, 8, 128, window, 64)
                yield window_case(tokens // 2, 64, 8, 128, window // 2, 0)
    for tokens in (4608, 32768):
        yield dense(tokens, 24, 24, 128, False)
        yield dense(tokens, 40, 40, 128, False)


def checked_shapes(kernel):
    """Small shapes of every mask, dtype and head dim; a fixed seed, so that a failure can be run again."""
    dice = random.Random(5)
    masks = [None, {"sliding_window": {"window": 300, "sinks": 0}}, {"sliding_window": {"window": 1000, "sinks": 70}}]
    masks += [{"block_mask": {"block": [b, b], "random": {"density": d, "seed": b}}} for b, d in ((128, 0.2), (64, 0.1))]
    for width in (64, 128, 256) if kernel == "spanwise-hopper" else (64, 128):
        for dtype in ("bf16", "fp16"):
            for mask, causal in [(m, False) for m in masks] + [(None, True)]:
                for params in ({}, {"sink_logits": True}):
                    tokens = dice.choice((128, 1000, 2048, 1531))
                    keys = tokens if mask else tokens + dice.choice((0, 77, 640))
                    shape = {"kernel": kernel, "q_len": tokens, "kv_len": keys, "q_heads": 4, "kv_heads": 2, "batch": 2}
                    shape |= {"head_dim": width, "dtype": dtype, "seed": dice.randrange(1000)}
                    yield shape | ({"pattern": mask} if mask else {"causal": causal}) | ({"params": params} if params else {})
    for shape in ragged_shapes() + shapes_with_lists():
        for width, dtype in ((64, "fp16"), (128, "bf16")):
            yield shape | {"kernel": kernel, "head_dim": width, "dtype": dtype}
        if kernel == "spanwise-hopper":
            yield shape | {"kernel": kernel, "head_dim": 256, "dtype": "bf16"}
    for params in ({}, {"sink_logits": True}):  # rows that see nothing
        shape = {"kernel": kernel, "q_len": 300, "kv_len": 100, "q_heads": 2, "head_dim": 128, "dtype": "bf16", "causal": True}
        yield shape | ({"params": params} if params else {})
    yield {"kernel": kernel, "q_len": 1, "kv_len": 1, "q_heads": 2, "head_dim": 64, "dtype": "bf16"}


def ragged_shapes():
    """Sequences of one token, of whole tiles, of no multiple of anything; queries fewer and more than keys."""
    shape = {"batch": 5, "q_lens": [300, 1, 128, 77, 640], "kv_lens": [300, 700, 129, 5, 1000], "q_heads": 4, "kv_heads": 2}
    window = {"sliding_window": {"window": 150, "sinks": 2}}
    more = ({"causal": True}, {"causal": False}, {"pattern": window, "params": {"sink_logits": True}})
    shapes = [shape | {"seed": 7} | extra for extra in more]
    blocks = {"block_mask": {"block": [64, 64], "random": {"density": 0.3, "seed": 3}}}
    return shapes + [{"batch": 3, "kv_lens": [500, 64, 1029], "q_lens": [500, 64, 1029], "q_heads": 2, "pattern": blocks}]


def shapes_with_lists():
    blocks = {"block_mask": {"block": [128, 128], "random": {"density": 0.3, "seed": 3}}}
    shape = {"batch": 2, "q_len": 1100, "kv_len": 1100, "q_heads": 4, "kv_heads": 2, "pattern": blocks}
    return [shape | {"params": {"lists": by}} for by in ("kv_head", "head")]


class Session:
    def __init__(self, runner, out, kernel, tune):
        self.kernel = kernel
        self.runner, self.power, self.flex = Runner(runner), peer_timing.Power(), Flex(tune)
        self.file = open(os.path.join(out, "hopper.csv"), "w", newline="")
        self.table = csv.DictWriter(self.file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        self.table.writeheader()

    def theirs(self, entry):
        sets = inputs(entry)
        visible = None
        if entry["kind"] == "dense":
            calls = sdpa_calls(entry, sets)
        else:
            mask, visible = self.flex.prepare(entry)
            calls = self.flex.calls(entry, sets, mask)
        error = worst_error(entry, sets[0], calls[0](), visible)
        if error > 1e-2:
            raise RuntimeError(f"their output is wrong: {error:.3g}")
        return peer_timing.Workload(calls)

    def check(self, entry):
        tiles = entry["q_len"] // 128
        reply = self.runner.ask(
            our_shape(entry, "burst", self.kernel), q_tiles=sorted({0, tiles // 3, tiles - 1}), check={"rows_per_tile": 2}
        )
        if reply["status"] != "ok":
            raise RuntimeError(f"our output: {reply}")

    def ours(self, entry, regime, samples=SAMPLES, seconds=0.3):
        reply = self.runner.ask(our_shape(entry, regime, self.kernel), time={"min_samples": samples, "max_s": seconds})
        if reply["status"] != "ok":
            raise RuntimeError(f"our run: {reply}")
        return reply

    def write(self, entry, regime, samples, kernel, clock="", watts=""):
        samples = sorted(samples)
        at = lambda share: samples[min(len(samples) - 1, round(share * (len(samples) - 1)))]  # noqa: E731
        shape = our_shape(entry, regime, kernel)
        tiles = {} if kernel != self.kernel else {"q_tile": "", "kv_tile": ""}
        pattern = {"pattern": json.dumps(shape["pattern"]) if "pattern" in shape else ""}
        if pattern["pattern"]:
            pattern["causal"] = ""
        row = entry | pattern | tiles | {"kernel": kernel, "regime": regime, "samples": len(samples)}
        row |= {"measured_ms": f"{statistics.median(samples):.6g}", "p05_ms": f"{at(0.05):.6g}"}
        row |= {"p95_ms": f"{at(0.95):.6g}", "sm_clock_mhz": clock, "power_w": watts, "cache": ""}
        self.table.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
        self.file.flush()

    def compare(self, entry, regime, rounds):
        self.check(entry)
        load = self.theirs(entry)
        if regime == "burst" and load.replay_ms > peer_timing.BURST_MS:
            return self.compare(entry, "sustained", 2)
        measure = peer_timing.burst if regime == "burst" else peer_timing.sustained
        ours, theirs, clocks, watts = [], [], [], []

        def run_ours():
            ours.append(self.ours(entry, regime)["ms"]["median"])

        def run_theirs():
            result = measure(load, self.power, wanted=SAMPLES)
            theirs.append(result["measured_ms"])
            clocks.append(result["sm_clock_mhz"])
            watts.append(result["power_w"])

        for _ in range(max(1, (rounds + 1) // 2)):
            for step in (run_ours, run_theirs, run_theirs, run_ours):
                step()
        self.write(entry, regime, ours, self.kernel)
        clock, power = f"{statistics.median(clocks):.0f}", f"{statistics.median(watts):.0f}"
        self.write(entry, regime, theirs, entry["kernel"], clock, power)
        a, b = statistics.median(ours), statistics.median(theirs)
        pairs = sorted(t / o for o, t in zip(ours, theirs))
        shape = f"{entry['q_heads']}/{entry['kv_heads']} d{entry['head_dim']} {entry['q_len']}"
        if entry["kind"] == "dense":
            what = "causal" if entry["causal"] else "full"
        elif entry["kind"] == "random":
            what = f"density {entry['density']}"
        else:
            what = f"window {entry['window']}"
        flop = 4.0 * entry["q_heads"] * entry["q_len"] * entry["kv_len"] * entry["head_dim"]
        kept = 0.5 if entry["causal"] and entry["kind"] == "dense" else entry.get("density", 1.0)
        if "window" in entry:
            kept = entry["window"] / entry["kv_len"]
        rate = f"{flop * kept / a * 1e-9:4.0f} and {flop * kept / b * 1e-9:4.0f} TFLOP/s"
        spread = f"{pairs[len(pairs) // 10]:.3f}..{pairs[-1 - len(pairs) // 10]:.3f}"
        print(f"{shape:18} {what:14} {regime:9} ours {a:8.4f} ms, {entry['kernel'][:14]:14} {b:8.4f} ms, "
              f"{rate}: {b / a:.3f}x ({spread}), their clock {clock} MHz {power} W", flush=True)  # fmt: skip

    def row(self, entry):
        self.check(entry)
        reply = self.ours(entry, "burst", samples=9, seconds=0.6)
        self.write(entry, "burst", [reply["ms"][k] for k in ("p05", "median", "p95")], self.kernel)

    def check_all(self):
        bad = 0
        shapes = list(checked_shapes(self.kernel))
        for shape in shapes:
            reply = self.runner.ask(shape, check={"rows_per_tile": 4})
            if reply["status"] != "ok":
                bad += 1
                print(f"  {reply['status']}: {json.dumps(shape)}: {reply.get('message')} {reply.get('check')}")
        print(f"{self.kernel}: {len(shapes)} shapes against float64, {bad} bad", flush=True)

    def alone(self):
        """Kept pairs a second at 65,536 tokens, sustained; after density 1 as shares of it."""
        dense = 0
        for entry in [dense_long()] + list(long_cases()):
            milliseconds = statistics.median(self.ours(entry, "sustained")["ms"]["median"] for _ in range(3))
            density = entry.get("density", 1.0)
            rate = 4e-9 * entry["q_heads"] * entry["q_len"] ** 2 * entry["head_dim"] * density / milliseconds
            dense = dense or rate
            print(f"{self.kernel} 65536 density {density}: {rate:.0f} TFLOP/s, {rate / dense:.3f} of dense", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sections", default="check,ratios,sustained,rows,alone")
    parser.add_argument("--kernel", default="spanwise-hopper", help="ours: spanwise-hopper or spanwise-mma")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tune", action="store_true", help="FlexAttention with mode='max-autotune-no-cudagraphs'")
    options = parser.parse_args()
    session = Session(options.runner, options.out, options.kernel, options.tune)
    sections = options.sections.split(",")
    if "check" in sections:
        session.check_all()
    if "alone" in sections:
        session.alone()
    both = lambda: ratio_cases(("cudnn-attention", "pytorch-flash-attention-2"))  # noqa: E731
    plans = [("ratios", both, lambda e: session.compare(e, "burst", options.rounds))]
    plans += [("sustained", ratio_cases, lambda e: session.compare(e, "sustained", 2))]
    plans += [("rows", row_cases, session.row)]
    plans += [("long", long_cases, lambda e: session.compare(e, "burst", options.rounds))]
    for name, cases, act in plans:
        for entry in cases() if name in sections else ():
            try:
                act(entry)
            except Exception as error:  # one case that cannot run must not end the others
                print(f"  FAILED {name}: {str(error)[:200]}: {entry['kernel']} {entry['q_len']} {entry['pattern']}")
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
