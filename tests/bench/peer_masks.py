# SPDX-License-Identifier: Apache-2.0
"""Block masks for FlexAttention, built from tile arithmetic, and the visibility rules they must agree with.

A mask is two boolean block tables [heads or 1, query blocks, KV blocks]: `any` (some pair of the tile is visible) and
`full` (every pair is). The `visible` functions state the patterns a second time, pair by pair; the correctness check
uses them alone, so that a mistake in the tables shows up as a wrong output.
"""

import math

import torch

BLOCK = 128


def all_tables(keys):
    """One query block that sees every key."""
    return torch.ones(1, 1, -(-keys // BLOCK), dtype=torch.bool)


def window_tables(tokens, window, sinks):
    """Causal window of `window` keys, the query included, and keys [0, sinks)."""
    blocks = torch.arange(tokens // BLOCK)
    q_min, q_max = (blocks * BLOCK)[:, None], (blocks * BLOCK + BLOCK - 1)[:, None]
    k_min, k_max = (blocks * BLOCK)[None, :], (blocks * BLOCK + BLOCK - 1)[None, :]
    causal = k_min <= q_max
    some = causal & ((k_max >= q_min - window + 1) | (k_min < sinks))
    # The keys that the last query of the tile cannot see form one interval: [sinks, q_max - window].
    hidden = torch.maximum(k_min, torch.tensor(sinks)) <= torch.minimum(k_max, q_max - window)
    full = (k_max <= q_min) & ~hidden
    return some[None], full[None]


def window_visible(tokens, window, sinks):
    keys = torch.arange(tokens)
    return lambda head, row: (keys <= row) & ((keys > row - window) | (keys < sinks))


def random_tables(tokens, density, heads, seed):
    """max(1, round(density * blocks)) full blocks in every row, drawn for each head and row."""
    blocks = tokens // BLOCK
    kept = max(1, round(density * blocks))
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(heads, blocks, blocks, generator=generator).argsort(-1)
    table = torch.zeros(heads, blocks, blocks, dtype=torch.bool).scatter_(-1, order[..., :kept], True)
    return table, table


def random_visible(table):
    return lambda head, row: table[head, row // BLOCK].repeat_interleave(BLOCK)


def _window_start(position, length, window, stride):
    """First key of a query on one axis (arXiv 2504.16922): the leader's window, shifted inwards at the borders."""
    leader = torch.minimum(position // stride * stride + stride // 2, torch.tensor(length - 1))
    return (leader - window // 2).clamp(0, length - window)


def _segments(grid):
    """Every flat tile cut into runs along the last axis: outer index, first and last position, tile."""
    tokens = torch.arange(grid[0] * grid[1] * grid[2])
    starts = tokens[(tokens % grid[2] == 0) | (tokens % BLOCK == 0)]
    ends = torch.cat([starts[1:], tokens.numel() * torch.ones(1, dtype=torch.long)]) - 1
    return starts // grid[2], starts % grid[2], ends % grid[2], starts // BLOCK


def neighborhood_tables(grid, window, stride):
    """Not causal, no dilation, on flat tiles over row-major tokens of a 3-D grid."""
    outer, first, last, tile = _segments(grid)
    tiles = int(tile[-1]) + 1
    some = torch.zeros(tiles, tiles, dtype=torch.bool)
    missing = torch.zeros(tiles, tiles, dtype=torch.bool)
    lo_first = _window_start(first, grid[2], window[2], stride[2])
    lo_last = _window_start(last, grid[2], window[2], stride[2])
    t_lo = _window_start(outer // grid[1], grid[0], window[0], stride[0])
    h_lo = _window_start(outer % grid[1], grid[1], window[1], stride[1])
    for i in range(outer.numel()):
        t, h = outer // grid[1], outer % grid[1]
        rows = (t >= t_lo[i]) & (t < t_lo[i] + window[0]) & (h >= h_lo[i]) & (h < h_lo[i] + window[1])
        touched = rows & (last >= lo_first[i]) & (first < lo_last[i] + window[2])
        covered = rows & (first >= lo_last[i]) & (last < lo_first[i] + window[2])
        some[tile[i], tile[touched]] = True
        missing[tile[i], tile[~covered]] = True
    return some[None], (some & ~missing)[None]


def neighborhood_visible(grid, window, stride):
    tokens = torch.arange(grid[0] * grid[1] * grid[2])

    def visible(head, row):
        inside = torch.ones(tokens.numel(), dtype=torch.bool)
        key, query = tokens, row
        for axis in (2, 1, 0):
            length = grid[axis]
            position = query % length
            leader = min(position // stride[axis] * stride[axis] + stride[axis] // 2, length - 1)
            start = min(max(leader - window[axis] // 2, 0), length - window[axis])
            inside &= (key % length >= start) & (key % length < start + window[axis])
            key, query = key // length, query // length
        return inside

    return visible


def neighborhood_mod(grid, window, stride):
    """mask_mod for partial blocks. The sizes are constants of the compiled kernel, as users write them."""

    def start(position, axis):
        length = grid[axis]
        leader = position // stride[axis] * stride[axis] + stride[axis] // 2
        leader = torch.where(leader > length - 1, length - 1, leader)
        lo = leader - window[axis] // 2
        lo = torch.where(lo < 0, 0, lo)
        return torch.where(lo > length - window[axis], length - window[axis], lo)

    def mod(b, h, q, k):
        plane = grid[1] * grid[2]
        t, y, x = start(q // plane, 0), start(q // grid[2] % grid[1], 1), start(q % grid[2], 2)
        kt, ky, kx = k // plane, k // grid[2] % grid[1], k % grid[2]
        return (
            (kt >= t)
            & (kt < t + window[0])
            & (ky >= y)
            & (ky < y + window[1])
            & (kx >= x)
            & (kx < x + window[2])
        )

    return mod


def box_order(grid, box):
    """Row-major token at every position once tokens are stored box by box."""
    split = [n for length, side in zip(grid, box) for n in (length // side, side)]
    return torch.arange(math.prod(grid)).view(split).permute(0, 2, 4, 1, 3, 5).reshape(-1)


def box_tables(grid, window, stride, box):
    """Not causal, on boxes of 128 tokens that divide the grid: a tile's tables are products over the axes."""
    some = full = None
    for length, size, step, side in zip(grid, window, stride, box):
        start = _window_start(torch.arange(length), length, size, step).view(-1, side)
        low, high = start.amin(1)[:, None], start.amax(1)[:, None]
        first = (torch.arange(length // side) * side)[None, :]
        touched = (first < high + size) & (first + side > low)
        covered = (first >= high) & (first + side <= low + size)
        some = touched if some is None else _outer(some, touched)
        full = covered if full is None else _outer(full, covered)
    return some[None], full[None]


def _outer(a, b):
    both = a[:, None, :, None] & b[None, :, None, :]
    return both.reshape(a.shape[0] * b.shape[0], -1)


def box_visible(grid, window, stride, box):
    order, flat = box_order(grid, box), neighborhood_visible(grid, window, stride)
    return lambda head, row: flat(head, int(order[row]))[order]


def box_mod(grid, window, stride, box):
    flat = neighborhood_mod(grid, window, stride)
    counts = [length // side for length, side in zip(grid, box)]

    def token(i):
        tile, inside = i // BLOCK, i % BLOCK
        t = tile // (counts[1] * counts[2]) * box[0] + inside // (box[1] * box[2])
        y = tile // counts[2] % counts[1] * box[1] + inside // box[2] % box[1]
        x = tile % counts[2] * box[2] + inside % box[2]
        return (t * grid[1] + y) * grid[2] + x

    return lambda b, h, q, k: flat(b, h, token(q), token(k))


def _rows(table):
    """Counts and indices of a block table, the kept indices first and ascending."""
    count = table.sum(-1, dtype=torch.int32)
    order = torch.argsort(table.to(torch.int8), dim=-1, descending=True, stable=True).to(torch.int32)
    return count[None].contiguous(), order[None].contiguous()


def block_mask(tables, mask_mod, device, lengths=None):
    from torch.nn.attention.flex_attention import BlockMask

    some, full = (table.to(device) for table in tables)
    partial = some & ~full
    lengths = {"seq_lengths": lengths} if lengths else {}
    return BlockMask.from_kv_blocks(
        *_rows(partial), *_rows(full), BLOCK_SIZE=BLOCK, mask_mod=mask_mod, **lengths
    )
