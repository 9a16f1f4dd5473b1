// SPDX-License-Identifier: Apache-2.0
// Vision transformers: ViT (arXiv 2010.11929) and Swin (arXiv 2103.14030).
#include <fmt/format.h>

#include "sim/hf_fields.h"
#include "sim/layer_reader.h"

namespace spanwise::sim {
namespace {

constexpr std::int64_t kMaxImage = 1 << 16;

// One image as a grid of patches, in batches of 32.
void add_images(HfFields& fields, std::int64_t extra_tokens) {
  const auto image = fields.first_integer("image_size", kMaxImage);
  const auto patch = fields.first_integer("patch_size", kMaxImage);
  if (!fields.context().ok()) return;
  if (patch > image) {
    return fields.error(fields.find({"patch_size"}), fmt::format("patch_size ({}) is larger than image_size ({})", patch, image), "",
                        fields.find({"image_size"}), "image_size is given here");
  }
  Workload workload;
  workload.name = "images";
  workload.batch = 32;
  workload.tokens = {image / patch, image / patch};
  workload.kv_len = workload.q_len = patterns::volume(workload.tokens) + extra_tokens;
  fields.model().workloads = {workload};
}

FeedForward plain(std::int64_t inner) {
  FeedForward ffn;
  ffn.intermediate_size = inner;
  return ffn;
}

std::vector<std::int64_t> integers(HfFields& fields, const char* name) {
  std::vector<std::int64_t> values;
  const auto* node = fields.find({name});
  if (node == nullptr || node->kind != documents::Kind::kList || node->items.empty() || node->items.size() > 16) {
    fields.error(node, fmt::format("'config.{}' must be a list of one number a stage", name));
    return values;
  }
  for (const auto& item : node->items) {
    values.push_back(documents::read_integer(item, fields.context(), fmt::format("config.{}", name), {1, kMaxLayers}).value_or(1));
  }
  return values;
}

}  // namespace

void read_hf_vit(HfFields& fields) {
  auto& model = fields.model();
  Layer layer;
  model.hidden_size = layer.hidden_size = fields.need({"hidden_size"}, kMaxWidth);
  const auto layers = fields.need({"num_hidden_layers"}, kMaxLayers);
  const auto heads = fields.need({"num_attention_heads"}, kMaxHeads);
  layer.ffn = plain(fields.need({"intermediate_size"}, kMaxWidth));
  if (fields.context().ok() && layer.hidden_size % heads != 0) {
    return fields.error(fields.find({"num_attention_heads"}), fmt::format("num_attention_heads ({}) must divide hidden_size ({})", heads, layer.hidden_size), "",
                        fields.find({"hidden_size"}), "hidden_size is given here");
  }
  layer.attention = {heads, heads, layer.hidden_size / heads, layer.hidden_size / heads, false, {}};
  model.layers.assign(static_cast<std::size_t>(layers), layer);
  add_images(fields, 1);  // the class token
}

void read_hf_swin(HfFields& fields) {
  auto& model = fields.model();
  model.hidden_size = fields.need({"embed_dim"}, kMaxWidth);
  const auto window = fields.first_integer("window_size", kMaxImage);
  const auto depths = integers(fields, "depths");
  const auto heads = integers(fields, "num_heads");
  const auto ratio = fields.find({"mlp_ratio"}) == nullptr
                         ? 4.0
                         : documents::read_number(*fields.find({"mlp_ratio"}), fields.context(), "config.mlp_ratio", {0.1, 64}).value_or(4);
  if (fields.context().ok() && depths.size() != heads.size()) {
    fields.error(fields.find({"num_heads"}), fmt::format("num_heads has {} stages, but depths has {}", heads.size(), depths.size()), "",
                 fields.find({"depths"}), "depths is given here");
  }
  add_images(fields, 0);
  for (std::size_t stage = 0; fields.context().ok() && stage < depths.size(); ++stage) {
    Layer layer;
    layer.downsample = std::int64_t{1} << stage;
    layer.hidden_size = model.hidden_size << stage;
    if (layer.hidden_size % heads[stage] != 0) {
      return fields.error(fields.find({"num_heads"}), fmt::format("num_heads ({}) must divide the width of its stage ({})", heads[stage], layer.hidden_size), "",
                          fields.find({"embed_dim"}), "the width of the first stage is given here");
    }
    const auto dim = layer.hidden_size / heads[stage];
    layer.attention = {heads[stage], heads[stage], dim, dim, false, {}};
    layer.ffn = plain(static_cast<std::int64_t>(ratio * static_cast<double>(layer.hidden_size)));
    const auto rows = model.workloads.front().downsampled(layer.downsample).tokens.front();
    layer.mixing = window >= rows ? Mixing::kFull : Mixing::kBlocks;  // a window that holds the whole grid
    if (layer.mixing == Mixing::kBlocks) layer.block = {window, window};
    model.layers.insert(model.layers.end(), static_cast<std::size_t>(depths[stage]), layer);
  }
}

}  // namespace spanwise::sim
