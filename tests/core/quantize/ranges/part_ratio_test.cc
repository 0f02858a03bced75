#include "quantize/ranges/part_ratio.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace octet::quantize {
namespace {

/// Whoever tells parts apart outside of the core does it as the core.
TEST(PartRatio, IsTheSameWhereverPartsAreToldApart) {
  const std::string ratio = std::to_string(static_cast<int>(kPartRatio));
  for (const auto& [path, sentence] :
       {std::pair<const char*, std::string>{"/bindings/js/src/main/output-noise.ts",
                                            "const PART_RATIO = " + ratio + ";"},
        {"/tests/bench/accuracy_peers.py", "_RANGES_OF_A_PART = " + ratio + "\n"},
        {"/tests/bench/accuracy_page.mjs", "differ in range by more than " + ratio + " times"}}) {
    std::ifstream file(std::string(OCTET_SOURCE) + path);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_NE(text.find(sentence), std::string::npos) << path << " should say " << sentence;
  }
}

}  // namespace
}  // namespace octet::quantize
