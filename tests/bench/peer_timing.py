# SPDX-License-Identifier: Apache-2.0
"""Timing on a CUDA device in two regimes: burst (an idle card, at most 20 ms of work at a time) and sustained (after
half a second of the same load). Calls are captured in graphs, so that the host's launch cost stays out of the figures;
the mean SM clock of every timed stretch comes from cycle and time counters read on the device before and after it.
"""

import math
import statistics
import time

import torch
import triton
import triton.language as tl

BURST_MS = 20.0
IDLE_S = 0.06


@triton.jit
def _stamp_kernel(out):
    sm = tl.inline_asm_elementwise("mov.u32 $0, %smid;", "=r", [], dtype=tl.int32, is_pure=False, pack=1)
    cycles = tl.inline_asm_elementwise(
        "mov.u64 $0, %clock64;", "=l", [], dtype=tl.int64, is_pure=False, pack=1
    )
    nanos = tl.inline_asm_elementwise(
        "mov.u64 $0, %globaltimer;", "=l", [], dtype=tl.int64, is_pure=False, pack=1
    )
    row = out + tl.program_id(0) * 3
    tl.store(row, sm.to(tl.int64))
    tl.store(row + 1, cycles)
    tl.store(row + 2, nanos)


def stamp():
    programs = 2 * torch.cuda.get_device_properties(0).multi_processor_count
    out = torch.zeros(programs, 3, dtype=torch.int64, device="cuda")
    _stamp_kernel[(programs,)](out, num_warps=1)
    return out


def clock_mhz(before, after):
    """Median over the processors of cycles over time between two stamps."""
    first = {sm: (cycles, nanos) for sm, cycles, nanos in before.tolist()}
    rates = []
    for sm, cycles, nanos in after.tolist():
        if sm in first and nanos > first[sm][1]:
            rates.append(1000.0 * (cycles - first[sm][0]) / (nanos - first[sm][1]))
    return statistics.median(rates) if rates else float("nan")


class Power:
    """Watts by NVML; not a number where the library is missing."""

    def __init__(self):
        try:
            import pynvml

            pynvml.nvmlInit()
            self.nvml, self.handle = pynvml, pynvml.nvmlDeviceGetHandleByIndex(0)
        except Exception as error:  # optional: the times do not depend on it
            print(f"no NVML ({error}): power is left out")
            self.nvml = None

    def watts(self):
        if self.nvml is None:
            return float("nan")
        try:
            value = self.nvml.nvmlDeviceGetFieldValues(self.handle, [self.nvml.NVML_FI_DEV_POWER_INSTANT])[0]
            if value.nvmlReturn == 0:
                return value.value.uiVal / 1000.0
        except Exception:  # older drivers: the averaged reading
            pass
        return self.nvml.nvmlDeviceGetPowerUsage(self.handle) / 1000.0

    def facts(self):
        if self.nvml is None:
            return {}
        version = self.nvml.nvmlSystemGetDriverVersion()
        limit = self.nvml.nvmlDeviceGetPowerManagementLimit(self.handle) / 1000.0
        return {"driver": version.decode() if isinstance(version, bytes) else version, "power_limit_w": limit}


def _capture(calls, count):
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for i in range(count):
            calls[i % len(calls)]()
    return graph


def _time_once(graph):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    graph.replay()
    end.record()
    end.synchronize()
    return start.elapsed_time(end)


class Workload:
    """Graphs over the rotated input sets. Short calls share a graph of about half a millisecond."""

    def __init__(self, calls):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                calls[0]()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        trial = _capture(calls, len(calls))
        for _ in range(2):
            whole = _time_once(trial)
        self.call_ms = whole / len(calls)
        if self.call_ms >= 0.5:
            self.per_replay = 1
            del trial
            self.graphs = [_capture(calls[i : i + 1], 1) for i in range(len(calls))]
        else:
            rounds = math.ceil(0.5 / whole)
            self.per_replay = rounds * len(calls)
            self.graphs = [trial] if rounds == 1 else [_capture(calls, self.per_replay)]
        self.replay_ms = self.call_ms * self.per_replay
        self.turn = 0
        self.calls = calls  # graphs hold addresses: inputs and masks must live as long

    def replay(self):
        self.graphs[self.turn % len(self.graphs)].replay()
        self.turn += 1


def _timed(load, count):
    """`count` replays between two stamps: events and the stamps."""
    before = stamp()
    events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
    events[0].record()
    for event in events[1:]:
        load.replay()
        event.record()
    return before, events, stamp()


def _samples(load, events):
    return [a.elapsed_time(b) / load.per_replay for a, b in zip(events, events[1:])]


def _result(samples, clocks, watts):
    samples = sorted(samples)

    def at(share):
        return samples[min(len(samples) - 1, round(share * (len(samples) - 1)))]

    return {
        "measured_ms": statistics.median(samples),
        "p05_ms": at(0.05),
        "p95_ms": at(0.95),
        "samples": len(samples),
        "sm_clock_mhz": statistics.median(clocks),
        "power_w": watts,
    }


def burst(load, power, wanted=15):
    """None when one replay alone is longer than a burst may be."""
    fit = int(BURST_MS / load.replay_ms)
    if fit < 1:
        return None
    warm = 1 if fit >= 4 else 0
    each = min(fit - warm, wanted)
    samples, clocks, watts = [], [], []
    while len(samples) < wanted:
        torch.cuda.synchronize()
        time.sleep(IDLE_S)
        torch.cuda._sleep(300_000)  # keeps the device behind the host, so that no launch is waited for
        for _ in range(warm):
            load.replay()
        before, events, after = _timed(load, each)
        watts.append(power.watts())
        torch.cuda.synchronize()
        samples += _samples(load, events)
        clocks.append(clock_mhz(before, after))
    return _result(samples, clocks, statistics.median(watts))


def sustained(load, power, wanted=15):
    if load.replay_ms > 200:
        wanted = 5
    elif load.replay_ms > 60:
        wanted = 9
    begin = time.monotonic()
    for _ in range(math.ceil(500.0 / load.replay_ms)):
        load.replay()
    before, events, after = _timed(load, max(wanted, min(60, int(150.0 / load.replay_ms))))
    time.sleep(max(0.0, 0.45 - (time.monotonic() - begin)))
    watts = power.watts()
    torch.cuda.synchronize()
    return _result(_samples(load, events), [clock_mhz(before, after)], watts)
