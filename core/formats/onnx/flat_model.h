// An .onnx model as one list of operators in the order in which they can be computed: functions are taken
// apart, names are unique, and every node knows the version of its operator.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/messages.h"

namespace octet::formats::onnx {

/// The versions of ONNX's operators that Octet knows.
inline constexpr int64_t kOldestOpset = 6;
inline constexpr int64_t kNewestOpset = 28;

/// A node and the version of its domain's operators that it is written in.
struct FlatNode {
  NodeMessage message;
  std::string name;  ///< Unique, and never empty.
  int64_t version = 0;
};

/// Nodes in the order of computation, whose values have names of their own.
class FlatModel {
 public:
  /// Throws InvalidFile where nodes form a cycle, compute a value twice or read one that nothing computes,
  /// and where functions call themselves or grow beyond kMostMessages; UnsupportedModel for versions that
  /// Octet does not know.
  explicit FlatModel(ModelMessage model);

  const std::vector<FlatNode>& nodes() const { return nodes_; }
  const GraphMessage& graph() const { return model_.graph; }
  const ModelMessage& model() const { return model_; }
  /// The constants of the graph by the names of their values.
  const std::map<std::string_view, const TensorMessage*>& initializers() const { return initializers_; }
  /// What the graph computes from: its inputs without those that are initializers, as files before IR 4 list
  /// them.
  const std::vector<const ValueMessage*>& inputs() const { return inputs_; }

  /// The nodes of a graph in an attribute of `owner`, which is computed in its place: a branch of If. Its
  /// values get names of their own, but those in `outer`, which it reads from around it.
  struct Branch {
    std::vector<FlatNode> nodes;
    std::vector<std::string_view> outputs;
    std::map<std::string_view, const TensorMessage*> initializers;
  };
  Branch branch_of(const FlatNode& owner, const GraphMessage& graph);

 private:
  using Names = std::map<std::string_view, std::string_view>;

  std::string_view keep(std::string text);
  int64_t version_of(const NodeMessage& node, const OpsetVersions& opsets) const;
  const FunctionMessage* function_of(const NodeMessage& node) const;
  /// Appends the nodes, functions among them taken apart. `names`: what stands for the names in them.
  void append(const std::vector<NodeMessage>& nodes, const OpsetVersions& opsets, const std::string& prefix,
              int depth, const Names& names, std::vector<FlatNode>& flat);
  void call(const NodeMessage& node, const FunctionMessage& function, const std::string& name, int depth,
            std::vector<FlatNode>& flat);
  std::string node_name(const NodeMessage& node, const std::string& prefix);

  ModelMessage model_;
  std::vector<FlatNode> nodes_;
  std::map<std::string_view, const TensorMessage*> initializers_;
  std::vector<const ValueMessage*> inputs_;
  std::deque<std::string> texts_;  ///< Names that the file has not.
  std::map<std::string, size_t> taken_names_;
};

/// All that a node needs computed before it, also by graphs in its attributes.
std::vector<std::string_view> operands_of(const NodeMessage& node);

/// Puts the nodes into an order of computation, where possible the file's own. `available`: values that are
/// there without them. Throws InvalidFile naming a node that waits for itself or for what nothing computes.
std::vector<FlatNode> in_order(std::vector<FlatNode> nodes, const std::vector<std::string_view>& available);

}  // namespace octet::formats::onnx
