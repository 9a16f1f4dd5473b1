// SPDX-License-Identifier: Apache-2.0
// Language models and text encoders, by the field names of transformers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/suggest.h"
#include "sim/hf_fields.h"
#include "sim/layer_reader.h"

namespace spanwise::sim {
namespace {

using documents::Kind;

// Model types whose feed-forward block has two matrices; all others are taken as gated.
const std::set<std::string> kPlainTypes = {"bert",   "roberta",   "xlm-roberta", "distilbert", "electra", "mpnet",   "gpt2",     "gpt_neox",
                                           "gptj",   "gpt_bigcode", "opt",       "bloom",      "falcon",  "phi",     "starcoder2", "nemotron",
                                           "nemotron_h", "mpt"};
const std::set<std::string> kEncoderTypes = {"bert", "roberta", "xlm-roberta", "distilbert", "electra", "mpnet", "modernbert"};
// Types that share input and output embeddings unless the config says otherwise.
const std::set<std::string> kTiedTypes = {"gemma", "gemma2", "gemma3", "gemma3_text", "gpt2", "bert", "roberta", "distilbert", "modernbert"};

// Defaults of transformers' configuration classes, for types whose published configs lean on them.
struct TypeDefault {
  const char *type, *key;
  std::int64_t value;
};
const std::array<TypeDefault, 16> kDefaults = {{{"gemma3_text", "head_dim", 256},
                                                {"gemma3_text", "max_position_embeddings", 131072},
                                                {"gemma3_text", "vocab_size", 262208},
                                                {"gemma3_text", "sliding_window_pattern", 6},
                                                {"gemma3_text", "sliding_window", 4096},
                                                {"gemma2", "head_dim", 256},
                                                {"gemma2", "sliding_window", 4096},
                                                {"gemma2", "sliding_window_pattern", 2},
                                                {"gemma", "head_dim", 256},
                                                {"cohere2", "sliding_window", 4096},
                                                {"cohere2", "sliding_window_pattern", 4},
                                                {"modernbert", "global_attn_every_n_layers", 3},
                                                {"modernbert", "local_attention", 128},
                                                {"modernbert", "max_position_embeddings", 8192},
                                                {"qwen3", "head_dim", 128},
                                                {"mistral", "max_position_embeddings", 131072}}};

const std::array<std::string, 7> kLayerTypes = {"full_attention", "sliding_attention", "chunked_attention", "linear_attention",
                                                "attention",      "mamba",             "mamba2"};

AttentionSpec read_attention(HfFields& fields, std::int64_t hidden, bool causal) {
  AttentionSpec a;
  a.causal = causal;
  a.q_heads = fields.need({"num_attention_heads", "n_head", "n_heads"}, kMaxHeads);
  if (const auto width = fields.integer({"kv_lora_rank"}, 1 << 14)) {
    a.latent.width = std::max<std::int64_t>(*width, 1);
    a.latent.rope = fields.need({"qk_rope_head_dim"}, 1024);
    a.latent.q_width = fields.integer({"q_lora_rank"}, kMaxWidth).value_or(0);
    a.head_dim = a.latent.rope + fields.need({"qk_nope_head_dim"}, 1024);
    a.head_dim_v = fields.need({"v_head_dim"}, 1024);
    return a;
  }
  const auto kv_heads = fields.integer({"num_key_value_heads", "num_kv_heads", "n_head_kv"}, kMaxHeads);
  a.kv_heads = kv_heads && *kv_heads > 0 ? *kv_heads : fields.flag("multi_query", false) ? 1 : a.q_heads;
  if (!kv_heads && causal) fields.note(fmt::format("no num_key_value_heads in the config: {} KV heads taken", a.kv_heads));
  if (fields.context().ok() && a.q_heads % a.kv_heads != 0) {
    fields.error(fields.find({"num_key_value_heads", "num_kv_heads", "n_head_kv"}),
                 fmt::format("num_key_value_heads ({}) must divide num_attention_heads ({})", a.kv_heads, a.q_heads), "",
                 fields.find({"num_attention_heads", "n_head", "n_heads"}), "the query heads are given here");
  }
  if (const auto dim = fields.integer({"head_dim", "attention_head_dim"}, 1024)) {
    a.head_dim = std::max<std::int64_t>(*dim, 1);
  } else if (fields.context().ok() && hidden % a.q_heads != 0) {
    fields.error(fields.find({"num_attention_heads", "n_head", "n_heads"}),
                 fmt::format("num_attention_heads ({}) must divide hidden_size ({}), as there is no head_dim", a.q_heads, hidden), "",
                 fields.find({"hidden_size", "n_embd", "d_model"}), "the hidden size is given here");
  } else {
    a.head_dim = hidden / a.q_heads;
  }
  a.head_dim_v = a.head_dim;
  return a;
}

FeedForward dense_ffn(HfFields& fields, const std::string& type, std::int64_t hidden) {
  FeedForward ffn;
  ffn.gated = !kPlainTypes.contains(type);
  const auto inner = fields.integer({"intermediate_size", "n_inner", "ffn_dim"}, kMaxWidth);
  if (inner && *inner > 0) {
    ffn.intermediate_size = *inner;
  } else if (type == "gpt2" || type == "falcon" || type == "bloom") {
    ffn.intermediate_size = 4 * hidden;
    fields.note(fmt::format("no intermediate_size in the config: four times the width, {}, taken", ffn.intermediate_size));
  } else {
    ffn.intermediate_size = fields.need({"intermediate_size"}, kMaxWidth);
  }
  return ffn;
}

// The mixture of experts, or nothing.
std::optional<FeedForward> expert_ffn(HfFields& fields, const std::string& type) {
  const auto experts = fields.integer({"num_experts", "num_local_experts", "n_routed_experts", "moe_num_primary_experts"}, 1 << 16);
  if (!experts || *experts < 2) return std::nullopt;
  FeedForward ffn;
  ffn.gated = !kPlainTypes.contains(type);
  ffn.experts = *experts;
  ffn.active_experts = fields.need({"num_experts_per_tok", "experts_per_token", "moe_num_active_primary_experts"}, ffn.experts);
  ffn.intermediate_size = fields.need({"moe_intermediate_size", "moe_ffn_hidden_size", "intermediate_size"}, kMaxWidth);
  ffn.shared_size = fields.integer({"n_shared_experts"}, 64).value_or(0) * ffn.intermediate_size;
  if (const auto shared = fields.integer({"shared_expert_intermediate_size"}, kMaxWidth)) ffn.shared_size = *shared;
  return ffn;
}

bool has_experts(HfFields& fields, std::int64_t layer) {
  if (layer < fields.integer({"first_k_dense_replace"}, kMaxLayers).value_or(0)) return false;
  if (const auto* dense = fields.find({"mlp_only_layers"}); dense != nullptr) {
    for (const auto& item : dense->items) {
      if (item.text == fmt::format("{}", layer)) return false;
    }
  }
  const auto step = std::max<std::int64_t>(1, fields.integer({"decoder_sparse_step", "moe_layer_freq"}, kMaxLayers).value_or(1));
  return (layer + 1) % step == 0;
}

// Windows: 0 where the layer sees everything.
class Windows {
 public:
  Windows(HfFields& fields, std::int64_t max_tokens) {
    size_ = fields.integer({"sliding_window", "sliding_window_size", "local_attention"}, 1 << 30).value_or(0);
    on_ = size_ > 0 && fields.flag("use_sliding_window", true);
    if (on_ && max_tokens > 0 && size_ >= max_tokens) {
      fields.note(fmt::format("sliding_window of {} holds the whole context of {}: full attention", size_, max_tokens));
      on_ = false;
    }
    every_ = fields.integer({"sliding_window_pattern", "_sliding_window_pattern"}, kMaxLayers).value_or(0);
    if (every_ == 0) {
      every_ = fields.integer({"global_attn_every_n_layers"}, kMaxLayers).value_or(0);
      from_first_ = every_ > 0;
    }
    from_ = fields.integer({"max_window_layers"}, kMaxLayers).value_or(0);
    layout_ = fields.find({"sliding_window_layout"});
  }

