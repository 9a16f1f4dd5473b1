# SPDX-License-Identifier: Apache-2.0
"""Which shapes are timed: Cases as dictionaries, with `kind` naming the rule that a FlexAttention mask follows."""

import json
import math

# What `mode="max-autotune"` would try that has a chance on Hopper (block_m, block_n, stages, warps), fixed by hand so
# that every mask runs the same kernel; the first is what a plain torch.compile takes.
FLEX_CONFIGS = {
    128: [(128, 64, 3, 8, False), (128, 128, 2, 8, False), (128, 128, 2, 8, True)],
    64: [(128, 128, 3, 4, False), (128, 64, 3, 4, False), (128, 128, 2, 8, False)],
}
VIDEO = (30, 48, 80)  # HunyuanVideo at 720p
IMAGE, LARGE_IMAGE = (1, 128, 128), (1, 256, 256)
NEIGHBORHOODS = {  # grid, window, stride, heads, box (none: flat tiles over row-major tokens)
    "video": (VIDEO, (18, 24, 24), (1, 1, 1), 24, None),
    "video16": (VIDEO, (18, 24, 24), (16, 8, 8), 24, None),
    "image": (IMAGE, (1, 32, 32), (1, 1, 1), 16, None),
    "video-boxes": (VIDEO, (18, 24, 24), (1, 1, 1), 24, (2, 8, 8)),
    "video2-boxes": (VIDEO, (18, 24, 24), (2, 8, 8), 24, (2, 8, 8)),
    "video16-boxes": (VIDEO, (18, 24, 24), (16, 8, 8), 24, (2, 8, 8)),
    "video-wide-boxes": (VIDEO, (30, 40, 40), (1, 8, 8), 24, (2, 8, 8)),
    "image-boxes": (IMAGE, (1, 32, 32), (1, 1, 1), 16, (1, 16, 8)),
    "image16-boxes": (IMAGE, (1, 32, 32), (1, 16, 16), 16, (1, 16, 8)),
    "large-boxes": (LARGE_IMAGE, (1, 80, 80), (1, 1, 1), 24, (1, 16, 8)),
    "large16-boxes": (LARGE_IMAGE, (1, 80, 80), (1, 16, 16), 24, (1, 16, 8)),
    "small-boxes": (IMAGE, (1, 16, 24), (1, 1, 1), 16, (1, 16, 8)),
    "small-video-boxes": ((16, 32, 32), (8, 8, 16), (1, 1, 1), 16, (2, 8, 8)),
}


def case(**fields):
    base = {
        "op": "attention",
        "phase": "prefill",
        "batch": 1,
        "dtype": "bf16",
        "causal": False,
        "pattern": "",
    }
    return base | {"tokens": "", "q_tile": "", "kv_tile": "", "tiling": "flat", "cache": "cold"} | fields


def heads(q_heads, kv_heads, head_dim):
    return {"q_heads": q_heads, "kv_heads": kv_heads, "head_dim": head_dim}


def prefill_cases(head_dim):
    shapes = []
    lengths = [1024 << i for i in range(7)]
    if head_dim == 128:
        shapes += [(1, 16, 16, n) for n in lengths] + [(1, 32, 8, n) for n in lengths]
        shapes += [(1, 64, 8, n) for n in lengths[:6]] + [(4, 32, 8, n) for n in lengths[:4]]
        shapes += [(8, 16, 16, n) for n in lengths[:3]] + [(1, 2, 2, n) for n in lengths[3:6]]
        shapes += [(1, 24, 24, n) for n in (4608, 16384, 32768)] + [(1, 40, 40, n) for n in lengths[1:6:2]]
        shapes += [(1, 12, 4, n) for n in (1536, 6144, 24576)] + [(32, 32, 8, 512), (128, 16, 16, 256)]
    else:
        shapes += [(1, 16, 16, n) for n in lengths] + [(4, 32, 8, n) for n in lengths[:4]]
        shapes += [(1, 64, 8, n) for n in lengths[1:6:2]] + [(1, 24, 24, n) for n in (4608, 16384, 32768)]
        shapes += [(1, 12, 4, n) for n in (1536, 6144, 24576)] + [(32, 32, 8, 512), (128, 16, 16, 256)]
    for batch, q_heads, kv_heads, n in shapes:
        for causal in (False, True):
            shape = {"batch": batch, "q_len": n, "kv_len": n, "causal": causal, "kernel": "cudnn-attention"}
            yield case(**shape, **heads(q_heads, kv_heads, head_dim))
    if head_dim == 128:
        n = math.prod(VIDEO) + 256
        yield case(kernel="cudnn-attention", q_len=n, kv_len=n, **heads(24, 24, 128))


