#include "quantize/noise/mixed_precision.h"

#include <algorithm>
#include <limits>
#include <numbers>
#include <optional>
#include <set>
#include <utility>

#include "kernels/arithmetic/math.h"
#include "ops/operator.h"

namespace octet::quantize {
namespace {

/// How many nodes rise in one step at most: as many as must be INT16 together before that gains anything.
constexpr size_t kReach = 16;
/// What a node costs besides its multiply-accumulates, as a share of all: conversions are not free.
constexpr double kNodeCost = 1e-5;
/// A step gains at least this for each of its nodes, of the mean of the outputs' noise in nepers of power.
constexpr double kLeastGain = 2e-4;
/// A part of the noise that counts as none.
constexpr double kNoNoise = 1e-6;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Of a sum, as a part of it.
constexpr double kRounding = std::numeric_limits<double>::epsilon();

/// Where a number is known to lie.
struct Interval {
  double low = 0;
  double high = 0;
};

/// Nodes that rise together.
struct Step {
  std::vector<size_t> nodes;
  Interval gain;
  double cost = 0;  ///< Share of multiply-accumulates.

  /// What a gain is worth; rises with it.
  double density(double of_gain) const {
    return of_gain / (cost + kNodeCost * static_cast<double>(nodes.size()));
  }
};

/// What is left of the noise with some more nodes in INT16, by sums that were changed where these nodes are.
/// They may be a few roundings off the sums over all tensors, which alone decide.
struct Estimate {
  std::vector<double> noise;  ///< By output.
  std::vector<double> moved;  ///< By output: the sum of all that was added or taken away.
};

/// How far a search goes.
struct Limits {
  double share = 1;     ///< A step costs at most this,
  bool spends = false;  ///< less what the steps before it cost.
  size_t steps = std::numeric_limits<size_t>::max();
};

}  // namespace

class Int16Search::Work {
 public:
  Work(const RoundingNoise& noise, std::vector<bool> may_rise, const Limits& limits)
      : noise_(noise),
        parts_(noise.parts()),
        graph_(noise.graph()),
        limits_(limits),
        wide_(graph_.nodes.size()),
        rising_(std::move(may_rise)),
        costs_(graph_.nodes.size()) {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      wide_[n] = !noise.int8_nodes()[n];
      costs_[n] = static_cast<double>(ops::multiply_accumulates(graph_, graph_.nodes[n]));
    }
    double total = 0;
    for (const double cost : costs_) total += cost;
    for (double& cost : costs_) cost = total > 0 ? cost / total : 0;
    for (size_t n = 0; n < rising_.size(); ++n) rising_[n] = rising_[n] && !wide_[n];
    find_neighbours();
    find_touched();
    find_floor();
  }

  void raise_all() {
    for (size_t n = 0; n < rising_.size(); ++n) {
      if (rising_[n]) raise(n);
    }
  }

  bool advance() {
    if (!round_) {
      if (is_done_ || steps_.size() >= limits_.steps) return false;
      begin_round();
    } else if (const std::optional<size_t> seed = next_seed()) {
      grow(*seed);
    } else if (round_->judged < round_->steps.size()) {
      judge(round_->steps[round_->judged++]);
    } else {
      end_round();
    }
    return true;
  }

  const std::vector<Int16Step>& steps() const { return steps_; }

