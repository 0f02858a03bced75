// Where the time of a forward pass goes.
#pragma once

#include <span>
#include <vector>

#include "emulate/executor.h"

namespace octet::emulate {

/// Runs the graph `runs` times on the same inputs, one span a graph input, and returns the milliseconds that
/// each node took, in execution order, as the mean over the runs. Browsers round their clocks: only many runs
/// tell short nodes apart. Throws InvalidInput as Executor::set_input does.
std::vector<double> profile(Executor& executor, std::span<const std::span<const std::byte>> inputs, int runs);

}  // namespace octet::emulate
