// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/attention.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "core/result.h"
#include "kernels/cpu/attention_parts.h"
#include "kernels/cpu/gathered_chunks.h"

namespace spanwise::kernels {
namespace {

constexpr int kTileChunks = kKeyTile / kChunk;
constexpr unsigned kAllChunks = (1u << kTileChunks) - 1;
constexpr std::size_t kMostMembers = 4;   // in turns
constexpr std::size_t kMostInOrder = 16;
// Items for each thread, so that none waits long for the last.
constexpr std::size_t kItemsPerThread = 8;

std::size_t output_floats(const patterns::Case& shape) {
  return kTileRows * kPanel * static_cast<std::size_t>(value_panels(shape));
}

constexpr std::size_t kQueryFloats = kTileRows * kRowStride;
constexpr std::size_t kScoreFloats = kTileRows * kRowStride;

// Whether two tiles of a plan visit nearly the same KV tiles at the same place of their lists.
bool alike(const TilePlan& plan, std::size_t a, std::size_t b) {
  const auto near = [](std::int64_t x, std::int64_t y) { return std::abs(x - y) <= 1; };
  const auto left = plan.visits_of(a), right = plan.visits_of(b);
  if (left.empty() || right.empty()) return false;
  return near(static_cast<std::int64_t>(plan.tiles_of(a)), static_cast<std::int64_t>(plan.tiles_of(b))) &&
         near(left.front().kv_tile, right.front().kv_tile) && near(left.back().kv_tile, right.back().kv_tile);
}

// Chunks of each strip, so that all are nearly as long as `most` or equally shorter: each strip brings the next one, a
// chunk for a chunk, so that a short last strip would leave the next member's first on its way.
std::size_t even_strips(std::size_t tiles, std::size_t most) {
  const std::size_t tiles_a_strip = most / kTileChunks;
  const std::size_t strips = std::max<std::size_t>(1, (tiles + tiles_a_strip - 1) / tiles_a_strip);
  return std::max<std::size_t>(1, (tiles + strips - 1) / strips) * kTileChunks;
}

// AMX reads keys and values 32 at a time: a live chunk brings its neighbour.
unsigned with_neighbours(unsigned live, int chunk_step) {
  return chunk_step == 1 ? live : live | (live & 0b0101) << 1 | (live & 0b1010) >> 1;
}

}  // namespace

Attention::Attention(std::vector<AttentionPart> parts, const TileOps& ops, int threads)
    : parts_(std::move(parts)), ops_(ops) {
  std::size_t bytes = 0;
  for (const auto& [shape, plan] : parts_) {
    core::ensure(shape->head_dim <= kMaxHeadDim && shape->head_dim_v <= kMaxHeadDim, "Attention: head_dim");
    bytes = std::max(bytes, workspace_bytes(*shape));
    auto& bits = chunk_bits_.emplace_back();
    for (const auto& mask : plan->masks) {
      std::uint64_t some = 0, all = ~std::uint64_t{0};
      for (const auto word : mask) some |= word, all &= word;
      ChunkBits chunk{0, 0};
      for (int c = 0; c < kTileChunks; ++c) {
        chunk.live |= static_cast<std::uint8_t>((some >> (c * kChunk) & 0xffff) != 0 ? 1 << c : 0);
        chunk.full |= static_cast<std::uint8_t>((all >> (c * kChunk) & 0xffff) == 0xffff ? 1 << c : 0);
      }
      bits.push_back(chunk);
    }
  }
  member_floats_ = bytes / sizeof(float);
  for (const auto& [shape, plan] : parts_) {
    if (plan->gathered.empty()) continue;
    const std::int64_t chunks = ops_.strip_chunks;
    for (const auto& layout : {key_layout(*shape, ops_), value_layout(*shape, ops_)}) {
      const auto strip_bytes = chunks / layout.block_chunks * layout.block * layout.bytes;
      gather_bytes_ = std::max(gather_bytes_, static_cast<std::size_t>(strip_bytes));
    }
  }
  gathered_ = AlignedBuffer<std::byte>(gather_bytes_ * 4 * kMostMembers * static_cast<std::size_t>(threads));
  memory_ = AlignedBuffer<float>((member_floats_ * kMostMembers + kScoreFloats) * static_cast<std::size_t>(threads));
  make_items(threads);
}

// Heaviest first; tiles of equal weight head by head, so that neighbours in the order read the same K and V.
void Attention::make_items(int threads) {
  std::vector<std::pair<std::size_t, std::size_t>> order;  // part, tile
  std::size_t count = 0;
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto& [shape, plan] = parts_[p];
    for (std::size_t tile = 0; tile < plan->tiles.size(); ++tile) order.emplace_back(p, tile);
    count += plan->tiles.size() * static_cast<std::size_t>(shape->batch * shape->q_heads / plan->group);
  }
  const std::size_t shared = count / (kItemsPerThread * static_cast<std::size_t>(threads));
  const std::size_t most = threads == 1 ? kMostInOrder : std::clamp<std::size_t>(shared, 1, kMostInOrder);
  std::vector<std::vector<std::size_t>> weights;  // [part][tile]
  for (const auto& part : parts_) {
    auto& tiles = weights.emplace_back(part.plan->tiles.size());
    for (std::size_t tile = 0; tile < tiles.size(); ++tile) tiles[tile] = part.plan->tiles_of(tile);
  }
  const auto weight = [&](const auto& place) { return weights[place.first][place.second]; };
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) { return weight(a) > weight(b); });
  std::vector<std::size_t> tiles;
  for (std::size_t begin = 0; begin < order.size();) {
    const std::size_t part = order[begin].first;
    tiles.clear();
    std::size_t end = begin;
    for (; end < order.size() && order[end].first == part; ++end) {
      if (weight(order[end]) != weight(order[begin]) && end - begin >= most) break;
      tiles.push_back(order[end].second);
    }
    const auto& shape = *parts_[part].shape;
    for (std::int64_t head = 0; head < shape.batch * shape.kv_heads; ++head) add_items(part, head, tiles, most);
    begin = end;
  }
}

