// How an image became an input: what transforms/image.h tells InputCheck, which looks for mistakes in it.
#pragma once

#include <tuple>

namespace octet::calibrate {

/// How an image becomes a tensor, as far as that may be a mistake. It is as here for what is no image.
struct ImageOrigin {
  float stretch = 1;        ///< By how much its sides are scaled differently, at least 1.
  bool lost_color = false;  ///< Its colours become luma, since the tensor has one channel.

  static constexpr auto kFields = std::tuple(&ImageOrigin::stretch, &ImageOrigin::lost_color);
};

}  // namespace octet::calibrate
