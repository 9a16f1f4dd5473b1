#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the attention kernels that exist today, dense and sparse, on a CUDA device with PyTorch.

    python3 peers_h200.py --out DIR [--sections ceilings,prefill,flex,decode] [--budget SECONDS] [--smoke]

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

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

CASE = "op,kernel,phase,batch,q_len,kv_len,tokens,q_heads,kv_heads,head_dim,dtype,causal,pattern,q_tile,kv_tile,cache"
RESULT = "regime,measured_ms,p05_ms,p95_ms,samples,sm_clock_mhz,power_w"
ATTENTION_COLUMNS = f"{CASE},{RESULT}".split(",")
CEILING_COLUMNS = f"op,params,dtype,{RESULT},rate,unit".split(",")

# What `mode="max-autotune"` would try that has a chance on Hopper (block_m, block_n, stages, warps), fixed by hand so
# that every mask runs the same kernel; the first is what a plain torch.compile takes.
FLEX_CONFIGS = {
    128: [(128, 64, 3, 8, False), (128, 128, 2, 8, False), (128, 128, 2, 8, True)],
    64: [(128, 128, 3, 4, False), (128, 64, 3, 4, False), (128, 128, 2, 8, False)],
}
VIDEO = (30, 48, 80)  # HunyuanVideo at 720p
IMAGE = (1, 128, 128)
NEIGHBORHOODS = {  # grid, window, stride, heads
    "video": (VIDEO, (18, 24, 24), (1, 1, 1), 24),
    "video16": (VIDEO, (18, 24, 24), (16, 8, 8), 24),
    "image": (IMAGE, (1, 32, 32), (1, 1, 1), 16),
}


def case(**fields):
    base = {"op": "attention", "phase": "prefill", "batch": 1, "dtype": "bf16", "causal": False, "pattern": ""}
    return base | {"tokens": "", "q_tile": "", "kv_tile": "", "cache": "cold"} | fields


def cell(value):
    """CSV text: empty where nothing was read, true and false as a Case spells them."""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return str(value).lower() if isinstance(value, bool) else value


def heads(q_heads, kv_heads, head_dim):
    return {"q_heads": q_heads, "kv_heads": kv_heads, "head_dim": head_dim}


def prefill_cases(head_dim):
    shapes = []
    lengths = [1024 << i for i in range(7)]
    if head_dim == 128:
        shapes += [(1, 16, 16, n) for n in lengths] + [(1, 32, 8, n) for n in lengths]
        shapes += [(1, 64, 8, n) for n in lengths[:6]] + [(4, 32, 8, n) for n in lengths[:4]]
        shapes += [(8, 16, 16, n) for n in lengths[:3]] + [(1, 2, 2, n) for n in lengths[3:6]]
    else:
        shapes += [(1, 16, 16, n) for n in lengths] + [(4, 32, 8, n) for n in lengths[:4]]
        shapes += [(1, 64, 8, n) for n in lengths[1:6:2]]
    for batch, q_heads, kv_heads, n in shapes:
        for causal in (False, True):
            shape = {"batch": batch, "q_len": n, "kv_len": n, "causal": causal, "kernel": "cudnn-attention"}
            yield case(**shape, **heads(q_heads, kv_heads, head_dim))
    if head_dim == 128:
        n = math.prod(VIDEO) + 256
        yield case(kernel="cudnn-attention", q_len=n, kv_len=n, **heads(24, 24, 128))


def flex_case(kind, tokens, q_heads, kv_heads, head_dim, pattern, **extra):
    shape = {"kernel": "flex-attention", "q_len": tokens, "kv_len": tokens, "q_tile": "128", "kv_tile": "128"}
    return case(**shape, **heads(q_heads, kv_heads, head_dim), pattern=json.dumps(pattern), kind=kind, **extra)


def random_case(tokens, head_dim, density):
    pattern = {"block_mask": {"block": 128, "density": density, "seed": 1}}
    return flex_case("random", tokens, 16, 16, head_dim, pattern, density=density)


