// The mse method: the range with the smallest expected squared quantization error, clipping included.
//
// Model: values are spread evenly within their bin, but exact zeros stay zeros; the quantizer rounds to the
// nearest multiple of the scale between the two clipping points. Two estimates of the error follow from it:
// - coarse, constant time from prefix sums: bin centres beyond the clipping points cost their squared
// distance to them,
//   those nearer to zero than half a step cost their square (they become zero), all others scale^2 / 12;
// - exact: the integral of the squared error over every bin, in time proportional to the bins.
// The coarse one picks the best of a grid of ranges, the exact one leads a pattern search from there.
#include <algorithm>
#include <cmath>
#include <vector>

#include "calibrate/range_methods.h"

namespace octet::calibrate {
namespace {

/// 2^(-1/8): the step of the coarse grid, which goes down to 1/256 of the observed range.
constexpr double kCoarseRatio = 0.91700404320467122;
constexpr int kCoarseSteps = 64;
/// Relative steps of the pattern search; the first is half of a coarse step.
constexpr double kFineSteps[] = {0.04, 0.02, 0.01, 0.005, 0.0025};

/// The reals that integers stand for: scale * n, n from `lowest` to `highest`.
struct Grid {
  double scale;
  double lowest;
  double highest;
};

class ErrorModel {
 public:
  ErrorModel(const TensorStatistics& statistics, int bits, bool asymmetric);
  Grid grid(const Range& range) const;
  double coarse(const Range& range) const;
  double exact(const Range& range) const;

 private:
  /// Sums over the bins before one: of counts, of counts * centre, of counts * centre^2.
  struct Sums {
    double count, first, second;
  };

  /// Number of bins whose centre is below `x`.
  size_t bins_below(double x) const;
  Sums between(size_t begin, size_t end) const;

