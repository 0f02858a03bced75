#include "quantize/weights/weight_scale.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {
namespace {

/// Candidates are multiples of covering / kSteps, from kSteps down to kFewest.
constexpr int kSteps = 64;
constexpr int kFewest = 21;
constexpr int kMostHalvings = 2;

/// Keeps the scale of the least cost; the first of equals.
class Best {
 public:
  Best(std::span<const float> weights, int largest) : weights_(weights), largest_(largest) {}

  void consider(double scale) {
    const double cost = rounding_cost(weights_, scale, largest_);
    if (scale_ > 0 && cost >= cost_) return;
    scale_ = scale;
    cost_ = cost;
  }
  double scale() const { return scale_; }

 private:
  std::span<const float> weights_;
  int largest_;
  double scale_ = 0;
  double cost_ = 0;
};

}  // namespace

double rounding_cost(std::span<const float> weights, double scale, int largest) {
  const double limit = largest;
  double sum = 0;
  for (const float weight : weights) {
    const double steps = static_cast<double>(weight) / scale;
    const double error = steps - std::clamp(std::round(steps), -limit, limit);
    sum += error * error * std::fabs(error);
  }
  return sum * scale * scale * scale;
}

double least_cost_scale(std::span<const float> weights, double covering, int largest) {
  Best best(weights, largest);
  for (int step = kSteps; step >= kFewest; --step) best.consider(covering * step / kSteps);
  return best.scale();
}

double least_cost_halving(std::span<const float> weights, double covering, int halvings, int largest) {
  Best best(weights, largest);
  for (int halving = 0; halving <= std::min(halvings, kMostHalvings); ++halving)
    best.consider(std::ldexp(covering, -halving));
  return best.scale();
}

}  // namespace octet::quantize
