#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runner spanwise-cpu beside what a user would take instead on a processor: PyTorch's SDPA and ONNX Runtime (ORT: its own
operator MultiHeadAttention; ONNX: the standard's Attention of opset 23).

    python3 peers_cpu.py --runner ./spanwise-cpu [--out FILE.csv] [--dtypes fp32,bf16] [--threads 1,all] [--isa NAME]
        [--lengths 1024,4096,8192] [--seconds 0.1] [--venv DIR]

Dense and causal self attention without grouped heads: one head a thread, head dims 64 and 128. Every case is timed in turns (ours,
theirs, theirs, ours), each turn at least --seconds and three runs after a warm-up; the figures are medians over both turns. The table
gives GFLOP/s of visible pairs and our rate over the fastest rival's. Ours is checked by the runner, the others on sampled rows, both
against float64.

Without PyTorch, a virtual environment is made in DIR (default: a temporary folder, removed at the end) with PyTorch and ONNX Runtime
from PyPI. Where only ONNX Runtime is missing it is left out. It has no bf16 attention on processors.
"""

import argparse
import csv
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = ["numpy", "torch", "onnx", "onnxruntime"]
COLUMNS = (
    "op,kernel,phase,batch,q_len,kv_len,q_heads,kv_heads,head_dim,dtype,causal,cache,regime,measured_ms,p05_ms,p95_ms,samples,"
    "gflops,threads,isa,version,machine,date"
).split(",")
REST_S = 0.03  # between turns, until the threads of the last one sleep


def in_environment(folder):
    """Runs this program again in a virtual environment that has the rivals."""
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *PACKAGES], check=True)
    return subprocess.run([python, os.path.abspath(__file__), *sys.argv[1:]], env=os.environ | {"PEERS_CPU_INSIDE": "1"}, check=False).returncode


class Runner:
    """Ours: a case a line over the runner protocol."""

    def __init__(self, command, threads, isa):
        call = [command, "--threads", str(threads)] + (["--isa", isa] if isa else [])
        self.process = subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.hello = json.loads(self.process.stdout.readline())
        self.version = self.hello["version"]
        self.isa = self.hello["device"]["isa"]
        self.name, self.checked = "spanwise-cpu", set()

    def prepare(self, case):
        shape = {key: case[key] for key in ("q_len", "kv_len", "q_heads", "kv_heads", "head_dim", "dtype", "causal")}

        def turn(seconds):
            # The rule of the runner: more samples while a quarter of max_s lasts.
            request = {"type": "case", "id": 1, "case": shape, "time": {"min_samples": 3, "max_s": 4 * seconds}}
            if str(shape) not in self.checked:
                request["check"] = {"rows_per_tile": 1}
                self.checked.add(str(shape))
            self.process.stdin.write(json.dumps(request) + "\n")
            while True:
                reply = json.loads(self.process.stdout.readline())
                if reply["type"] == "measurement":
                    break
            if reply["status"] != "ok":
                raise RuntimeError(f"{shape}: {reply}")
            return reply["samples_ms"]

        return turn

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(call):
    """A turn that times call(), which returns nothing of interest."""

    def turn(seconds):
        call()
        samples, begin = [], time.perf_counter()
        while len(samples) < 3 or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            call()
            samples.append((time.perf_counter() - start) * 1e3)
        return samples

    return turn


def check(case, q, k, v, output):
    """Arrays [heads, tokens, head_dim] in float64; the relative error of sampled rows of head 0."""
    import numpy as np

    n = case["q_len"]
    for row in (0, n // 3, n - 1):
        seen = row + 1 if case["causal"] else n
        score = k[0, :seen] @ q[0, row] / math.sqrt(case["head_dim"])
        weight = np.exp(score - score.max())
        wanted = weight @ v[0, :seen] / weight.sum()
        error = np.linalg.norm(output[0, row] - wanted) / np.linalg.norm(wanted)
        if not error <= (2e-2 if case["dtype"] == "bf16" else 1e-5):
            raise RuntimeError(f"row {row} of {case} is wrong by {error:.2g}")


class PyTorch:
    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.name, self.version = torch, "pytorch-sdpa", torch.__version__
        self.isa = torch.backends.cpu.get_cpu_capability().lower()

    def prepare(self, case):
        torch = self.torch
        torch.manual_seed(0)
        dtype = torch.bfloat16 if case["dtype"] == "bf16" else torch.float32
        q, k, v = (torch.randn(1, case["q_heads"], case["q_len"], case["head_dim"]).to(dtype) for _ in range(3))

        def call():
            with torch.no_grad():
                return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=case["causal"])

        check(case, *(t[0].double().numpy() for t in (q, k, v, call())))
        return timed(call)

    def close(self):
        pass


class OnnxRuntime:
    """The MultiHeadAttention operator of com.microsoft, whose flash path is the fast one on processors."""

    NAME = "onnxruntime-attention"

    def __init__(self, threads):
        import onnxruntime

        self.runtime, self.threads = onnxruntime, threads
        self.name, self.version, self.isa = self.NAME, onnxruntime.__version__, ""

    def node(self, case):
        """The operator, its version of the standard and that of the file format."""
        from onnx import helper

        options = {"num_heads": case["q_heads"], "unidirectional": int(case["causal"])}
        return helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["o"], domain="com.microsoft", **options), 17, 9

    def session(self, case):
        from onnx import TensorProto, helper

        shape = [1, case["q_len"], case["q_heads"] * case["head_dim"]]
        node, opset, ir_version = self.node(case)
        tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "qkvo"]
        graph = helper.make_graph([node], "attention", tensors[:3], tensors[3:])
        domains = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=domains, ir_version=ir_version)
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = self.threads
        return self.runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def prepare(self, case):
        import numpy as np

        if case["dtype"] != "fp32":
            return None
        session, random = self.session(case), np.random.default_rng(0)
        heads, n, d = case["q_heads"], case["q_len"], case["head_dim"]
        feeds = {name: random.standard_normal((1, n, heads * d), dtype=np.float32) for name in "qkv"}

        def call():
            return session.run(None, feeds)[0]

        by_head = [x.astype(np.float64).reshape(n, heads, d).swapaxes(0, 1) for x in (*feeds.values(), call())]
        check(case, *by_head)
        return timed(call)

    def close(self):
        pass


class OnnxStandard(OnnxRuntime):
    """The Attention operator of ONNX itself, opset 23."""

    NAME = "onnx-attention"

    def node(self, case):
        from onnx import helper

        options = {"q_num_heads": case["q_heads"], "kv_num_heads": case["kv_heads"], "is_causal": int(case["causal"])}
        return helper.make_node("Attention", ["q", "k", "v"], ["o"], **options), 23, 11


def machine():
    try:
        with open("/proc/cpuinfo", encoding="ascii") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def flops(case):
    n = case["q_len"]
    pairs = n * (n + 1) / 2 if case["causal"] else n * n
    return 4 * pairs * case["q_heads"] * case["head_dim"]


def quantile(samples, share):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(case, rivals, seconds):
    """{name: (rival, samples)} of those that run the case, in turns: forth and back."""
    turns = [(rival, rival.prepare(case)) for rival in rivals]
    turns = [(rival, turn) for rival, turn in turns if turn]
    samples = {rival.name: (rival, []) for rival, _ in turns}
    for rival, turn in turns + turns[::-1]:
        time.sleep(REST_S)
        samples[rival.name][1].extend(turn(seconds))
    return samples


def run(options, threads, writer):
    rivals = [Runner(options.runner, threads, options.isa), PyTorch(threads)]
    try:
        rivals += [OnnxRuntime(threads), OnnxStandard(threads)]
    except ImportError:
        print("  onnxruntime is not installed: left out")
    rivals_text = ", ".join(f"{r.name} {r.version}{' ' + r.isa if r.isa else ''}" for r in rivals)
    print(f"{threads} thread{'s' if threads > 1 else ''}: {rivals_text}\n{'case':<24}{'ours':>9}{'PyTorch':>9}{'ORT':>9}{'ONNX':>9}  GFLOP/s, over the fastest")
    for dtype in options.dtypes.split(","):
        for dim in (64, 128):
            for n in (int(text) for text in options.lengths.split(",")):
                for causal in (False, True):
                    case = {"q_len": n, "kv_len": n, "q_heads": threads, "kv_heads": threads, "head_dim": dim, "dtype": dtype, "causal": causal}
                    report(case, measure(case, rivals, options.seconds), threads, writer)
    for rival in rivals:
        rival.close()


def report(case, samples, threads, writer):
    rates = {}
    for name, (rival, times) in samples.items():
        median = statistics.median(times)
        rates[name] = flops(case) / median * 1e-6
        row = case | {
            "op": "attention", "kernel": f"{name}-{case['dtype']}" if name == "spanwise-cpu" else name, "phase": "prefill", "batch": 1,
            "causal": str(case["causal"]).lower(), "cache": "warm", "regime": "burst", "measured_ms": f"{median:.5g}",
            "p05_ms": f"{quantile(times, 0.05):.5g}", "p95_ms": f"{quantile(times, 0.95):.5g}", "samples": len(times),
            "gflops": f"{rates[name]:.4g}", "threads": threads, "isa": rival.isa, "version": rival.version, "machine": machine(),
            "date": datetime.date.today().isoformat(),
        }  # fmt: skip
        writer.writerow([row[column] for column in COLUMNS])
    ours = rates.pop("spanwise-cpu")
    cells = "".join(f"{rates[name]:>9.1f}" if name in rates else f"{'-':>9}" for name in ("pytorch-sdpa", OnnxRuntime.NAME, OnnxStandard.NAME))
    label = f"{case['dtype']} d{case['head_dim']} {case['q_len']}{' causal' if case['causal'] else ''}"
    print(f"{label:<24}{ours:>9.1f}{cells}  {ours / max(rates.values()):.2f}x", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--out", default=os.devnull)
    parser.add_argument("--dtypes", default="fp32")
    parser.add_argument("--threads", default="1,all")
    parser.add_argument("--isa", default="")
    parser.add_argument("--lengths", default="1024,4096,8192")
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--venv", default="")
    options = parser.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        if os.environ.get("PEERS_CPU_INSIDE"):
            raise
        if options.venv:
            return in_environment(options.venv)
        with tempfile.TemporaryDirectory() as folder:
            return in_environment(folder)
    with open(options.out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for text in options.threads.split(","):
            run(options, len(os.sched_getaffinity(0)) if text == "all" else int(text), writer)
            file.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
