// SPDX-License-Identifier: Apache-2.0
#include "core/interrupt.h"

#include <atomic>

namespace spanwise::core {
namespace {
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
}  // namespace

void request_interrupt() { requested = true; }

bool interrupted() { return requested; }

}  // namespace spanwise::core
