// Suggestions for a name that was mistyped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace octet::partition {

/// At most `count` of `names`, those with the smallest edit distance to `name` first; ties in the order
/// given.
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& names,
                                       size_t count);

}  // namespace octet::partition
