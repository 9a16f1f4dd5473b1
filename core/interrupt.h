// SPDX-License-Identifier: Apache-2.0
// Ctrl-C as a question that long work asks: finish what is under way, keep it, and stop.
#pragma once

namespace spanwise::core {

// Safe in a signal handler. Nothing takes it back.
void request_interrupt();

bool interrupted();

}  // namespace spanwise::core
