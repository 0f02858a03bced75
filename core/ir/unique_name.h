// Names for what rewrites add to a graph.
#pragma once

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

}  // namespace octet
