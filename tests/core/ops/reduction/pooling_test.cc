// AVERAGE_POOL_2D and MAX_POOL_2D against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/graph_builder.h"

namespace octet::test {
namespace {

struct Case {
  Shape input;
  Pool2d pool;
};

const std::vector<Case> kCases = {
    {{1, 2, 2, 1}, {{2, 2}, {2, 2}, {}}},
    {{1, 5, 7, 3}, {{3, 2}, {2, 1}, {}}},
    {{2, 6, 5, 19}, {{3, 3}, {2, 2}, {1, 1, 1, 1}}},
    {{1, 4, 4, 33}, {{2, 2}, {1, 1}, {0, 1, 0, 1}}},
    {{1, 9, 8, 16}, {{9, 8}, {1, 1}, {}}},
    {{1, 7, 6, 5}, {{4, 5}, {3, 2}, {3, 0, 4, 1}}},
    {{3, 1, 1, 8}, {{1, 1}, {1, 1}, {}}},
    {{1, 3, 40, 17}, {{3, 33}, {1, 4}, {2, 2, 32, 0}}},
};

/// Calls visit(values of the window, in order) for each output element, in order.
template <class T, class Visit>
void for_each_window(const Case& test, const Shape& output, const std::vector<T>& input, Visit visit) {
  const auto& [shape, pool] = test;
  for (int b = 0; b < output.batch(); ++b) {
    for (int y = 0; y < output.height(); ++y) {
      for (int x = 0; x < output.width(); ++x) {
        for (int c = 0; c < output.channels(); ++c) {
          std::vector<T> window;
          for (int dy = 0; dy < pool.window.height; ++dy) {
            for (int dx = 0; dx < pool.window.width; ++dx) {
              const int in_y = y * pool.stride.height - pool.padding.top + dy;
              const int in_x = x * pool.stride.width - pool.padding.left + dx;
              if (in_y < 0 || in_x < 0 || in_y >= shape.height() || in_x >= shape.width()) continue;
              const int pixel = (b * shape.height() + in_y) * shape.width() + in_x;
              window.push_back(input[static_cast<size_t>(pixel * shape.channels() + c)]);
            }
          }
          visit(window);
        }
      }
    }
  }
}

TEST(Pooling, Float) {
  Random random(1);
  for (Case test : kCases) {
    for (const Activation activation : {Activation::None, Activation::Relu6}) {
      test.pool.activation = activation;
      for (const OpKind op : {OpKind::AveragePool2d, OpKind::MaxPool2d}) {
        SCOPED_TRACE(std::string(to_string(op)) + " of " + to_string(test.input));
        GraphBuilder builder;
        const TensorId y = builder.node(op, test.pool, {builder.input("x", test.input)})[0];
        builder.output(y);
        const std::vector<float> input = random.floats(test.input.elements(), -5, 9);
        const std::vector<float> actual = run<float>(builder.graph(), {input});
        size_t i = 0;
        for_each_window(test, builder.tensor(y).shape, input, [&](const std::vector<float>& window) {
          double sum = 0;
          for (const float value : window) sum += value;
          double expected = op == OpKind::MaxPool2d ? *std::max_element(window.begin(), window.end())
                                                    : sum / static_cast<double>(window.size());
          if (activation == Activation::Relu6) expected = std::clamp(expected, 0.0, 6.0);
          ASSERT_NEAR(actual[i], expected, 1e-5) << i;
          ++i;
        });
        EXPECT_EQ(i, actual.size());
      }
    }
  }
}

TEST(Pooling, Int8) {
  const QuantParams quantization = QuantParams::per_tensor(0.1f, -20);
  Random random(2);
  for (Case test : kCases) {
    for (const Activation activation : {Activation::None, Activation::Relu6}) {
      test.pool.activation = activation;
      for (const OpKind op : {OpKind::AveragePool2d, OpKind::MaxPool2d}) {
        SCOPED_TRACE(std::string(to_string(op)) + " of " + to_string(test.input));
        GraphBuilder builder;
        const TensorId x = builder.input("x", test.input, DType::Int8, quantization);
        const TensorId y = builder.node(op, test.pool, {x}, {quantization})[0];
        builder.output(y);
        const std::vector<int8_t> input = random.integers<int8_t>(test.input.elements(), -128, 127);
        const std::vector<int8_t> actual = run<int8_t>(builder.graph(), {input});
        size_t i = 0;
        for_each_window(test, builder.tensor(y).shape, input, [&](const std::vector<int8_t>& window) {
          int sum = 0;
          for (const int8_t value : window) sum += value;
          const int half = static_cast<int>(window.size()) / 2;
          int expected = op == OpKind::MaxPool2d
                             ? *std::max_element(window.begin(), window.end())
                             : (sum + (sum > 0 ? half : -half)) / static_cast<int>(window.size());
          if (activation == Activation::Relu6) expected = std::clamp(expected, -20, 40);
          ASSERT_EQ(actual[i], expected) << i;
          ++i;
        });
        EXPECT_EQ(i, actual.size());
      }
    }
  }
}

std::string failure(const Pool2d& pool, const Shape& input) {
  GraphBuilder builder;
  try {
    builder.node(OpKind::MaxPool2d, pool, {builder.input("x", input)});
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Pooling, EveryWindowTouchesTheImage) {
  EXPECT_EQ(failure({{2, 2}, {1, 1}, {2, 0, 0, 0}}, {1, 4, 4, 1}),
            "MAX_POOL_2D 'node_0': its height is padded by 2 and 0; from 0 to 1 is possible.");
  EXPECT_EQ(failure({{2, 5}, {1, 1}, {}}, {1, 4, 4, 1}),
            "MAX_POOL_2D 'node_0': its window is larger than the padded width of its input, 4.");
  EXPECT_EQ(failure({{0, 1}, {1, 1}, {}}, {1, 4, 4, 1}),
            "MAX_POOL_2D 'node_0': the height of its window and stride must be at least 1.");
  EXPECT_EQ(failure({{1, 1}, {1, 1}, {}}, {4, 4}),
            "MAX_POOL_2D 'node_0': input 'x' has 2 dimensions; 4 are expected.");
}

}  // namespace
}  // namespace octet::test
