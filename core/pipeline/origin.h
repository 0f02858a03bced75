// Where a model came from: what every step behind loading it needs to know, and does not change.
#pragma once

#include <cstdint>

#include "partition/target.h"
#include "pipeline/statistics_bytes.h"

namespace octet::pipeline {

struct Origin {
  partition::Target target;
  /// The file and what it was loaded with.
  Subject subject;
  uint64_t file_bytes = 0;
};

}  // namespace octet::pipeline
