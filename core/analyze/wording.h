// Figures and channels as sentences have them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octet::analyze {

/// With three significant digits.
std::string number(double value);
/// 0.05 is "5 %".
std::string percent(double share);
/// "Channel 3", "Channels 3, 17 to 20 and 40", of ascending ones: the verb behind it has to agree.
std::string channels_text(const std::vector<int32_t>& channels);

}  // namespace octet::analyze