def window_case(tokens, q_heads, kv_heads, head_dim, window, sinks, kind="window"):
    pattern = {"sliding_window": {"window": window, "sinks": sinks}}
    return flex_case(kind, tokens, q_heads, kv_heads, head_dim, pattern, causal=True, window=window, sinks=sinks)


def neighborhood_case(name):
    grid, window, stride, count = NEIGHBORHOODS[name]
    skip = 1 if grid[0] == 1 else 0
    pattern = {"neighborhood": {"window": list(window[skip:]), "stride": list(stride[skip:])}}
    text = "x".join(str(n) for n in grid[skip:])
    return flex_case(name, math.prod(grid), count, count, 128, pattern) | {"tokens": text}


def flex_cases(head_dim):
    densities = (1.0, 0.5, 0.25, 0.1, 0.05, 0.02) if head_dim == 128 else (1.0, 0.25, 0.1, 0.02)
    for density in densities:
        yield random_case(16384, head_dim, density)
    if head_dim == 64:
        for window, sinks in ((512, 0), (1024, 64), (4096, 0), (8192, 64)):
            yield window_case(16384, 16, 16, 64, window, sinks)
        return
    yield from (random_case(65536, 128, density) for density in (0.1, 0.02))
    for name in NEIGHBORHOODS:
        yield neighborhood_case(name)
    for tokens in (16384, 32768):
        for q_heads, kv_heads in ((16, 16), (32, 8)):
            for window in (512, 1024, 2048, 4096, 8192):
                for sinks in (0, 64):
                    yield window_case(tokens, q_heads, kv_heads, 128, window, sinks)
    yield window_case(16384, 16, 16, 128, 1024, 64, kind="window-constant")


def decode_cases():
    lengths = [4160] + [4096 << i for i in range(6)]
    few = [4160, 4096, 32768, 131072]
    flex = [(1, 4160), (1, 32768), (1, 131072), (8, 4160), (8, 131072)]
    for batch in (1, 8, 32):
        for kernel in ("cudnn-attention", "pytorch-flash-attention-2"):
            for kv_heads_of, kv_lens in (((32, 8), lengths), ((64, 8), few)):
                for kv in kv_lens:
                    shape = {"phase": "decode", "batch": batch, "q_len": 1, "kv_len": kv, "kernel": kernel}
                    yield case(**shape, **heads(*kv_heads_of, 128))
        for kv in (kv for b, kv in flex if b == batch):
            shape = {"phase": "decode", "batch": batch, "q_len": 1, "kv_len": kv, "kernel": "flex-attention"}
            yield case(**shape, **heads(32, 8, 128), kind="decode")


