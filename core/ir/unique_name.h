// Names for what rewrites add to a graph, or change.
#pragma once

#include <map>
#include <string>
#include <unordered_set>

namespace octet {

/// `base`, or base_N with the least N from `first` on, whichever `taken` lacks; it is taken from then on.
inline std::string take_unique_name(std::unordered_set<std::string>& taken, const std::string& base,
                                    int first) {
  std::string name = base;
  for (int suffix = first; !taken.insert(name).second; ++suffix) name = base + "_" + std::to_string(suffix);
  return name;
}

/// What `names` has in place of a name; the name itself where it has nothing.
inline const std::string& renamed(const std::string& name, const std::map<std::string, std::string>& names) {
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

}  // namespace octet
