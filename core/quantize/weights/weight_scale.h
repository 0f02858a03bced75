// The step of symmetric integer weights.
#pragma once

#include <span>

namespace octet::quantize {

/// Weights of `bits` are integers within [-largest_weight(bits), largest_weight(bits)].
constexpr int largest_weight(int bits) { return (1 << (bits - 1)) - 1; }

/// What rounding to integers within [-largest, largest] of that scale costs: the sum of the cubes of the
/// errors' magnitudes. Squares clip more, which costs a small layer of few weights more than it gains.
double rounding_cost(std::span<const float> weights, double scale, int largest);

/// The scale from `covering`, with which no weight is clipped, down to a third of it with the least cost. Of
/// few integers most are spent on the few large weights when all are covered.
double least_cost_scale(std::span<const float> weights, double covering, int largest);

/// The same among `covering`, its half and its quarter, as far as it may be halved.
double least_cost_halving(std::span<const float> weights, double covering, int halvings, int largest);

}  // namespace octet::quantize
