// The search of quantize/noise/mixed_precision.h by its definition: every candidate is judged by the sum over
// all tensors. Takes a cube of the number of nodes.
#pragma once

#include <algorithm>
#include <limits>
#include <numbers>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "kernels/arithmetic/math.h"
#include "ops/operator.h"
#include "quantize/noise/mixed_precision.h"

namespace octet::test {

/// How many nodes rise in one step at most: as many as must be INT16 together before that gains anything.
inline constexpr size_t kReach = 16;
/// What a node costs besides its multiply-accumulates, as a share of all: conversions are not free.
inline constexpr double kNodeCost = 1e-5;
/// A step gains at least this for each of its nodes, of the mean of the outputs' noise in nepers of power.
inline constexpr double kLeastGain = 2e-4;
/// A part of the noise that counts as none.
inline constexpr double kNoNoise = 1e-6;

/// Nodes that rise together.
struct Step {
  std::vector<size_t> nodes;
  double gain = 0;
  double cost = 0;  ///< Share of multiply-accumulates.

  double density() const { return gain / (cost + kNodeCost * static_cast<double>(nodes.size())); }
};

class PlainChooser {
 public:
  PlainChooser(const quantize::RoundingNoise& noise, const std::vector<bool>& may_rise)
      : noise_(noise),
        parts_(noise.parts()),
        graph_(noise.graph()),
        wide_(graph_.nodes.size()),
        costs_(graph_.nodes.size()) {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      wide_[n] = !noise.int8_nodes()[n];
      costs_[n] = static_cast<double>(ops::multiply_accumulates(graph_, graph_.nodes[n]));
    }
    double total = 0;
    for (const double cost : costs_) total += cost;
    for (double& cost : costs_) cost = total > 0 ? cost / total : 0;
    rising_ = may_rise;
    for (size_t n = 0; n < rising_.size(); ++n) rising_[n] = rising_[n] && !wide_[n];
    find_neighbours();
    find_floor();
  }

  quantize::MixedPrecision choose(double share) {
    double left = share;
    while (const std::optional<Step> step = best_step(left)) {
      raise(*step);
      left -= step->cost;
    }
    return chosen();
  }

  std::vector<quantize::Int16Step> steps(size_t most) {
    std::vector<quantize::Int16Step> steps;
    while (steps.size() < most) {
      const std::optional<Step> step = best_step(1);
      if (!step) break;
      raise(*step);
      quantize::Int16Step& taken = steps.emplace_back();
      for (const size_t n : step->nodes) taken.nodes.push_back(static_cast<NodeId>(n));
      taken.share = step->cost;
      taken.gain = step->gain * 10 / std::numbers::ln10;
    }
    return steps;
  }

