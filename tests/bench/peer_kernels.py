# SPDX-License-Identifier: Apache-2.0
"""The kernels behind a Case: FlexAttention and PyTorch's SDPA backends, their inputs, and the check of their outputs."""

import math

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import flex_attention

import peer_masks as masks
from peer_cases import FLEX_CONFIGS, NEIGHBORHOODS


class Flex:
    """FlexAttention compiled once for every shape and mask rule; windows share a kernel, their sizes are inputs. `tuned`:
    PyTorch searches the tiles itself (max-autotune), for the first case of every shape and rule."""

    def __init__(self, tuned=False):
        self.tuned = tuned
        torch._dynamo.config.recompile_limit = 500
        torch._dynamo.config.accumulated_recompile_limit = 1000
        mode = "max-autotune-no-cudagraphs" if tuned else None
        self.compiled = torch.compile(flex_attention, dynamic=False, fullgraph=True, mode=mode)
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
            *rule, _, box = NEIGHBORHOODS[kind]
            self.mods[kind] = masks.box_mod(*rule, box) if box else masks.neighborhood_mod(*rule)
        return self.mods.get(kind)

    def prepare(self, entry):
        """The block mask of a case and the rule that its output is checked against."""
        kind, tokens = entry["kind"], entry["kv_len"]
        if kind == "decode":
            tables = (masks.all_tables(tokens),) * 2
            visible = None
        elif kind == "random":
            tables = masks.random_tables(tokens, entry["density"], entry["q_heads"], 1)
            visible = masks.random_visible(tables[0])
        elif kind.startswith("window"):
            self.window.fill_(entry["window"])
            self.sinks.fill_(entry["sinks"])
            tables = masks.window_tables(tokens, entry["window"], entry["sinks"])
            visible = masks.window_visible(tokens, entry["window"], entry["sinks"])
        else:
            *rule, _, box = NEIGHBORHOODS[kind]
            tables = masks.box_tables(*rule, box) if box else masks.neighborhood_tables(*rule)
            visible = masks.box_visible(*rule, box) if box else masks.neighborhood_visible(*rule)
        lengths = (entry["q_len"], entry["kv_len"])
        return masks.block_mask(tables, self.mask_mod(entry), "cuda", lengths), visible

    def calls(self, entry, sets, mask, config=None):
        gqa = entry["q_heads"] != entry["kv_heads"]
        if entry["kind"] == "decode" or self.tuned:
            return [lambda s=s: self.compiled(*s, block_mask=mask, enable_gqa=gqa) for s in sets]
        m, n, stages, warps, tma = config or self.choice[entry["head_dim"]]
        options = {"BLOCK_M": m, "BLOCK_N": n, "num_stages": stages, "num_warps": warps}
        if tma:
            options["USE_TMA"] = True
        return [
            lambda s=s: self.compiled(*s, block_mask=mask, enable_gqa=gqa, kernel_options=options)
            for s in sets
        ]


def sdpa_calls(entry, sets):
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
