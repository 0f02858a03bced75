// QuantizationParams: everything a user chooses about quantization. The same document in JSON is the CLI's
// config file, what the page copies, and what .octet files keep.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "calibrate/method.h"
#include "ir/quant_params.h"

namespace octet::quantize {

/// asymmetric: a zero point other than 0 is allowed. per_channel: one scale an output channel.
struct Scheme {
  bool asymmetric = false;
  bool per_channel = false;
  int bits = 8;
};

struct QuantizationParams {
  calibrate::Method calibration;
  Scheme activations = {.asymmetric = true, .per_channel = false, .bits = 8};
  Scheme weights = {.asymmetric = false, .per_channel = true, .bits = 8};
  RequantizationMode requantization = RequantizationMode::Sima;
  std::set<std::string> unquantized_nodes = {};
};

/// Throws InvalidConfig naming the offending field: asymmetric weights, per-channel activations, bits other
/// than 8.
void check(const QuantizationParams& params);

/// Parses and checks the JSON form. Unknown fields are errors: a typing mistake must not be a silent default.
QuantizationParams params_from_json(std::string_view json);
/// Canonical JSON: fixed field order, so that equal params give equal bytes.
std::string to_json(const QuantizationParams& params);

}  // namespace octet::quantize