void Attention::add_items(std::size_t part, std::int64_t kv_head, std::span<const std::size_t> tiles,
                          std::size_t most) {
  const auto& [shape, plan] = parts_[part];
  const std::int64_t group = shape->q_heads / shape->kv_heads;
  const std::size_t first_item = items_.size();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    bool same = i > 0 && alike(*plan, tiles[i - 1], tiles[i]);
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; head += plan->group) {
      // Members that read the same end where others begin, but two single ones that differ may share an item.
      const bool fits = items_.size() > first_item && items_.back().count < most;
      const bool open = fits && (items_.back().alike ? (same ? items_.back().count < kMostMembers : items_.back().count == 1) : true);
      if (!open) items_.push_back({part, members_.size(), 0, true});
      auto& item = items_.back();
      item.alike = item.alike && (item.count == 0 || same);
      members_.push_back({head, tiles[i]});
      ++item.count;
      same = true;
    }
  }
}

std::size_t Attention::workspace_bytes(const patterns::Case& shape) {
  return sizeof(float) * (kQueryFloats + 2 * output_floats(shape) + 5 * kTileRows);
}

// Scores live for one strip alone, so that the members of a thread share them.
void Attention::place_workspace(std::size_t worker, std::size_t index, Workspace& workspace) const {
  workspace.scores = memory_.data() + (member_floats_ * kMostMembers + kScoreFloats) * worker;
  float* next = workspace.scores + kScoreFloats + member_floats_ * index;
  const auto take = [&next](std::size_t floats) { return std::exchange(next, next + floats); };
  std::size_t output = 0;
  for (const auto& part : parts_) output = std::max(output, output_floats(*part.shape));
  if (gather_bytes_ > 0) {
    std::byte* room = gathered_.data() + (worker * kMostMembers + index) * 4 * gather_bytes_;
    for (auto& strip : workspace.strips) {
      strip.gathered_keys = std::exchange(room, room + gather_bytes_);
      strip.gathered_values = std::exchange(room, room + gather_bytes_);
    }
  }
  workspace.queries = take(kQueryFloats);
  workspace.correction = take(kTileRows);
  for (auto* sums : {&workspace.stretch, &workspace.total}) {
    *sums = {take(output), take(kTileRows), take(kTileRows)};
  }
}