class Flex:
    """FlexAttention compiled once for every shape and mask rule; windows share a kernel, their sizes are inputs."""

    def __init__(self):
        import torch
        from torch.nn.attention.flex_attention import flex_attention

        torch._dynamo.config.recompile_limit = 500
        torch._dynamo.config.accumulated_recompile_limit = 1000
        self.torch = torch
        self.compiled = torch.compile(flex_attention, dynamic=False, fullgraph=True)
        self.window, self.sinks = (torch.zeros((), dtype=torch.int32, device="cuda") for _ in range(2))
        self.mods = {}
        self.choice = {width: configs[0] for width, configs in FLEX_CONFIGS.items()}

    def mask_mod(self, entry):
        kind = entry["kind"]
        if kind == "window" and kind not in self.mods:
            window, sinks = self.window, self.sinks
            self.mods[kind] = lambda b, h, q, k: (k <= q) & ((k > q - window) | (k < sinks))
        elif kind == "window-constant" and kind not in self.mods:
            width, first = entry["window"], entry["sinks"]
            self.mods[kind] = lambda b, h, q, k: (k <= q) & ((k > q - width) | (k < first))
        elif kind in NEIGHBORHOODS and kind not in self.mods:
            from peer_masks import neighborhood_mod

            self.mods[kind] = neighborhood_mod(*NEIGHBORHOODS[kind][:3])
        return self.mods.get(kind)

    def prepare(self, entry):
        """The block mask of a case and the rule that its output is checked against."""
        import peer_masks as masks

        kind, tokens = entry["kind"], entry["kv_len"]
        if kind == "decode":
            return None, None
        if kind == "random":
            tables = masks.random_tables(tokens, entry["density"], entry["q_heads"], 1)
            visible = masks.random_visible(tables[0])
        elif kind.startswith("window"):
            self.window.fill_(entry["window"])
            self.sinks.fill_(entry["sinks"])
            tables = masks.window_tables(tokens, entry["window"], entry["sinks"])
            visible = masks.window_visible(tokens, entry["window"], entry["sinks"])
        else:
            grid, window, stride, _ = NEIGHBORHOODS[kind]
            tables = masks.neighborhood_tables(grid, window, stride)
            visible = masks.neighborhood_visible(grid, window, stride)
        return masks.block_mask(tables, self.mask_mod(entry), "cuda"), visible

    def calls(self, entry, sets, mask, config=None):
        gqa = entry["q_heads"] != entry["kv_heads"]
        if entry["kind"] == "decode":
            return [lambda s=s: self.compiled(*s, enable_gqa=gqa) for s in sets]
        m, n, stages, warps, tma = config or self.choice[entry["head_dim"]]
        options = {"BLOCK_M": m, "BLOCK_N": n, "num_stages": stages, "num_warps": warps}
        if tma:
            options["USE_TMA"] = True
        return [
            lambda s=s: self.compiled(*s, block_mask=mask, enable_gqa=gqa, kernel_options=options) for s in sets
        ]


def sdpa_calls(entry, sets):
    import torch.nn.functional as F
    from torch.nn.attention import SDPBackend, sdpa_kernel

    backend = {
        "cudnn-attention": SDPBackend.CUDNN_ATTENTION,
        "pytorch-flash-attention-2": SDPBackend.FLASH_ATTENTION,
    }[entry["kernel"]]
    options = {"is_causal": entry["causal"], "enable_gqa": entry["q_heads"] != entry["kv_heads"]}

    def call(q, k, v):
        with sdpa_kernel([backend]):
            return F.scaled_dot_product_attention(q, k, v, **options)

    return [lambda s=s: call(*s) for s in sets]


def inputs(entry, limit=24):
    """Rotated sets of Q, K, V that together are more than twice the last-level cache."""
    import torch

    d = entry["head_dim"]
    q = (entry["batch"], entry["q_heads"], entry["q_len"], d)
    kv = (entry["batch"], entry["kv_heads"], entry["kv_len"], d)
    size = 2 * (math.prod(q) + 2 * math.prod(kv))
    cache = torch.cuda.get_device_properties(0).L2_cache_size
    count = max(2, min(limit, math.ceil(2 * cache / size) + 1))
    options = {"device": "cuda", "dtype": torch.bfloat16}
    return [tuple(torch.randn(s, **options) for s in (q, kv, kv)) for _ in range(count)]


