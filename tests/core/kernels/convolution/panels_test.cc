#include "kernels/convolution/panels.h"

#include <gtest/gtest.h>

#include "support/graph_builder.h"

namespace octet::kernels {
namespace {

TEST(Panels, OfRowsAreThoseOfSingleWeights) {
  for (const int32_t channels : {1, 3, 4, 7, 8, 17}) {
    for (const int32_t depth : {1, 3, 4, 5, 8, 27}) {
      const std::vector<float> filter = test::Random(5).floats(channels * depth, -1, 1);
      std::vector<float> singly, rows;
      for (const Panel& panel : make_panels(1, depth, channels)) {
        const auto weight = [&](int32_t c, int32_t k) { return filter[static_cast<size_t>(c * depth + k)]; };
        append_floats(panel, depth, weight, singly);
        append_float_rows(panel, depth,
                          std::span(filter).subspan(static_cast<size_t>(panel.first_channel * depth)), rows);
      }
      EXPECT_EQ(rows, singly) << channels << " channels of " << depth;
    }
  }
}

}  // namespace
}  // namespace octet::kernels