void Attention::run(std::span<const AttentionTensors> tensors, float scale, core::ThreadPool& pool) {
  core::ensure(tensors.size() == parts_.size() && scale >= 0, "Attention::run: tensors or scale");
  pool.run(items_.size(), [&](std::size_t index, int worker) {
    const auto& item = items_[index];
    const auto& [shape, plan] = parts_[item.part];
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < item.count; ++i) {
      const auto& member = members_[item.first + i];
      const auto& tensor = tensors[item.part];
      const std::int64_t kv_head = member.head / (shape->q_heads / shape->kv_heads);
      jobs.push_back({member, *shape, *plan, tensor, chunk_bits_[item.part], scale, tensor.keys->head(kv_head),
                      tensor.values->head(kv_head)});
    }
    if (ops_.begin != nullptr) ops_.begin();
    if (item.alike) {
      run_in_turns(jobs, static_cast<std::size_t>(worker));
    } else {
      run_in_order(jobs, static_cast<std::size_t>(worker));
    }
    if (ops_.end != nullptr) ops_.end();
  });
}

void Attention::run_in_turns(std::span<const Job> jobs, std::size_t worker) const {
  Workspace workspaces[kMostMembers];
  std::size_t turns = 0;
  const auto visits_a_turn = static_cast<std::size_t>(ops_.strip_chunks / kTileChunks);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    begin_member(jobs[i], worker, i, workspaces[i]);
    turns = std::max(turns, jobs[i].plan.tiles_of(jobs[i].member.tile) / visits_a_turn + 1);
  }
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      for (std::size_t visit = 0; visit < visits_a_turn; ++visit) advance(jobs[i], workspaces[i]);
    }
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) finish_member(jobs[i], workspaces[i], nullptr);
}

// One member after the other; the last strip of each brings the first of the next.
void Attention::run_in_order(std::span<const Job> jobs, std::size_t worker) const {
  Workspace workspaces[2];
  begin_member(jobs[0], worker, 0, workspaces[0]);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto& workspace = workspaces[i % 2];
    while (advance(jobs[i], workspace)) {
    }
    const Strip* coming = nullptr;
    if (i + 1 < jobs.size()) {
      auto& next = workspaces[(i + 1) % 2];
      begin_member(jobs[i + 1], worker, (i + 1) % 2, next);
      while (next.ready->count == 0 && advance(jobs[i + 1], next)) {
      }
      coming = next.ready->count > 0 ? next.ready : next.filling;
    }
    finish_member(jobs[i], workspace, coming);
  }
}

void Attention::begin_member(const Job& job, std::size_t worker, std::size_t index, Workspace& workspace) const {
  workspace.begin();
  place_workspace(worker, index, workspace);
  load_queries(job, workspace);
  const auto tiles = job.plan.tiles_of(job.member.tile);
  workspace.strip_chunks = even_strips(tiles, static_cast<std::size_t>(ops_.strip_chunks));
  workspace.several_stretches = tiles > static_cast<std::size_t>(ops_.stretch_strips * ops_.strip_chunks / kTileChunks);
  start(workspace.stretch, value_panels(job.shape));
  if (workspace.several_stretches) start(workspace.total, value_panels(job.shape));
}

// One more KV tile, if there is one.
bool Attention::advance(const Job& job, Workspace& workspace) const {
  const auto visits = job.plan.visits_of(job.member.tile);
  if (workspace.next_visit == visits.size()) return false;
  const auto visit = visits[static_cast<std::ptrdiff_t>(workspace.next_visit)];
  add_tile(job, visit, workspace);
  if (++workspace.next_tile == visit.tiles) {
    workspace.next_tile = 0;
    ++workspace.next_visit;
  }
  if (workspace.several_stretches && workspace.done >= ops_.stretch_strips) {
    finish_stretch(workspace.stretch, workspace.total, value_panels(job.shape));
    workspace.done = 0;
  }
  return true;
}

void Attention::finish_member(const Job& job, Workspace& workspace, const Strip* coming) const {
  run_ready(job, workspace, *workspace.filling);
  run_ready(job, workspace, coming != nullptr ? *coming : *workspace.filling);
  if (workspace.several_stretches) {
    finish_stretch(workspace.stretch, workspace.total, value_panels(job.shape));
  } else {
    workspace.total = workspace.stretch;
  }
  store_rows(job, workspace);
}

