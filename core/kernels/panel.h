// A panel of output channels, in plain C types: kernels that are compiled apart (relaxed/) take it too.
#pragma once

#include <stdint.h>

namespace octet::kernels {

/// Output channels of a panel, two vectors of 32-bit sums.
inline constexpr int kPanelChannels = 8;

/// Eight neighbouring output channels of one group.
struct Panel {
  int32_t input_offset = 0;   ///< Of the group's first input channel in a packed pixel.
  int32_t first_channel = 0;  ///< Output channel.
  int32_t channels = 0;       ///< 1 to kPanelChannels.
};

}  // namespace octet::kernels
