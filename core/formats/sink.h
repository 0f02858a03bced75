// Where a writer's file goes.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace octet::formats {

/// Called once with the whole file, in memory that is the writer's and gone after the call.
using Sink = std::function<void(std::span<const std::byte>)>;

}  // namespace octet::formats
