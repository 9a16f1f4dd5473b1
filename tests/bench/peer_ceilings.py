# SPDX-License-Identifier: Apache-2.0
"""What the device reaches without attention: matrix products, streaming, and the gap between dependent kernels."""

import json

import torch

import peer_timing

GIB = 1 << 30


def _matmul(size, dtype, sets=2):
    m, n, k = size
    pairs = [
        (torch.randn(m, k, device="cuda").to(dtype), torch.randn(n, k, device="cuda").to(dtype).t())
        for _ in range(sets)
    ]
    if dtype == torch.float8_e4m3fn:
        one = torch.ones((), device="cuda")
        return [lambda a=a, b=b: torch._scaled_mm(a, b, one, one, out_dtype=torch.bfloat16) for a, b in pairs]
    return [lambda a=a, b=b: a @ b for a, b in pairs]


def matmul_cases():
    for dtype, name, size in (
        (torch.bfloat16, "bf16", (8192, 8192, 8192)),
        (torch.bfloat16, "bf16", (32768, 4096, 4096)),
        (torch.bfloat16, "bf16", (32768, 14336, 4096)),
        (torch.bfloat16, "bf16", (2048, 4096, 4096)),
        (torch.float16, "fp16", (8192, 8192, 8192)),
        (torch.float8_e4m3fn, "fp8", (8192, 8192, 8192)),
        (torch.float32, "fp32", (4096, 4096, 4096)),
    ):
        m, n, k = size
        params = {"m": m, "n": n, "k": k}
        yield "gemm", params, name, lambda d=dtype, s=size: _matmul(s, d), 2.0 * m * n * k, "TFLOP/s", 1e-9


def _vectors(count, bytes_each, dtype):
    return [torch.randn(bytes_each // dtype.itemsize, device="cuda", dtype=dtype) for _ in range(count)]


def _copy():
    a, b = _vectors(2, 2 * GIB, torch.bfloat16)
    return [lambda: torch.neg(a, out=b), lambda: torch.neg(b, out=a)]


def _memcpy():
    a, b = _vectors(2, 2 * GIB, torch.bfloat16)
    return [lambda: b.copy_(a), lambda: a.copy_(b)]


def _read():
    sets = _vectors(2, 2 * GIB, torch.float32)
    return [lambda a=a: a.sum() for a in sets]


def _add():
    a, b, c = _vectors(3, GIB, torch.bfloat16)
    return [lambda: torch.add(a, b, out=c), lambda: torch.add(c, a, out=b)]


def _add_of(size, count):
    sets = [_vectors(3, size, torch.bfloat16) for _ in range(count)]
    return [lambda s=s: torch.add(s[0], s[1], out=s[2]) for s in sets]


def _rms_norm():
    """Hidden states of 32,768 tokens of width 4,096, read and written once at the least."""
    sets = [torch.randn(32768, 4096, device="cuda", dtype=torch.bfloat16) for _ in range(2)]
    weight = torch.ones(4096, device="cuda", dtype=torch.bfloat16)
    return [lambda x=x: torch.nn.functional.rms_norm(x, (4096,), weight) for x in sets]


def _permute():
    """Tokens of a 28x48x80 grid into boxes of 4x4x8: what a statically tiled kernel asks of Q, K, V and O."""
    sets = [torch.randn(28, 48, 80, 24 * 128, device="cuda", dtype=torch.bfloat16) for _ in range(2)]

    def call(x):
        return x.view(7, 4, 12, 4, 10, 8, -1).permute(0, 2, 4, 1, 3, 5, 6).contiguous()

    return [lambda x=x: call(x) for x in sets]


def stream_cases():
    yield "copy", {"bytes": 4 * GIB, "how": "kernel"}, "bf16", _copy, 4.0 * GIB, "TB/s", 1e-9
    yield "copy", {
        "bytes": 4 * GIB,
        "how": "memory copy node of a graph",
    }, "bf16", _memcpy, 4.0 * GIB, "TB/s", 1e-9
    yield "read", {"bytes": 2 * GIB}, "fp32", _read, 2.0 * GIB, "TB/s", 1e-9
    yield "add", {"bytes": 3 * GIB}, "bf16", _add, 3.0 * GIB, "TB/s", 1e-9
    for size, count in ((32, 4), (256, 2)):
        moved = 3.0 * size * (1 << 20)
        build = lambda s=size, c=count: _add_of(s << 20, c)  # noqa: E731
        yield "add", {"bytes": int(moved)}, "bf16", build, moved, "TB/s", 1e-9
    yield "rms_norm", {
        "tokens": 32768,
        "width": 4096,
    }, "bf16", _rms_norm, 2.0 * 32768 * 4096 * 2, "TB/s", 1e-9
    tokens = 28 * 48 * 80
    moved = 2.0 * tokens * 24 * 128 * 2
    yield "permute", {"tokens": "28x48x80", "bytes": int(moved)}, "bf16", _permute, moved, "TB/s", 1e-9


def launch_gap_us(count=400):
    """Microseconds a dependent one-element kernel takes: enqueued on a stream ahead of the device, and in a graph."""
    x = torch.zeros(1, device="cuda")
    for _ in range(20):
        x.add_(1)
    torch.cuda.synchronize()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def timed(body):
        torch.cuda._sleep(
            30_000_000
        )  # about 15 ms: the host is done enqueuing before the first kernel starts
        start.record()
        body()
        end.record()
        end.synchronize()
        return 1000.0 * start.elapsed_time(end) / count

    def one_by_one():
        for _ in range(count):
            x.add_(1)

    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        one_by_one()
    graph.replay()
    return (
        sorted(timed(one_by_one) for _ in range(9))[4],
        sorted(timed(graph.replay) for _ in range(9))[4],
    )


def run(power, write, over):
    """`write(row)` for every ceiling in both regimes; stops when over() says so."""
    for op, params, dtype, build, amount, unit, scale in (*matmul_cases(), *stream_cases()):
        if over():
            return
        try:
            load = peer_timing.Workload(build())
            for regime, measure in (("burst", peer_timing.burst), ("sustained", peer_timing.sustained)):
                result = measure(load, power)
                if result is not None:
                    rate = amount / result["measured_ms"] * scale
                    write(
                        {"op": op, "params": json.dumps(params), "dtype": dtype, "regime": regime, **result}
                        | {"rate": f"{rate:.5g}", "unit": unit}
                    )
            del load
            torch.cuda.empty_cache()
        except Exception as error:  # a missing operator must not end the run
            print(f"ceiling {op} {params} {dtype}: {error!r}")
    stream, graph = launch_gap_us()
    for kind, gap in (("stream", stream), ("graph", graph)):
        params = json.dumps({"between": kind, "kernels": 400})
        row = {
            "op": "launch",
            "params": params,
            "dtype": "fp32",
            "regime": "burst",
            "measured_ms": gap / 1000,
        }
        write(row | {"samples": 9, "rate": f"{gap:.4g}", "unit": "us"})