  Integers integers_;
  bool asymmetric_;
  double width_;
  double first_bin_;
  std::vector<double> counts_;  ///< Without the exact zeros.
  std::vector<double> edges_;   ///< The outermost ones moved in to the observed extremes.
  std::vector<Sums> sums_;
};

ErrorModel::ErrorModel(const TensorStatistics& statistics, int bits, bool asymmetric)
    : integers_(integers_of(bits, asymmetric)), asymmetric_(asymmetric) {
  const Histogram& histogram = statistics.histogram();
  const size_t bins = histogram.counts.size();
  width_ = std::ldexp(1.0, histogram.exponent);
  first_bin_ = static_cast<double>(histogram.first_bin);
  counts_.assign(histogram.counts.begin(), histogram.counts.end());
  counts_[static_cast<size_t>(-histogram.first_bin)] -= static_cast<double>(statistics.zeros());
  for (size_t i = 0; i <= bins; ++i) edges_.push_back(histogram.edge(i));
  edges_.front() = std::max(edges_.front(), double{statistics.low()});
  edges_.back() = std::min(edges_.back(), double{statistics.high()});
  sums_.push_back({});
  for (size_t i = 0; i < bins; ++i) {
    const double centre = (edges_[i] + edges_[i + 1]) / 2;
    const Sums& before = sums_.back();
    sums_.push_back({before.count + counts_[i], before.first + counts_[i] * centre,
                     before.second + counts_[i] * centre * centre});
  }
}

Grid ErrorModel::grid(const Range& range) const {
  if (!asymmetric_) return {range.high / integers_.steps, integers_.lowest, integers_.highest};
  const double scale = (range.high - range.low) / integers_.steps;
  const double lowest = std::round(range.low / scale);  // Zero stays on the grid: the zero point is rounded.
  return {scale, lowest, lowest + integers_.steps};
}

size_t ErrorModel::bins_below(double x) const {
  const double position = std::round(x / width_) - first_bin_;
  return static_cast<size_t>(std::clamp(position, 0.0, static_cast<double>(counts_.size())));
}

ErrorModel::Sums ErrorModel::between(size_t begin, size_t end) const {
  const Sums& b = sums_[begin];
  const Sums& e = sums_[end];
  return {e.count - b.count, e.first - b.first, e.second - b.second};
}

double ErrorModel::coarse(const Range& range) const {
  const Grid g = grid(range);
  const double low = g.lowest * g.scale;
  const double high = g.highest * g.scale;
  const size_t inside_begin = bins_below(low);
  const size_t inside_end = bins_below(high);
  const size_t zeroed_begin = std::max(inside_begin, bins_below(-g.scale / 2));
  const size_t zeroed_end = std::min(inside_end, bins_below(g.scale / 2));
  const auto distance = [](const Sums& s, double to) {
    return s.second - 2 * to * s.first + to * to * s.count;
  };

  const Sums zeroed = between(zeroed_begin, std::max(zeroed_begin, zeroed_end));
  const double rounded = between(inside_begin, inside_end).count - zeroed.count;
  return distance(between(0, inside_begin), low) + zeroed.second + rounded * g.scale * g.scale / 12 +
         distance(between(inside_end, counts_.size()), high);
}

double ErrorModel::exact(const Range& range) const {
  const Grid g = grid(range);
  const double per_scale = 1 / g.scale;
  const double per_step = g.scale * g.scale * g.scale / 12;
  const auto nearest = [&](double x) {
    return std::min(std::max(std::floor(x * per_scale + 0.5), g.lowest), g.highest);
  };
  // The integral of the squared error from 0 to x: whole steps, and the rest within the step of the nearest
  // integer.
  const auto integral = [&](double x) {
    const double n = nearest(x);
    const double rest = x - n * g.scale;
    return n * per_step + rest * rest * rest / 3;
  };
  double error = 0;
  double integral_before = integral(edges_[0]);
  for (size_t i = 0; i < counts_.size(); ++i) {
    const double integral_after = integral(edges_[i + 1]);
    const double extent = edges_[i + 1] - edges_[i];
    if (extent > width_ / 1024) {
      error += counts_[i] * (integral_after - integral_before) / extent;
    } else {  // An outermost bin that is hardly more than a point: the quotient would be noise.
      const double rest = edges_[i + 1] - nearest(edges_[i + 1]) * g.scale;
      error += counts_[i] * rest * rest;
    }
    integral_before = integral_after;
  }
  return error;
}

/// `observed` and its fractions by the coarse ratio.
std::vector<double> coarse_candidates(double observed) {
  std::vector<double> candidates = {observed};
  if (observed == 0) return candidates;
  for (int i = 0; i < kCoarseSteps; ++i) candidates.push_back(candidates.back() * kCoarseRatio);
  return candidates;
}

Range coarse_search(const ErrorModel& model, const Range& observed, bool asymmetric) {
  Range best = observed;
  double least = model.coarse(observed);
  const auto consider = [&](const Range& range) {
    const double error = model.coarse(range);
    if (error < least) {
      least = error;
      best = range;
    }
  };
  if (!asymmetric) {
    for (const double m : coarse_candidates(observed.high)) consider({-m, m});
    return best;
  }
  const std::vector<double> highs = coarse_candidates(observed.high);
  for (const double low : coarse_candidates(observed.low)) {
    for (const double high : highs) consider({low, high});
  }
  return best;
}

Range fine_search(const ErrorModel& model, const Range& start, const Range& observed, bool asymmetric) {
  Range best = start;
  double least = model.exact(start);
  const auto improves = [&](Range range) {
    range = {std::max(range.low, observed.low), std::min(range.high, observed.high)};
    const double error = model.exact(range);
    if (!(error < least)) return false;
    least = error;
    best = range;
    return true;
  };
  improves(observed);
  for (const double step : kFineSteps) {
    for (const double factor : {1 + step, 1 - step}) {
      // In each direction as far as it helps; the outer clamp ends the way up, the error's growth the way
      // down.
      if (!asymmetric) {
        while (improves({best.low * factor, best.high * factor})) {
        }
        continue;
      }
      while (observed.high > 0 && improves({best.low, best.high * factor})) {
      }
      while (observed.low < 0 && improves({best.low * factor, best.high})) {
      }
    }
  }
  return best;
}

}  // namespace

Range mse_range(const TensorStatistics& statistics, int bits, bool asymmetric) {
  Range observed = {std::min(0.0, double{statistics.low()}), std::max(0.0, double{statistics.high()})};
  if (!asymmetric) {
    const double magnitude = std::max(-observed.low, observed.high);
    observed = {-magnitude, magnitude};
  }
  const ErrorModel model(statistics, bits, asymmetric);
  return fine_search(model, coarse_search(model, observed, asymmetric), observed, asymmetric);
}

}  // namespace octet::calibrate