def worst_error(entry, tensors, out, visible, samples=6):
    """Largest relative error of sampled rows against softmax in float64."""
    import torch

    q, k, v = tensors
    group = entry["q_heads"] // entry["kv_heads"]
    offset = entry["kv_len"] - entry["q_len"]
    worst = 0.0
    for i in range(samples):
        b, h = i * 7 % entry["batch"], (i * 5 + 1) % entry["q_heads"]
        row = (entry["q_len"] - 1) * i // (samples - 1)
        keys, values = k[b, h // group].double(), v[b, h // group].double()
        scores = keys @ q[b, h, row].double() / math.sqrt(entry["head_dim"])
        if visible is not None:
            scores[~visible(h, row).to(scores.device)] = -math.inf
        elif entry["causal"]:
            scores[row + offset + 1 :] = -math.inf
        exact = torch.softmax(scores, 0) @ values
        error = (out[b, h, row].double() - exact).norm() / exact.norm()
        worst = max(worst, float(error) if torch.isfinite(error) else math.inf)
    return worst


class Session:
    def __init__(self, out, budget):
        import torch

        import peer_timing

        self.torch, self.timing, self.power = torch, peer_timing, peer_timing.Power()
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
        if entry["kernel"] == "flex-attention":
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
        load = self.timing.Workload(calls)
        for regime in regimes:
            result = getattr(self.timing, regime)(load, self.power)
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
        self.torch.cuda.empty_cache()
        print(f"-- {name}: {time.monotonic() - begin:.0f} s")

    def tune_flex(self, head_dim):
        """The fastest of FLEX_CONFIGS on a random mask and on a window, as max-autotune would choose."""
        best = None
        for config in FLEX_CONFIGS[head_dim]:
            try:
                times = []
                for entry in (random_case(16384, head_dim, 0.1), window_case(16384, 16, 16, head_dim, 1024, 64)):
                    calls, _ = self.calls(entry, inputs(entry), config)
                    times.append(self.timing.burst(self.timing.Workload(calls), self.power)["measured_ms"])
                print(f"flex d{head_dim} {config}: density 0.1 {times[0]:.4f} ms, window 1024 {times[1]:.4f} ms")
                if best is None or sum(times) < best:
                    best, self.flex.choice[head_dim] = sum(times), config
            except Exception as error:  # too much shared memory, for one
                print(f"flex d{head_dim} {config}: {str(error)[:200]!r}")
        print(f"flex d{head_dim}: taken {self.flex.choice[head_dim]}")


def compiled_kernels():
    """One (case, configuration) for every graph that will be compiled."""
    seen = {}
    for head_dim in (128, 64):
        for entry in flex_cases(head_dim):
            for config in FLEX_CONFIGS[head_dim]:
                key = (entry["kind"], entry["kv_len"], entry["q_heads"], entry["kv_heads"], head_dim, config)
                seen.setdefault(key, (entry, config))
    for entry in decode_cases():
        if entry["kernel"] == "flex-attention":
            seen.setdefault(("decode", entry["batch"], entry["kv_len"]), (entry, None))
    return list(seen.values())


def compile_share(index, workers):
    """Fills the on-disk caches of the compiler with every `workers`-th kernel, so that one process need not wait."""
    import torch

    flex = Flex()
    for entry, config in compiled_kernels()[index::workers]:
        try:
            sets = inputs(entry, limit=2)[:1]
            mask, _ = flex.prepare(entry)
            begin = time.monotonic()
            with torch.no_grad():
                flex.calls(entry, sets, mask, config)[0]()
            print(f"compiled {entry['kind']} {entry['kv_len']} {config}: {time.monotonic() - begin:.1f} s", flush=True)
        except Exception as error:
            print(f"  NOT COMPILED: {str(error)[:200]!r}: {entry['kind']} {entry['kv_len']} {config}", flush=True)


def compile_all(workers, limit=150):
    begin = time.monotonic()
    environment = os.environ | {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
    command = [sys.executable, os.path.abspath(__file__), "--workers", str(workers)]
    shares = [subprocess.Popen([*command, "--compile-share", str(i)], env=environment) for i in range(workers)]
    for share in shares:
        try:
            share.wait(max(1.0, limit - (time.monotonic() - begin)))
        except subprocess.TimeoutExpired:
            share.kill()
            print("a compiling process ran out of time")
    print(f"-- compile: {time.monotonic() - begin:.0f} s")


def facts(session):
    import torch
    import triton

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
    import torch

    session = Session(arguments.out, arguments.budget)
    smoke = arguments.smoke
    with torch.no_grad():
        if "ceilings" in sections:
            import peer_ceilings

            session.guard = min(session.deadline, time.monotonic() + (8 if smoke else 60))
            peer_ceilings.run(
                session.timing,
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=".", help="folder for the tables")
    parser.add_argument("--sections", default="ceilings,prefill,flex,decode")
    parser.add_argument("--budget", type=float, default=600.0, help="seconds, compiling left out")
    parser.add_argument("--workers", type=int, default=min(12, os.cpu_count() or 1), help="compiling processes; 0: compile as needed")
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
