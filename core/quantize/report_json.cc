#include "quantize/report_json.h"

#include <nlohmann/json.hpp>

namespace octet::quantize {

std::string report_json(const Result& result) {
  using Json = nlohmann::ordered_json;
  Json tensors = Json::array();
  for (const TensorRecord& record : result.tensors) {
    tensors.push_back({{"tensor", record.tensor},
                       {"observed", {record.observed.low, record.observed.high}},
                       {"chosen", {record.chosen.low, record.chosen.high}},
                       {"scale", record.quantization.scale[0]},
                       {"zeroPoint", record.quantization.zero_point[0]}});
  }
  return Json{{"tensors", tensors}, {"warnings", result.warnings}}.dump();
}

}  // namespace octet::quantize