 private:
  quantize::MixedPrecision chosen() const {
    quantize::MixedPrecision chosen = {.int16_nodes = {}, .share = 0, .noise = noise_left()};
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!wide_[n] || !noise_.int8_nodes()[n]) continue;
      chosen.int16_nodes.push_back(static_cast<NodeId>(n));
      chosen.share += costs_[n];
    }
    return chosen;
  }

  void raise(const Step& step) {
    for (const size_t n : step.nodes) raise(n);
  }

  void raise(size_t n) {
    wide_[n] = true;
    rising_[n] = false;
  }

  void find_neighbours() {
    std::vector<std::set<size_t>> neighbours(graph_.nodes.size());
    const std::vector<std::vector<NodeId>> readers = consumers(graph_);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      for (const TensorId output : graph_.nodes[n].outputs) {
        for (const NodeId reader : readers[index(output)]) {
          neighbours[n].insert(index(reader));
          neighbours[index(reader)].insert(n);
          // What reads the same tensor.
          for (const NodeId other : readers[index(output)]) {
            if (other != reader) neighbours[index(reader)].insert(index(other));
          }
        }
      }
    }
    for (const std::set<size_t>& set : neighbours) neighbours_.emplace_back(set.begin(), set.end());
  }

  /// What weights make, and stays.
  void find_floor() {
    floor_.assign(noise_.outputs(), 0.0);
    for (size_t s = 0; s < noise_.sources().size(); ++s) {
      if (noise_.sources()[s].tensor != TensorId::None) continue;
      for (size_t o = 0; o < floor_.size(); ++o) floor_[o] += parts_[noise_.at(s, o)];
    }
  }

  bool is_wide(NodeId id) const { return id == NodeId::None || wide_[index(id)]; }

  /// By output: what is left of the noise with the nodes that are INT16 now.
  std::vector<double> noise_left() const {
    std::vector<double> sums = floor_;
    const auto add = [&](size_t source) {
      for (size_t o = 0; o < sums.size(); ++o) sums[o] += parts_[noise_.at(source, o)];
    };
    for (const quantize::TensorSources& tensor : noise_.tensors()) {
      if (!is_wide(tensor.producer)) {
        if (tensor.where_computed) add(*tensor.where_computed);
        continue;
      }
      for (const quantize::TensorSources::Reader& reader : tensor.where_read) {
        if (!is_wide(reader.node)) add(reader.source);
      }
    }
    return sums;
  }

  double objective() const {
    double sum = 0;
    size_t counted = 0;
    for (const double noise : noise_left()) {
      if (noise <= 0) continue;
      sum += kernels::log(noise + kNoNoise);
      ++counted;
    }
    return counted == 0 ? 0 : sum / static_cast<double>(counted);
  }

  /// Which step gains most for what it costs.
  std::optional<Step> best_step(double left) {
    const double now = objective();
    std::optional<Step> best;
    for (size_t seed = 0; seed < rising_.size(); ++seed) {
      if (!rising_[seed] || costs_[seed] > left) continue;
      grow(seed, left, now, best);
    }
    return best;
  }

  /// Lets a step grow from one node to its neighbours, and keeps the best of what it was on the way.
  void grow(size_t seed, double left, double now, std::optional<Step>& best) {
    const std::vector<bool> before = wide_;
    Step step;
    std::optional<size_t> next = seed;
    while (next) {
      wide_[*next] = true;
      step.nodes.push_back(*next);
      step.cost += costs_[*next];
      step.gain = now - objective();
      const bool gains = step.gain >= kLeastGain * static_cast<double>(step.nodes.size());
      if (gains && (!best || step.density() > best->density())) best = step;
      next = step.nodes.size() < kReach ? best_neighbour(step, left, now) : std::nullopt;
    }
    wide_ = before;
  }

  std::optional<size_t> best_neighbour(const Step& step, double left, double now) {
    std::optional<size_t> found;
    double best = -std::numeric_limits<double>::infinity();
    std::set<size_t> tried;
    for (const size_t member : step.nodes) {
      for (const size_t n : neighbours_[member]) {
        if (!rising_[n] || wide_[n] || step.cost + costs_[n] > left || !tried.insert(n).second) continue;
        wide_[n] = true;
        Step grown = {.nodes = step.nodes, .gain = now - objective(), .cost = step.cost + costs_[n]};
        grown.nodes.push_back(n);
        wide_[n] = false;
        // Where nothing gains yet, the cheapest.
        const double score = grown.gain > 0 ? grown.density() : -grown.cost;
        if (score <= best) continue;
        best = score;
        found = n;
      }
    }
    return found;
  }

  const quantize::RoundingNoise& noise_;
  std::vector<double> parts_;  ///< By source and output.
  const Graph& graph_;
  std::vector<bool> wide_;    ///< By node, as what follows: not INT8.
  std::vector<bool> rising_;  ///< May still become INT16.
  std::vector<double> costs_;
  std::vector<std::vector<size_t>> neighbours_;
  std::vector<double> floor_;  ///< By output.
};

}  // namespace octet::test
