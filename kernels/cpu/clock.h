// SPDX-License-Identifier: Apache-2.0
// The processor's speed beside a timing, without counters that virtual machines hide; and work added on purpose.
#pragma once

#include <functional>

namespace spanwise::kernels {

// The clock in Hz that this thread runs at now: the best of short stretches of dependent multiply-adds, 4 cycles each on
// every x86-64 processor of the last decade. Takes about 0.2 ms; a stretch is shorter than what a busy machine interrupts.
double clock_hz();

// Seconds that the calling thread has had a processor: time during which others had it does not count. (What the other
// hyperthread of a core or a full memory bus costs does.)
double thread_seconds();

// Runs work(), then computes for `share` of the processor time that the calling thread took for it.
void run_slowed(const std::function<void()>& work, double share);

}  // namespace spanwise::kernels
