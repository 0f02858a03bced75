// The importer by itself, for a format that is made of calls: a text of one operator a line would be enough
// for one.
#include "formats/importer.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "ir/error.h"

namespace octet::formats {
namespace {

/// A file of lines: what is computed, by what, from what.
struct Line {
  std::string result;
  std::string op;
  std::vector<std::string> operands;
};

/// Reads lines of RELU, NEG and SHAPELESS, and makes two nodes of one line of ABS_DIFFERENCE, as formats may
/// need to.
class LineReader {
 public:
  explicit LineReader(const ImportOptions& options = {}) : importer_(options) {
    importer_.check_input_names({"x"});
    values_["x"] = importer_.add_tensor({.name = "x", .shape = importer_.input_shape("x", {-1, 3})});
    importer_.graph().inputs.push_back(values_["x"]);
    constexpr std::array<float, 3> kConstant = {1, -2, 3};
    values_["c"] = importer_.add_tensor(
        {.name = "c", .shape = {3}, .constant = make_constant(std::span<const float>(kConstant))});
  }

  Imported read(const std::vector<Line>& lines) {
    for (const Line& line : lines)
      importer_.read_operator(
          line.op, line.result, [&] { read_line(line); }, [&] { return line.operands; });
    importer_.report_unsupported();
    importer_.graph().outputs.push_back(values_.at(lines.back().result));
    return importer_.finish({"It is a toy."});
  }

 private:
  TensorId declare(const std::string& name) {
    return values_[name] = importer_.graph().add_tensor({.name = name, .shape = {1}});
  }
  void add(const std::string& name, OpKind op, Attributes attributes, std::vector<TensorId> inputs) {
    Node node{.name = name, .op = op, .attributes = std::move(attributes), .inputs = std::move(inputs)};
    node.outputs = {declare(name)};
    importer_.add(std::move(node));
  }
  void read_line(const Line& line) {
    std::vector<TensorId> operands;
    for (const std::string& name : line.operands) operands.push_back(values_.at(name));
    if (line.op == "RELU") return add(line.result, OpKind::Relu, NoAttributes{}, operands);
    if (line.op == "NEG") return add(line.result, OpKind::Neg, NoAttributes{}, operands);
    if (line.op == "ABS_DIFFERENCE") {
      add(line.result + "/difference", OpKind::Sub, Elementwise{}, operands);
      return add(line.result, OpKind::Abs, NoAttributes{}, {values_.at(line.result + "/difference")});
    }
    declare(line.result);
    if (line.op == "SHAPELESS") throw Error(ErrorCode::InvalidShape, "It has no shape.");
    throw UnsupportedVariant{line.op == "ODD" ? "an odd one" : ""};
  }

  Importer importer_;
  std::map<std::string, TensorId> values_;
};

TEST(Importer, BuildsAGraphWithInferredShapes) {
  const Imported imported = LineReader().read({{"y", "RELU", {"x"}}, {"z", "ABS_DIFFERENCE", {"y", "c"}}});
  ASSERT_EQ(imported.graph.nodes.size(), 3u);
  EXPECT_EQ(imported.graph.tensor(imported.graph.outputs[0]).shape, (Shape{1, 3}));
  EXPECT_EQ(imported.warnings, (std::vector<std::string>{"It is a toy."}));
}

TEST(Importer, ComputesWhatReadsConstantsAlone) {
  const Imported imported = LineReader().read({{"n", "NEG", {"c"}}, {"z", "ABS_DIFFERENCE", {"x", "n"}}});
  ASSERT_EQ(imported.graph.nodes.size(), 2u);
  const Tensor& folded = imported.graph.tensor(imported.graph.nodes[0].inputs[1]);
  EXPECT_EQ(folded.name, "n");
  EXPECT_EQ(folded.values<float>()[1], 2.0f);
}

TEST(Importer, ListsAllThatItCannotRead) {
  try {
    LineReader().read({{"a", "ODD", {"x"}}, {"b", "FOO", {"a"}}, {"z", "RELU", {"x"}}});
    FAIL() << "It was read.";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
    EXPECT_NE(error.message().find("2 nodes that Octet does not support: ODD 'a' (an odd one), FOO 'b'."),
              std::string::npos)
        << error.message();
    EXPECT_EQ(error.where().node, "a");
  }
}

TEST(Importer, GivesErrorsThePlaceOfTheirNode) {
  try {
    LineReader().read({{"z", "SHAPELESS", {"x"}}});
    FAIL() << "It was read.";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "SHAPELESS 'z': It has no shape.");
    EXPECT_EQ(error.where().node, "z");
  }
}

TEST(Importer, TakesShapesForOpenDimensionsAlone) {
  const ImportOptions fits = {.input_shapes = {{"x", {5, 3}}}};
  EXPECT_EQ(LineReader(fits).read({{"z", "RELU", {"x"}}}).graph.tensors[0].shape, (Shape{5, 3}));
  const ImportOptions contradicts = {.input_shapes = {{"x", {5, 4}}}};
  EXPECT_THROW(LineReader{contradicts}, Error);
  const ImportOptions unknown = {.input_shapes = {{"y", {5, 3}}}};
  EXPECT_THROW(LineReader{unknown}, Error);
}

}  // namespace
}  // namespace octet::formats