def flex_case(kind, tokens, q_heads, kv_heads, head_dim, pattern, **extra):
    shape = {"kernel": "flex-attention", "q_len": tokens, "kv_len": tokens, "q_tile": "128", "kv_tile": "128"}
    return case(
        **shape, **heads(q_heads, kv_heads, head_dim), pattern=json.dumps(pattern), kind=kind, **extra
    )


def random_case(tokens, head_dim, density):
    pattern = {"block_mask": {"block": 128, "density": density, "seed": 1}}
    return flex_case("random", tokens, 16, 16, head_dim, pattern, density=density)


def window_case(tokens, q_heads, kv_heads, head_dim, window, sinks, kind="window"):
    pattern = {"sliding_window": {"window": window, "sinks": sinks}}
    return flex_case(
        kind, tokens, q_heads, kv_heads, head_dim, pattern, causal=True, window=window, sinks=sinks
    )


def neighborhood_case(name):
    grid, window, stride, count, box = NEIGHBORHOODS[name]
    skip = 1 if grid[0] == 1 else 0
    pattern = {"neighborhood": {"window": list(window[skip:]), "stride": list(stride[skip:])}}
    entry = flex_case(name, math.prod(grid), count, count, 128, pattern) | {"tokens": by_axis(grid[skip:])}
    if box:
        tile = by_axis(box[skip:])
        entry |= {"kernel": "flex-attention-boxes", "q_tile": tile, "kv_tile": tile, "tiling": "static"}
    return entry


def by_axis(lengths):
    return "x".join(str(n) for n in lengths)


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
    for tokens, q_heads, window in (
        (4096, 16, 512),
        (4096, 16, 1024),
        (4096, 16, 4096),
        (8192, 32, 1024),
        (8192, 32, 8192),
    ):
        yield window_case(tokens, q_heads, q_heads // 4, 128, window, 0)
    for window, sinks in ((1024, 64), (4096, 64), (16384, 0), (65536, 0)):
        yield window_case(65536, 32, 8, 128, window, sinks)
    yield window_case(16384, 16, 16, 128, 16384, 0)


def decode_cases():
    lengths = [4160] + [4096 << i for i in range(6)]
    few = [4160, 4096, 32768, 131072]
    flex = [(1, 4096), (1, 32768), (1, 131072), (8, 4096), (8, 131072)]
    for batch in (1, 8, 32):
        for kernel in ("cudnn-attention", "pytorch-flash-attention-2"):
            for kv_heads_of, kv_lens in (((32, 8), lengths), ((64, 8), few)):
                for kv in kv_lens:
                    shape = {"phase": "decode", "batch": batch, "q_len": 1, "kv_len": kv, "kernel": kernel}
                    yield case(**shape, **heads(*kv_heads_of, 128))
        for kv in few:
            shape = {"phase": "decode", "batch": batch, "q_len": 1, "kv_len": kv, "kernel": "cudnn-attention"}
            yield case(**shape, **heads(32, 8, 64))
        for kv in (kv for b, kv in flex if b == batch):
            shape = {"phase": "decode", "batch": batch, "q_len": 1, "kv_len": kv, "kernel": "flex-attention"}
            yield case(**shape, **heads(32, 8, 128), kind="decode")


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