// The live chunks of the next tile of a visit join the strip.
void Attention::add_tile(const Job& job, const TileVisit& visit, Workspace& workspace) const {
  ChunkBits bits{kAllChunks, kAllChunks};
  const TileMask* mask = nullptr;
  if (visit.mask != TileVisit::kFull) {
    bits = job.chunk_bits[static_cast<std::size_t>(visit.mask)];
    mask = &job.plan.masks[static_cast<std::size_t>(visit.mask)];
  }
  const unsigned live = with_neighbours(bits.live, ops_.chunk_step);
  for (int c = 0; c < kTileChunks; ++c) {
    if ((live >> c & 1) == 0) continue;
    auto& strip = *workspace.filling;
    if (visit.is_gathered()) {
      gather(job, visit, c, strip);
    } else {
      const std::int64_t chunk = std::int64_t{visit.kv_tile + workspace.next_tile} * kTileChunks + c;
      auto& place = strip.chunks[strip.count];
      place.keys = job.keys.chunk(chunk);
      place.values = job.values.chunk(chunk);
    }
    strip.hidden[strip.count] = {(bits.full >> c & 1) != 0 ? nullptr : mask, c * kChunk};
    if (++strip.count == workspace.strip_chunks) run_ready(job, workspace, strip);
  }
}

// A chunk of gathered keys, made at the place of the strip where packed tiles would have it.
void Attention::gather(const Job& job, const TileVisit& visit, int chunk, Strip& strip) const {
  const auto& keys = job.tensors.keys->layout();
  const auto& values = job.tensors.values->layout();
  const auto place = [&](std::byte* room, const PackedLayout& layout) {
    const auto index = static_cast<std::int64_t>(strip.count);
    return room + (index / layout.block_chunks * layout.block + index % layout.block_chunks * layout.chunk) * layout.bytes;
  };
  std::byte* to_keys = place(strip.gathered_keys, keys);
  std::byte* to_values = place(strip.gathered_values, values);
  const auto& tile = job.plan.gathered[static_cast<std::size_t>(~visit.kv_tile)];
  const auto positions = std::span(tile).subspan(static_cast<std::size_t>(chunk) * kChunk).first<kChunk>();
  gather_keys({job.keys, keys, ops_.form}, static_cast<int>(padded_depth(job.shape, ops_)), positions, to_keys);
  gather_values({job.values, values, ops_.form}, value_panels(job.shape), positions, to_values);
  strip.chunks[strip.count].keys = to_keys;
  strip.chunks[strip.count].values = to_values;
}

// Runs the strip that is ready, if any; the one that was being filled takes its place.
void Attention::run_ready(const Job& job, Workspace& workspace, const Strip& coming) const {
  if (workspace.ready->count > 0) {
    run_strip(job, *workspace.ready, coming, workspace);
    ++workspace.done;
    workspace.ready->count = 0;
  }
  std::swap(workspace.ready, workspace.filling);
}

void Attention::run_strip(const Job& job, Strip& strip, const Strip& next, Workspace& workspace) const {
  for (std::size_t c = 0; c < strip.count; ++c) {
    auto& chunk = strip.chunks[c];
    const auto& coming = c < next.count ? next.chunks[c] : chunk;
    chunk.coming_keys = coming.keys;
    chunk.coming_values = coming.values;
  }
  const std::span<const Chunk> chunks(strip.chunks, strip.count);
  const int depth = static_cast<int>(padded_depth(job.shape, ops_));
  const float scale = ops_.form == Form::kRows || job.scale == 0.0f ? 1.0f : job.scale * std::numbers::log2e_v<float>;
  const auto& sums = workspace.stretch;
  const int rows = workspace.rows;
  ops_.scores(workspace.queries, rows, depth, chunks, workspace.scores);
  for (std::size_t c = 0; c < strip.count; ++c) {
    const auto& [mask, first_bit] = strip.hidden[c];
    if (mask != nullptr) ops_.mask(workspace.scores + c * kChunk, rows, mask->data(), first_bit);
  }
  ops_.softmax(workspace.scores, rows, static_cast<int>(strip.count) * kChunk, scale, sums.row_max, sums.row_sum,
               workspace.correction);
  ops_.accumulate(workspace.scores, rows, chunks, job.tensors.values->layout().panel, value_panels(job.shape),
                  workspace.correction, sums.output);
}

}  // namespace spanwise::kernels
