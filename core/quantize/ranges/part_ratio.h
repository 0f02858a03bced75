// How far apart the ranges of values in one tensor lie that are parts of it: one scale serves the widest
// part, and a figure for the whole tensor tells of that one.
#pragma once

namespace octet::quantize {

/// Ranges are alike up to half of the eight bits: of the step that serves the widest, the narrowest still has
/// four bits, which is about 24 dB less and still a signal. Those farther apart are of different parts.
inline constexpr double kPartRatio = 16;
/// A part that keeps fewer steps than these, of the 255 of INT8, is lost.
inline constexpr double kFewestSteps = 255 / kPartRatio;

}  // namespace octet::quantize
