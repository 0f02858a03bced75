// The range of values that integers are to stand for.
#pragma once

namespace octet::calibrate {

/// A closed interval that contains zero.
struct Range {
  double low = 0;
  double high = 0;
};

}  // namespace octet::calibrate
