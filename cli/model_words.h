// SPDX-License-Identifier: Apache-2.0
// A model, its layers and workloads in the few words of a table cell.
#pragma once

#include <cstdint>
#include <string>

#include "reports/table.h"
#include "sim/model.h"

namespace spanwise::cli {

std::string attention_words(const sim::AttentionSpec& attention);  // "32 (8 KV) x 128"
std::string ffn_words(const sim::FeedForward& ffn);                // "gated 14336"

// Runs of equal layers, in order: layers, attention, FFN.
reports::Table layer_table(const sim::Model& model);
reports::Table workload_table(const sim::Model& model);

reports::Cell count_cell(std::int64_t count);

}  // namespace spanwise::cli
