#include "formats/onnx/flat_model.h"

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "ir/error.h"

namespace octet::formats::onnx {
namespace {

using Names = std::map<std::string_view, std::string_view>;

std::string_view mapped(const Names& names, std::string_view name) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

/// The names that a graph gives to values itself.
std::set<std::string_view> defined_in(const GraphMessage& graph) {
  std::set<std::string_view> defined;
  for (const TensorMessage& tensor : graph.initializers) defined.insert(tensor.name);
  for (const ValueMessage& input : graph.inputs) defined.insert(input.name);
  for (const NodeMessage& node : graph.nodes) defined.insert(node.outputs.begin(), node.outputs.end());
  defined.erase("");
  return defined;
}

NodeMessage renamed(NodeMessage node, const Names& names);

/// The graph with other names for what it reads from around it.
GraphMessage renamed(GraphMessage graph, Names names) {
  for (const std::string_view name : defined_in(graph)) names.erase(name);
  for (NodeMessage& node : graph.nodes) node = renamed(std::move(node), names);
  for (ValueMessage& output : graph.outputs) output.name = mapped(names, output.name);
  return graph;
}

NodeMessage renamed(NodeMessage node, const Names& names) {
  for (std::string_view& input : node.inputs) input = mapped(names, input);
  for (std::string_view& output : node.outputs) output = mapped(names, output);
  for (AttributeMessage& attribute : node.attributes) {
    if (attribute.graph)
      attribute.graph = std::make_shared<const GraphMessage>(renamed(*attribute.graph, names));
  }
  return node;
}

/// The attributes of a node in a function, those of the call in place of references to them.
std::vector<AttributeMessage> resolved(const std::vector<AttributeMessage>& attributes,
                                       const std::map<std::string_view, const AttributeMessage*>& given) {
  std::vector<AttributeMessage> result;
  for (const AttributeMessage& attribute : attributes) {
    if (attribute.reference.empty()) {
      result.push_back(attribute);
      if (!attribute.graph) continue;
      GraphMessage graph = *attribute.graph;
      for (NodeMessage& node : graph.nodes) node.attributes = resolved(node.attributes, given);
      result.back().graph = std::make_shared<const GraphMessage>(std::move(graph));
      continue;
    }
    // Without a value of the call's, nor a default, it is as if it were not there.
    const auto value = given.find(attribute.reference);
    if (value == given.end()) continue;
    result.push_back(*value->second);
    result.back().name = attribute.name;
  }
  return result;
}

/// Adds what a graph reads from around it.
void add_free_names(const GraphMessage& graph, std::vector<std::string_view>& names) {
  const std::set<std::string_view> defined = defined_in(graph);
  std::vector<std::string_view> read;
  for (const NodeMessage& node : graph.nodes) {
    read.insert(read.end(), node.inputs.begin(), node.inputs.end());
    for (const AttributeMessage& attribute : node.attributes) {
      if (attribute.graph) add_free_names(*attribute.graph, read);
    }
  }
  for (const ValueMessage& output : graph.outputs) read.push_back(output.name);
  for (const std::string_view name : read) {
    if (!name.empty() && defined.count(name) == 0) names.push_back(name);
  }
}

void check_version(int64_t version) {
  if (version >= kOldestOpset && version <= kNewestOpset) return;
  throw Error(ErrorCode::UnsupportedModel,
              "The model uses version " + std::to_string(version) + " of ONNX's operators; Octet knows " +
                  std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset) + ".",
              {},
              version < kOldestOpset
                  ? "Convert it with onnx.version_converter, or export it again with a newer opset."
                  : "Export it with an older opset.");
}

}  // namespace

FlatModel::FlatModel(ModelMessage model) : model_(std::move(model)) {
  // Files before IR 3 say nothing, which stands for the first version.
  const auto own = model_.opsets.find("");
  check_version(own == model_.opsets.end() ? 1 : own->second);
  std::vector<std::string_view> available;
  for (const TensorMessage& tensor : model_.graph.initializers) {
    initializers_.emplace(tensor.name, &tensor);
    available.push_back(tensor.name);
  }
  for (const ValueMessage& input : model_.graph.inputs) {
    if (initializers_.count(input.name) == 0) inputs_.push_back(&input);
    available.push_back(input.name);
  }
  append(model_.graph.nodes, model_.opsets, "", 0, {}, nodes_);
  nodes_ = in_order(std::move(nodes_), available);
}

std::string_view FlatModel::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

int64_t FlatModel::version_of(const NodeMessage& node, const OpsetVersions& opsets) const {
  const auto found = opsets.find(node.domain);
  return found == opsets.end() ? 1 : found->second;
}

const FunctionMessage* FlatModel::function_of(const NodeMessage& node) const {
  for (const FunctionMessage& function : model_.functions) {
    if (function.name == node.op && function.domain == node.domain && function.overload == node.overload)
      return &function;
  }
  return nullptr;
}

std::string FlatModel::node_name(const NodeMessage& node, const std::string& prefix) {
  const std::string base = prefix + std::string(node.name.empty() ? node.op : node.name);
  const bool is_made_up = node.name.empty();
  for (;;) {
    size_t& uses = taken_names_[base];
    std::string name = uses == 0 && !is_made_up ? base : base + "_" + std::to_string(uses);
    ++uses;
    if (name == base || taken_names_.emplace(name, 1).second) return name;
  }
}

