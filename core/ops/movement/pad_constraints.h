// What PAD and MIRROR_PAD share: facts about their paddings.
#pragma once

#include <algorithm>
#include <array>

#include "ops/operator.h"

namespace octet::ops {

inline constexpr std::array<int32_t, 2> kNoPadding = {0, 0};

template <class Attributes>
bool pads_nothing(const NodeView& node) {
  const auto& paddings = node.attributes<Attributes>().paddings;
  return std::all_of(paddings.begin(), paddings.end(), [](const auto& pair) { return pair == kNoPadding; });
}

template <class Attributes>
bool leaves_channels(const NodeView& node) {
  return node.attributes<Attributes>().paddings.back() == kNoPadding;
}

}  // namespace octet::ops
