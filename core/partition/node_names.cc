#include "partition/node_names.h"

#include <algorithm>
#include <vector>

#include "ir/short_name.h"
#include "partition/nearest_names.h"

namespace octet::partition {
namespace {

/// True when `pattern` covers the whole of `text`. The last '*' is retried one character further at each
/// mismatch, so that time is at most the product of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_pattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

/// Whether `fits` holds for the node's own name, or that of a source node.
template <class Fits>
bool any_name(const Node& node, const Fits& fits) {
  return fits(node.name) || std::any_of(node.source_nodes.begin(), node.source_nodes.end(), fits);
}

}  // namespace

Fit fit_of(std::string_view name, const Node& node) {
  if (any_name(node, [&](const std::string& each) { return each == name; })) return Fit::Exact;
  if (!is_pattern(name)) return Fit::None;
  return any_name(node, [&](const std::string& each) { return matches(name, each); }) ? Fit::Pattern
                                                                                      : Fit::None;
}

std::string whole_name(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (fit_of(name, node) != Fit::None) return name;
  }
  const auto labels = short_names(graph);
  std::vector<std::string> whole;
  for (const Node& node : graph.nodes) {
    if (labels.at(node.name) == name) return node.name;
    // Shorter than the label, which tells the node from others.
    if (short_name(node.name) == name) whole.push_back(node.name);
  }
  if (whole.size() <= 1) return whole.empty() ? name : whole[0];
  throw Error(ErrorCode::InvalidConfig,
              "'" + name + "' is short for " + std::to_string(whole.size()) + " nodes of the model.",
              {.node = name}, "Use the whole name, such as '" + whole[0] + "'.");
}

void check_name(const Graph& graph, const std::string& name, std::string_view purpose) {
  std::vector<std::string> known;
  for (const Node& node : graph.nodes) {
    if (fit_of(name, node) != Fit::None) return;
    known.push_back(node.name);
  }
  std::string hint;
  for (const std::string& near : nearest_names(name, known, 3))
    hint += (hint.empty() ? "'" : ", '") + near + "'";
  throw Error(ErrorCode::InvalidConfig,
              "No node of the model is named '" + name + "', " + std::string(purpose) + ".", {.node = name},
              hint.empty() ? "" : "The nearest names are " + hint + ".");
}

}  // namespace octet::partition