void FlatModel::append(const std::vector<NodeMessage>& nodes, const OpsetVersions& opsets,
                       const std::string& prefix, int depth, const Names& names,
                       std::vector<FlatNode>& flat) {
  for (const NodeMessage& original : nodes) {
    if (flat.size() >= kMostMessages) {
      throw Error(ErrorCode::InvalidFile,
                  "The model's functions grow beyond " + std::to_string(kMostMessages) + " nodes.");
    }
    FlatNode node = {.message = renamed(original, names),
                     .name = node_name(original, prefix),
                     .version = version_of(original, opsets)};
    if (const FunctionMessage* const function = function_of(original)) {
      call(node.message, *function, node.name, depth + 1, flat);
    } else {
      flat.push_back(std::move(node));
    }
  }
}

void FlatModel::call(const NodeMessage& node, const FunctionMessage& function, const std::string& name,
                     int depth, std::vector<FlatNode>& flat) {
  if (depth > kDeepestGraph) {
    throw Error(ErrorCode::InvalidFile,
                "The function '" + std::string(function.name) + "' calls functions more than " +
                    std::to_string(kDeepestGraph) + " deep, or itself.",
                {.node = name});
  }
  if (const auto own = function.opsets.find(""); own != function.opsets.end()) check_version(own->second);
  Names names;
  for (const NodeMessage& inner : function.nodes) {
    for (const std::string_view output : inner.outputs) {
      if (!output.empty()) names[output] = keep(name + "/" + std::string(output));
    }
  }
  for (size_t i = 0; i < function.inputs.size(); ++i)
    names[function.inputs[i]] = i < node.inputs.size() ? node.inputs[i] : std::string_view();
  std::vector<std::pair<std::string_view, std::string_view>> passed_on;
  for (size_t i = 0; i < function.outputs.size() && i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    const bool is_input = std::find(function.inputs.begin(), function.inputs.end(), function.outputs[i]) !=
                          function.inputs.end();
    // What a function hands on without computing it, or twice, needs a node that does.
    if (is_input || !names.count(function.outputs[i]) ||
        !names[function.outputs[i]].starts_with(name + "/")) {
      passed_on.emplace_back(function.outputs[i], node.outputs[i]);
    } else {
      names[function.outputs[i]] = node.outputs[i];
    }
  }

  std::map<std::string_view, const AttributeMessage*> given;
  for (const AttributeMessage& attribute : function.defaults) given[attribute.name] = &attribute;
  for (const AttributeMessage& attribute : node.attributes) given[attribute.name] = &attribute;
  std::vector<NodeMessage> body = function.nodes;
  for (NodeMessage& inner : body) inner.attributes = resolved(inner.attributes, given);
  for (const auto& [from, to] : passed_on)
    body.push_back({.op = "Identity", .inputs = {mapped(names, from)}, .outputs = {to}});
  append(body, function.opsets.empty() ? model_.opsets : function.opsets, name + "/", depth, names, flat);
}

FlatModel::Branch FlatModel::branch_of(const FlatNode& owner, const GraphMessage& graph) {
  Names names;
  for (const std::string_view name : defined_in(graph))
    names[name] = keep(owner.name + "/" + std::string(name));
  Branch branch;
  std::vector<std::string_view> available;
  for (const TensorMessage& tensor : graph.initializers) branch.initializers[names[tensor.name]] = &tensor;
  // Versions are those of the model: graphs have none of their own.
  append(graph.nodes, model_.opsets, owner.name + "/", 0, names, branch.nodes);
  for (const ValueMessage& output : graph.outputs) branch.outputs.push_back(mapped(names, output.name));
  return branch;
}

std::vector<std::string_view> operands_of(const NodeMessage& node) {
  std::vector<std::string_view> names;
  for (const std::string_view input : node.inputs) {
    if (!input.empty()) names.push_back(input);
  }
  for (const AttributeMessage& attribute : node.attributes) {
    if (attribute.graph) add_free_names(*attribute.graph, names);
  }
  return names;
}

std::vector<FlatNode> in_order(std::vector<FlatNode> nodes, const std::vector<std::string_view>& available) {
  const auto complain = [](const FlatNode& node, std::string_view value, const std::string& problem) {
    throw Error(ErrorCode::InvalidFile,
                "Node '" + node.name + "' " + problem + " '" + std::string(value) + "'.",
                {.node = node.name, .tensor = std::string(value)});
  };
  constexpr size_t kNobody = SIZE_MAX;
  std::unordered_map<std::string_view, size_t> maker;
  for (const std::string_view name : available) maker[name] = kNobody;
  for (size_t n = 0; n < nodes.size(); ++n) {
    for (const std::string_view output : nodes[n].message.outputs) {
      if (!output.empty() && !maker.emplace(output, n).second)
        complain(nodes[n], output, "computes a second time the value");
    }
  }

  // How many values each node waits for, and who waits for each node's.
  std::vector<size_t> waits_for(nodes.size(), 0);
  std::vector<std::vector<size_t>> waiting(nodes.size());
  for (size_t n = 0; n < nodes.size(); ++n) {
    for (const std::string_view name : operands_of(nodes[n].message)) {
      const auto found = maker.find(name);
      if (found == maker.end()) complain(nodes[n], name, "reads a value that nothing computes:");
      if (found->second == kNobody) continue;
      ++waits_for[n];
      waiting[found->second].push_back(n);
    }
  }
  std::set<size_t> ready;
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (waits_for[n] == 0) ready.insert(n);
  }
  std::vector<FlatNode> ordered;
  while (!ready.empty()) {
    const size_t n = *ready.begin();
    ready.erase(ready.begin());
    for (const size_t next : waiting[n]) {
      if (--waits_for[next] == 0) ready.insert(next);
    }
    ordered.push_back(std::move(nodes[n]));
  }
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (waits_for[n] > 0)
      complain(nodes[n], nodes[n].message.outputs.empty() ? "" : nodes[n].message.outputs[0],
               "waits for its own result: the model has a cycle through");
  }
  return ordered;
}

}  // namespace octet::formats::onnx