  std::int64_t size() const { return size_; }

  // Where the config has no layer_types.
  bool slides(std::int64_t layer) const {
    if (!on_) return false;
    if (layout_ != nullptr && layer < static_cast<std::int64_t>(layout_->items.size())) {
      return layout_->items[static_cast<std::size_t>(layer)].text == "1";
    }
    if (every_ > 0) return from_first_ ? layer % every_ != 0 : (layer + 1) % every_ != 0;
    return layer >= from_;
  }

 private:
  std::int64_t size_ = 0, every_ = 0, from_ = 0;
  bool on_ = false;
  bool from_first_ = false;  // ModernBERT: the first layer of a cycle sees everything, elsewhere the last
  const documents::Node* layout_ = nullptr;
};

StateMixer read_state(HfFields& fields) {
  StateMixer state;
  state.heads = fields.need({"mamba_num_heads", "mamba_n_heads", "linear_num_value_heads"}, kMaxHeads);
  state.head_dim = fields.need({"mamba_head_dim", "mamba_d_head", "linear_value_head_dim"}, 1024);
  state.state_size = fields.need({"ssm_state_size", "mamba_d_state", "linear_key_head_dim"}, 4096);
  state.groups = fields.integer({"n_groups", "mamba_n_groups", "linear_num_key_heads"}, kMaxHeads).value_or(1);
  state.conv_width = fields.integer({"conv_kernel", "mamba_d_conv", "linear_conv_kernel_dim"}, 64).value_or(4);
  state.chunk = fields.integer({"chunk_size", "mamba_chunk_size"}, 1 << 16).value_or(256);
  return state;
}

// Nemotron-H names its layers by letters: M state space, * attention, - feed-forward; one block each.
void read_letters(HfFields& fields, const documents::Node& pattern, const Layer& attention, const FeedForward& ffn) {
  auto& model = fields.model();
  for (std::size_t i = 0; i < pattern.text.size(); ++i) {
    Layer layer;
    layer.hidden_size = attention.hidden_size;
    layer.mixing = Mixing::kNone;
    if (pattern.text[i] == 'M') {
      layer.mixing = Mixing::kState;
      layer.state = read_state(fields);
    } else if (pattern.text[i] == '*') {
      layer = attention;
      layer.ffn = {};
    } else if (pattern.text[i] == '-') {
      layer.ffn = ffn;
    } else {
      const auto column = pattern.column + 1 + static_cast<std::uint32_t>(i);
      return fields.context().error(pattern.line, column, fmt::format("'config.hybrid_override_pattern' cannot hold '{}'", pattern.text[i]),
                                    "allowed: M (state space), * (attention), - (feed-forward)");
    }
    model.layers.push_back(layer);
  }
}

// What `layer_types` says of a layer.
void apply_type(HfFields& fields, const documents::Node& item, const Windows& windows, Layer& layer) {
  const auto type = documents::read_choice(item, fields.context(), "config.layer_types", kLayerTypes);
  if (!type) return;
  if (*type == 1) {
    layer.mixing = Mixing::kSliding;
    layer.window = windows.size();
    if (windows.size() == 0) fields.error(&item, "a sliding_attention layer needs 'sliding_window' in the config");
  } else if (*type == 2) {
    layer.mixing = Mixing::kBlocks;
    layer.block = {fields.need({"attention_chunk_size"}, 1 << 24)};
  } else if (*type == 3 || *type >= 5) {
    layer.mixing = Mixing::kState;
    layer.attention = {};
    layer.state = read_state(fields);
  }
}

void read_layers(HfFields& fields, const std::string& type, const Layer& first, std::int64_t count) {
  auto& model = fields.model();
  const auto experts = expert_ffn(fields, type);
  const Windows windows(fields, model.max_tokens);
  if (const auto* letters = fields.find({"hybrid_override_pattern"})) {
    read_letters(fields, *letters, first, first.ffn);
    if (fields.context().ok() && static_cast<std::int64_t>(model.layers.size()) != count) {
      fields.error(letters, fmt::format("'config.hybrid_override_pattern' has {} layers, but num_hidden_layers is {}", model.layers.size(), count), "",
                   fields.find({"num_hidden_layers"}), "num_hidden_layers is given here");
    }
    return;
  }
  const auto* types = fields.find({"layer_types", "layers_block_type"});
  if (types != nullptr && (types->kind != Kind::kList || static_cast<std::int64_t>(types->items.size()) != count)) {
    return fields.error(types, fmt::format("'config.layer_types' must be a list of {} names, one a layer", count), "",
                        fields.find({"num_hidden_layers"}), "the number of layers is given here");
  }
  for (std::int64_t i = 0; i < count && fields.context().ok(); ++i) {
    auto layer = first;
    if (types != nullptr) {
      apply_type(fields, types->items[static_cast<std::size_t>(i)], windows, layer);
    } else if (windows.slides(i)) {
      layer.mixing = Mixing::kSliding;
      layer.window = windows.size();
    }
    if (experts && has_experts(fields, i)) layer.ffn = *experts;
    if (layer.mixing == Mixing::kState) layer.sink_logits = false;
    model.layers.push_back(layer);
  }
}

bool is_causal(HfFields& fields, const std::string& type) {
  if (kEncoderTypes.contains(type)) return fields.flag("is_decoder", false);
  const auto* architectures = fields.find({"architectures"});
  if (architectures != nullptr && !architectures->items.empty() && architectures->items[0].text.ends_with("ForMaskedLM")) return false;
  return true;
}

}  // namespace

void read_hf_text(HfFields& fields, const std::string& type) {
  for (const auto& entry : kDefaults) {
    if (type == entry.type) fields.set_default(entry.key, entry.value);
  }
  auto& model = fields.model();
  Layer layer;
  model.hidden_size = layer.hidden_size = fields.need({"hidden_size", "n_embd", "d_model"}, kMaxWidth);
  model.vocab_size = fields.integer({"vocab_size"}, 1 << 30).value_or(0);
  model.max_tokens = fields.integer({"max_position_embeddings", "n_positions", "max_sequence_length"}, std::int64_t{1} << 40).value_or(0);
  if (model.max_tokens == 0) fields.note("no max_position_embeddings in the config: workloads of up to 131072 tokens taken");
  model.tied_embeddings = fields.flag("tie_word_embeddings", kTiedTypes.contains(type));
  const auto count = fields.need({"num_hidden_layers", "n_layer", "n_layers"}, kMaxLayers);
  layer.attention = read_attention(fields, layer.hidden_size, is_causal(fields, type));
  layer.sink_logits = type == "gpt_oss";
  const bool only_experts = fields.find({"moe_ffn_hidden_size"}) != nullptr && fields.find({"intermediate_size"}) == nullptr;
  if (!only_experts) layer.ffn = dense_ffn(fields, type, layer.hidden_size);
  if (const auto keys = fields.integer({"index_topk"}, 1 << 24)) {
    layer.indexer = {fields.need({"index_n_heads"}, kMaxHeads), fields.need({"index_head_dim"}, 1024), *keys};
  }
  if (fields.context().ok()) read_layers(fields, type, layer, count);
}

}  // namespace spanwise::sim
