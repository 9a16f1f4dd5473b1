# SPDX-License-Identifier: Apache-2.0
"""Tile counts and schedules of attention kernels in numpy, for fitting: the time model of docs/time_model.md, written a
second time so that a fit does not lean on the program it feeds.

A kernel call is a list of work items (query tiles); rows are (items of one head, full tiles, partial tiles).
"""

import heapq
import json

import numpy as np


def grouped(full, partial):
    pairs, counts = np.unique(np.stack([full, partial], 1), axis=0, return_counts=True)
    return [(int(c), int(f), int(p)) for (f, p), c in zip(pairs, counts)]


def in_query_order(full, partial):
    return [(1, int(f), int(p)) for f, p in zip(full, partial)]


def sequence_rows(q_len, kv_len, causal, window, sinks, q_tile, kv_tile, group):
    """Plain sequences, the mask aligned bottom-right. `group` heads of a KV group share a tile's rows when above 1."""
    tiles = -(-q_len * group // q_tile)
    first_row = np.arange(tiles) * q_tile
    last_row = np.minimum(first_row + q_tile, q_len * group) - 1
    low = first_row // group + kv_len - q_len
    high = last_row // group + kv_len - q_len
    if not causal:
        n = -(-kv_len // kv_tile)
        return np.full(tiles, n), np.zeros(tiles, int)
    keys = np.arange(-(-kv_len // kv_tile)) * kv_tile
    ends = np.minimum(keys + kv_tile, kv_len) - 1
    full, partial = np.zeros(tiles, int), np.zeros(tiles, int)
    step = max(1, 4_000_000 // len(keys))  # bounds the size of the tile tables
    for i in range(0, tiles, step):
        lo, hi = low[i : i + step, None], high[i : i + step, None]
        some = (keys <= hi) & ((ends >= lo - window + 1) | (keys < sinks))
        hidden = np.maximum(keys, sinks) <= np.minimum(ends, hi - window)
        whole = (ends <= lo) & ~hidden
        full[i : i + step] = (some & whole).sum(1)
        partial[i : i + step] = (some & ~whole).sum(1)
    return full, partial


def _starts(length, window, stride):
    position = np.arange(length)
    leader = np.minimum(position // stride * stride + stride // 2, length - 1)
    return np.clip(leader - window // 2, 0, length - window)


def box_rows(grid, window, stride, q_tile, kv_tile):
    """Neighborhoods over boxes anchored at 0 (tokens permuted): counts are products over the axes."""
    any_, whole = np.ones(1, int), np.ones(1, int)
    for n, w, s, tq, tk in zip(grid, window, stride, q_tile, kv_tile):
        start = _starts(n, w, s)
        tiles = -(-n // tq)
        lo = np.array([start[j * tq : (j + 1) * tq].min() for j in range(tiles)])
        hi = np.array([start[j * tq : (j + 1) * tq].max() for j in range(tiles)])
        count = -(-(hi + w) // tk) - lo // tk
        inner_end = np.where(
            lo + w == n, -(-n // tk), (lo + w) // tk
        )  # a padded last box holds no hidden key
        inside = np.maximum(0, inner_end - -(-hi // tk))
        any_ = np.multiply.outer(any_, count).ravel()
        whole = np.multiply.outer(whole, inside).ravel()
    return whole, any_ - whole


def flat_neighborhood_rows(grid, window, stride, q_tile, kv_tile):
    """Neighborhoods over flat tiles of row-major tokens, by the union over the runs that a tile cuts the rows into."""
    grid, window, stride = ([1] * (3 - len(v)) + list(v) for v in (grid, window, stride))
    total = int(np.prod(grid))
    starts = np.array([t for t in range(total) if t % grid[2] == 0 or t % q_tile == 0])
    ends = np.append(starts[1:], total) - 1
    if q_tile != kv_tile:
        raise ValueError("flat neighborhoods are counted for equal tiles only")
    outer, first, last, tile = starts // grid[2], starts % grid[2], ends % grid[2], starts // q_tile
    t_lo = _starts(grid[0], window[0], stride[0])[outer // grid[1]]
    h_lo = _starts(grid[1], window[1], stride[1])[outer % grid[1]]
    x = _starts(grid[2], window[2], stride[2])
    t, h = outer // grid[1], outer % grid[1]
    size = int(tile[-1]) + 1
    some, missing = np.zeros((size, size), bool), np.zeros((size, size), bool)
    for i in range(len(outer)):
        rows = (t >= t_lo[i]) & (t < t_lo[i] + window[0]) & (h >= h_lo[i]) & (h < h_lo[i] + window[1])
        some[tile[i], tile[rows & (last >= x[first[i]]) & (first < x[last[i]] + window[2])]] = True
        missing[tile[i], tile[~(rows & (first >= x[last[i]]) & (last < x[first[i]] + window[2]))]] = True
    full = (some & ~missing).sum(1)
    return full, some.sum(1) - full


def case_rows(row, q_tile, kv_tile, group):
    """Rows of a Case (a dictionary of CSV cells) in query order. Tiles are lists for boxes, numbers for flat tiles."""
    pattern = json.loads(row["pattern"]) if row.get("pattern") else {}
    q_len, kv_len = int(row["q_len"]), int(row["kv_len"])
    causal = str(row.get("causal", "")).lower() == "true"
    if "neighborhood" in pattern:
        p = pattern["neighborhood"]
        grid = [int(n) for n in row["tokens"].split("x")]
        stride = p.get("stride", [1] * len(grid))
        if isinstance(q_tile, list) or len(grid) == 1:
            return box_rows(grid, p["window"], stride, np.atleast_1d(q_tile), np.atleast_1d(kv_tile))
        return flat_neighborhood_rows(grid, p["window"], stride, q_tile, kv_tile)
    if "block_mask" in pattern:
        p = pattern["block_mask"]
        blocks = kv_len // p["block"]
        kept = max(1, round(p["density"] * blocks))
        return np.full(q_len // q_tile, kept), np.zeros(q_len // q_tile, int)
    window, sinks = kv_len, 0
    if "sliding_window" in pattern:
        window, sinks = pattern["sliding_window"]["window"], pattern["sliding_window"].get("sinks", 0)
        causal = True
    if q_len == 1:
        causal = window < kv_len
    return sequence_rows(q_len, kv_len, causal, window, sinks, q_tile, kv_tile, group)


def _simulate(groups, costs, slots):
    """List scheduling: the parts (items, tiles, partial tiles) of the slot that ends last."""
    free = [(0.0, s) for s in range(slots)]
    parts = np.zeros((slots, 3))
    latest = (0.0, 0)
    for (items, full, partial), cost in zip(groups, costs):
        for _ in range(int(items)):
            time, slot = heapq.heappop(free)
            parts[slot] += (1, full + partial, partial)
            heapq.heappush(free, (time + cost, slot))
            latest = max(latest, (time + cost, slot))
    return parts[latest[1]]


def busiest(groups, costs, slots, schedule):
    """Parts of the busiest processor. `costs` are in cycles: (item, full tile, partial tile). Schedules: `longest_first`,
    `waves` (lightest first), `launch_order` (as given). Above eight items a slot: total / slots and half an item.
    """

    def price(parts):
        return parts[0] * costs[0] + parts[1] * costs[1] + parts[2] * (costs[2] - costs[1])

    table = np.array([(1, f + p, p) for _, f, p in groups], float)
    items = np.array([g[0] for g in groups], float)
    each = np.array([price(parts) for parts in table])
    if len(groups) == 1:
        return np.ceil(items[0] / slots) * table[0]
    order = np.arange(len(groups)) if schedule == "launch_order" else np.argsort(each, kind="stable")
    if schedule == "longest_first":
        order = order[::-1]
    if items.sum() <= 8 * slots:
        return _simulate([groups[i] for i in order], each[order], slots)
    tail = table[np.argmin(each) if schedule == "longest_first" else np.argmax(each)]
    whole = (items[:, None] * table).sum(0) / slots + 0.5 * tail
    return max(whole, table[np.argmax(each)], key=price)