  MixedPrecision chosen() const {
    MixedPrecision chosen = {.int16_nodes = {}, .share = 0, .noise = noise_left()};
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!wide_[n] || !noise_.int8_nodes()[n]) continue;
      chosen.int16_nodes.push_back(static_cast<NodeId>(n));
      chosen.share += costs_[n];
    }
    return chosen;
  }

 private:
  /// The step that is looked for: what it starts from, and what was found.
  struct Round {
    std::vector<double> noise;  ///< What is left of it now, by output.
    double objective = 0;
    size_t seed = 0;            ///< The node that is the next to grow from.
    std::vector<Step> steps;    ///< Those that may be the best by their bounds.
    double least = -kInfinity;  ///< The best one is worth at least this.
    size_t judged = 0;          ///< How many of them were compared exactly.
    std::optional<Step> best;
  };

  void raise(const Step& step) {
    Int16Step& taken = steps_.emplace_back();
    for (const size_t n : step.nodes) {
      raise(n);
      taken.nodes.push_back(static_cast<NodeId>(n));
    }
    taken.share = step.cost;
    taken.gain = step.gain.low * 10 / std::numbers::ln10;
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

  /// The tensors whose roundings depend on whether a node is INT16.
  void find_touched() {
    touched_.resize(graph_.nodes.size());
    const auto touch = [&](NodeId node, size_t t) {
      if (node == NodeId::None) return;
      std::vector<size_t>& touched = touched_[index(node)];
      if (touched.empty() || touched.back() != t) touched.push_back(t);
    };
    for (size_t t = 0; t < noise_.tensors().size(); ++t) {
      touch(noise_.tensors()[t].producer, t);
      for (const TensorSources::Reader& reader : noise_.tensors()[t].where_read) touch(reader.node, t);
    }
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

  /// Calls visit(source) for each rounding of a tensor that there is with the nodes that are INT16 now.
  template <class Visit>
  void for_each_rounding(const TensorSources& tensor, Visit visit) const {
    if (!is_wide(tensor.producer)) {
      if (tensor.where_computed) visit(*tensor.where_computed);
      return;
    }
    for (const TensorSources::Reader& reader : tensor.where_read) {
      if (!is_wide(reader.node)) visit(reader.source);
    }
  }

  /// By output: what is left of the noise with the nodes that are INT16 now.
  std::vector<double> noise_left() const {
    std::vector<double> sums = floor_;
    for (const TensorSources& tensor : noise_.tensors()) {
      for_each_rounding(tensor, [&](size_t source) {
        for (size_t o = 0; o < sums.size(); ++o) sums[o] += parts_[noise_.at(source, o)];
      });
    }
    return sums;
  }

  double objective() const { return objective(noise_left()); }

  static double objective(const std::vector<double>& noise_left) {
    double sum = 0;
    size_t counted = 0;
    for (const double noise : noise_left) {
      if (noise <= 0) continue;
      sum += kernels::log(noise + kNoNoise);
      ++counted;
    }
    return counted == 0 ? 0 : sum / static_cast<double>(counted);
  }

  /// `before` with one node more in INT16, which it is from now on.
  Estimate widened(const Estimate& before, size_t n) {
    Estimate after = before;
    const auto add = [&](double sign) {
      for (const size_t t : touched_[n]) {
        for_each_rounding(noise_.tensors()[t], [&](size_t source) {
          for (size_t o = 0; o < after.noise.size(); ++o) {
            const double part = parts_[noise_.at(source, o)];
            after.noise[o] += sign * part;
            after.moved[o] += part;
          }
        });
      }
    };
    add(-1);
    wide_[n] = true;
    add(1);
    return after;
  }

  /// Between which bounds lies by how much objective() is lower than at the beginning of the round, with the
  /// nodes that are INT16 in `estimate`. A sum of k terms that are not negative is k roundings off at most,
  /// whatever its order.
  Interval gain_of(const Estimate& estimate) const {
    if (std::all_of(estimate.moved.begin(), estimate.moved.end(), [](double moved) { return moved == 0; }))
      return {};  // Nothing but zeros changed: the sums are the same bits.
    const double roundings = 64 * static_cast<double>(noise_.sources().size() + kReach);
    double slack = 0;
    size_t counted = 0;
    for (size_t o = 0; o < estimate.noise.size(); ++o) {
      const double most = round_->noise[o] + estimate.moved[o];
      if (most == 0) continue;
      const double error = roundings * kRounding * most;
      const double least = estimate.noise[o] - error;
      if (least <= 0) return {-kInfinity, kInfinity};  // There may be noise left, or none that counts.
      slack += error / (least + kNoNoise);
      ++counted;
    }
    // The logarithms and their sum are a few roundings off.
    const double error =
        slack / static_cast<double>(counted) + 256 * kRounding * static_cast<double>(counted);
    const double gain = round_->objective - objective(estimate.noise);
    return {gain - error, gain + error};
  }

  /// The same exactly, with `nodes` in INT16.
  Interval exact_gain(const std::vector<size_t>& nodes) {
    std::vector<bool> changed = wide_;
    for (const size_t n : nodes) changed[n] = true;
    std::swap(changed, wide_);
    const double gain = round_->objective - objective();
    std::swap(changed, wide_);
    return {gain, gain};
  }

  void begin_round() {
    round_ = Round();
    round_->noise = noise_left();
    round_->objective = objective(round_->noise);
  }

  std::optional<size_t> next_seed() {
    while (round_->seed < rising_.size()) {
      const size_t seed = round_->seed++;
      if (rising_[seed] && costs_[seed] <= limits_.share) return seed;
    }
    return {};
  }

  /// Lets a step grow from one node to its neighbours, and keeps what it was on the way, as long as it may be
  /// the best.
  void grow(size_t seed) {
    const std::vector<bool> before = wide_;
    Estimate estimate = {.noise = round_->noise, .moved = std::vector<double>(round_->noise.size(), 0.0)};
    Step step;
    std::optional<size_t> next = seed;
    while (next) {
      estimate = widened(estimate, *next);
      step.nodes.push_back(*next);
      step.cost += costs_[*next];
      step.gain = gain_of(estimate);
      const double needed = kLeastGain * static_cast<double>(step.nodes.size());
      if (step.gain.low < needed && step.gain.high >= needed) step.gain = exact_gain(step.nodes);
      if (step.gain.low >= needed && step.density(step.gain.high) >= round_->least) {
        round_->least = std::max(round_->least, step.density(step.gain.low));
        round_->steps.push_back(step);
      }
      next = step.nodes.size() < kReach ? best_neighbour(step, estimate) : std::nullopt;
    }
    wide_ = before;
  }

  /// Steps that may be the best by their bounds are told apart exactly; the first of equals is it.
  void judge(Step& step) {
    if (step.density(step.gain.high) < round_->least) return;
    step.gain = exact_gain(step.nodes);
    std::optional<Step>& best = round_->best;
    if (!best || step.density(step.gain.low) > best->density(best->gain.low)) best = std::move(step);
  }

  void end_round() {
    if (const std::optional<Step>& best = round_->best) {
      raise(*best);
      if (limits_.spends) limits_.share -= best->cost;
    } else {
      is_done_ = true;
    }
    round_.reset();
  }

  /// The neighbour that is worth most beside the step; the first of equals.
  std::optional<size_t> best_neighbour(const Step& step, const Estimate& estimate) {
    std::vector<Neighbour> neighbours;
    std::set<size_t> tried;
    double least = -kInfinity;  // The best one's score is at least this.
    for (const size_t member : step.nodes) {
      for (const size_t n : neighbours_[member]) {
        if (!rising_[n] || wide_[n] || step.cost + costs_[n] > limits_.share || !tried.insert(n).second)
          continue;
        const Interval gain = gain_of(widened(estimate, n));
        wide_[n] = false;
        neighbours.push_back({n, score(step, n, gain)});
        least = std::max(least, neighbours.back().score.low);
      }
    }
    const auto is_behind = [&](const Neighbour& neighbour) { return neighbour.score.high < least; };
    neighbours.erase(std::remove_if(neighbours.begin(), neighbours.end(), is_behind), neighbours.end());
    if (neighbours.empty()) return std::nullopt;
    if (neighbours.size() == 1) return neighbours[0].node;
    std::optional<size_t> found;
    double best = -kInfinity;
    for (Neighbour& neighbour : neighbours) {
      if (neighbour.score.low < neighbour.score.high)
        neighbour.score = score(step, neighbour.node, exact_gain({neighbour.node}));
      if (neighbour.score.low <= best) continue;
      best = neighbour.score.low;
      found = neighbour.node;
    }
    return found;
  }

  struct Neighbour {
    size_t node;
    Interval score;
  };

  /// What a step with one node more is worth: its density, or where nothing gains yet the less the more it
  /// costs.
  Interval score(const Step& step, size_t n, const Interval& gain) const {
    Step grown = {.nodes = step.nodes, .cost = step.cost + costs_[n]};
    grown.nodes.push_back(n);
    const auto of = [&](double each) { return each > 0 ? grown.density(each) : -grown.cost; };
    return {of(gain.low), of(gain.high)};
  }

  const RoundingNoise& noise_;
  std::vector<double> parts_;  ///< By source and output.
  const Graph& graph_;
  Limits limits_;
  std::vector<bool> wide_;    ///< By node, as what follows: not INT8.
  std::vector<bool> rising_;  ///< May still become INT16.
  std::vector<double> costs_;
  std::vector<std::vector<size_t>> neighbours_;
  std::vector<std::vector<size_t>> touched_;  ///< By node, of tensors of noise_.
  std::vector<double> floor_;                 ///< By output.
  std::vector<Int16Step> steps_;
  bool is_done_ = false;  ///< No step gains anything any more.
  std::optional<Round> round_;
};

Int16Search::Int16Search(std::unique_ptr<Work> work) : work_(std::move(work)) {}
Int16Search::Int16Search(Int16Search&&) noexcept = default;
Int16Search& Int16Search::operator=(Int16Search&&) noexcept = default;
Int16Search::~Int16Search() = default;

Int16Search Int16Search::within(const RoundingNoise& noise, std::vector<bool> may_rise, double share) {
  return Int16Search(
      std::make_unique<Work>(noise, std::move(may_rise), Limits{.share = share, .spends = true}));
}

Int16Search Int16Search::for_steps(const RoundingNoise& noise, std::vector<bool> may_rise, size_t most) {
  return Int16Search(std::make_unique<Work>(noise, std::move(may_rise), Limits{.steps = most}));
}

Int16Search Int16Search::of_all(const RoundingNoise& noise, std::vector<bool> may_rise) {
  auto work = std::make_unique<Work>(noise, std::move(may_rise), Limits{.steps = 0});
  work->raise_all();
  return Int16Search(std::move(work));
}

bool Int16Search::advance() { return work_->advance(); }
MixedPrecision Int16Search::chosen() const { return work_->chosen(); }
const std::vector<Int16Step>& Int16Search::steps() const { return work_->steps(); }

}  // namespace octet::quantize
