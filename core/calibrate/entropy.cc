// The entropy method: the threshold on magnitude at which the quantized distribution says most about the
// observed one.
//
// After Migacz, "8-bit Inference with TensorRT" (GTC 2017), with the levels where the quantizer puts them:
// for each threshold, values beyond it are moved to the outermost bins (P), each level's values inside it are
// spread evenly over the bins of the level that P uses (Q), and the threshold with the smallest
// Kullback-Leibler divergence D(P || Q) wins. A threshold cuts off both ends of an asymmetric range at the
// same magnitude; an end nearer to zero stays as observed. Exact zeros are left out: every range represents
// them exactly, and behind a ReLU they would hide all else.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "calibrate/range_methods.h"
#include "kernels/arithmetic/math.h"

namespace octet::calibrate {
namespace {

constexpr int64_t kCandidates = 128;
/// What a level counts as that values were moved to but that has none of its own, so that the divergence
/// stays finite.
constexpr double kUnseen = 0.5;

double x_log_x(double x) { return x > 0 ? x * kernels::log(x) : 0; }

/// The bins [begin, end) that a threshold keeps.
struct Window {
  size_t begin;
  size_t end;
};

class Divergence {
 public:
  Divergence(const TensorStatistics& statistics, int bits, bool asymmetric);
  /// The bins of magnitude below `threshold` bins.
  Window window(int64_t threshold) const;
  /// Steps of the scale in a bin's width when the range ends at `threshold` bins.
  double steps_per_bin(int64_t threshold) const;
  double operator()(int64_t threshold) const;

 private:
  double steps_;
  bool asymmetric_;
  int64_t first_bin_;
  std::vector<double> counts_;   ///< Without the exact zeros.
  std::vector<double> before_;   ///< Sum of counts_ before each bin.
  std::vector<double> used_;     ///< Number of non-zero counts_ before each bin.
  std::vector<double> entropy_;  ///< Sum of x log x of counts_ before each bin.
};

Divergence::Divergence(const TensorStatistics& statistics, int bits, bool asymmetric)
    : steps_(integers_of(bits, asymmetric).steps),
      asymmetric_(asymmetric),
      first_bin_(statistics.histogram().first_bin) {
  counts_.assign(statistics.histogram().counts.begin(), statistics.histogram().counts.end());
  counts_[static_cast<size_t>(-first_bin_)] -= static_cast<double>(statistics.zeros());
  before_ = {0};
  used_ = {0};
  entropy_ = {0};
  for (const double count : counts_) {
    before_.push_back(before_.back() + count);
    used_.push_back(used_.back() + (count > 0 ? 1 : 0));
    entropy_.push_back(entropy_.back() + x_log_x(count));
  }
}

Window Divergence::window(int64_t threshold) const {
  const int64_t end_bin = first_bin_ + static_cast<int64_t>(counts_.size());
  return {static_cast<size_t>(std::max(first_bin_, -threshold) - first_bin_),
          static_cast<size_t>(std::min(end_bin, threshold) - first_bin_)};
}

double Divergence::steps_per_bin(int64_t threshold) const {
  const Window kept = window(threshold);
  return steps_ / static_cast<double>(asymmetric_ ? static_cast<int64_t>(kept.end - kept.begin) : threshold);
}

double Divergence::operator()(int64_t threshold) const {
  const Window window = this->window(threshold);
  const size_t last = window.end - 1;
  const double total = before_.back();
  const double inside = before_[window.end] - before_[window.begin];
  if (inside <= 0) return std::numeric_limits<double>::infinity();
  const double first_count = counts_[window.begin] + before_[window.begin];
  const double last_count = counts_[last] + (total - before_[window.end]);
  // sum p log p - sum p log q, p and q as counts; their totals make the rest.
  double divergence =
      x_log_x(first_count) + x_log_x(last_count) + entropy_[last] - entropy_[window.begin + 1];
  const double levels_per_bin = steps_per_bin(threshold);
  const double level_first = std::floor(
      (static_cast<double>(first_bin_ + static_cast<int64_t>(window.begin)) + 0.5) * levels_per_bin + 0.5);
  size_t begin = window.begin;
  for (double level = level_first; begin < window.end; ++level) {
    // The bins of the level are those whose centres are below the middle between it and the next.
    const double middle = (level + 0.5) / levels_per_bin - 0.5 - static_cast<double>(first_bin_);
    const size_t end = std::min(window.end, static_cast<size_t>(std::max(0.0, std::ceil(middle))));
    if (end <= begin) continue;
    double used_bins = used_[end] - used_[begin];
    double own_mass = before_[end] - before_[begin];
    double observed_mass = own_mass;
    if (begin == window.begin) {
      used_bins += counts_[begin] == 0 && first_count > 0 ? 1 : 0;
      observed_mass += first_count - counts_[begin];
    }
    if (end == window.end) {
      used_bins += counts_[last] == 0 && last_count > 0 ? 1 : 0;
      observed_mass += last_count - counts_[last];
    }
    begin = end;
    if (observed_mass == 0) continue;
    own_mass = std::max(own_mass, kUnseen);
    divergence -= observed_mass * kernels::log(own_mass / used_bins);
  }
  return divergence / total - kernels::log(total) + kernels::log(inside);
}

}  // namespace

Range entropy_range(const TensorStatistics& statistics, int bits, bool asymmetric) {
  const Histogram& histogram = statistics.histogram();
  const Range observed = {double{statistics.low()}, double{statistics.high()}};
  const Divergence divergence(statistics, bits, asymmetric);
  const int64_t end_bin = histogram.first_bin + static_cast<int64_t>(histogram.counts.size());
  const int64_t largest = std::max(-histogram.first_bin, end_bin);
  // With a level for every bin nothing would be lost: only thresholds with wider levels can be told apart.
  int64_t smallest = 1;
  while (smallest < largest && divergence.steps_per_bin(smallest) >= 1) ++smallest;

  double least = std::numeric_limits<double>::infinity();
  int64_t best = largest;
  const int64_t stride = std::max<int64_t>(1, (largest - smallest) / kCandidates);
  for (int64_t threshold = largest; threshold >= smallest; threshold -= stride) {
    const double value = divergence(threshold);
    if (value < least) {
      least = value;
      best = threshold;
    }
  }
  const double magnitude = std::ldexp(static_cast<double>(best), histogram.exponent);
  return {std::max(observed.low, -magnitude), std::min(observed.high, magnitude)};
}

}  // namespace octet::calibrate
