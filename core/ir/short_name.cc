#include "ir/short_name.h"

namespace octet {
namespace {

/// Calls visit(suffix) for the last two components before the first ';', the last three, ... and all of them,
/// until it returns true.
template <class Visit>
void for_each_suffix(std::string_view name, Visit visit) {
  const std::string_view first = name.substr(0, name.find(';'));
  size_t slash = first.rfind('/');
  while (slash != std::string_view::npos && slash > 0) {
    slash = first.rfind('/', slash - 1);
    if (slash == std::string_view::npos) break;
    if (visit(first.substr(slash + 1))) return;
  }
  visit(first);
}

}  // namespace

std::string short_name(std::string_view name) {
  std::string_view shortest;
  for_each_suffix(name, [&](std::string_view suffix) {
    shortest = suffix;
    return true;
  });
  return std::string(shortest);
}

std::unordered_map<std::string, std::string> short_names(const Graph& graph) {
  std::unordered_map<std::string_view, int> nodes_with;  // By suffix.
  for (const Node& node : graph.nodes) {
    for_each_suffix(node.name, [&](std::string_view suffix) {
      ++nodes_with[suffix];
      return false;
    });
  }
  std::unordered_map<std::string, std::string> names;
  for (const Node& node : graph.nodes) {
    // Names are unique, and one that ends as another does is no suffix that only one node has.
    std::string_view chosen = node.name;
    for_each_suffix(node.name, [&](std::string_view suffix) {
      if (nodes_with[suffix] > 1) return false;
      chosen = suffix;
      return true;
    });
    names.emplace(node.name, chosen);
  }
  return names;
}

}  // namespace octet
