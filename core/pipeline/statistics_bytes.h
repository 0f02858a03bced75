// Statistics as bytes: what one worker gathers and another takes in, or the same one later. All begin with a
// header that says what they are and of which model and settings, so that what is foreign, stale or cut short
// is refused and not added up. They are the same on every machine.
//
//   offset  0  "OCTS"
//           4  version of the format, 32 bits
//           8  kind, 32 bits
//          12  nothing yet, 32 bits
//          16  subject, 64 bits
//          24  bytes that follow, 64 bits
//          32  what was gathered: see whoever gathers it
// Several may stand one behind the other.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ir/tensor.h"

namespace octet::pipeline {

/// Raised when what follows a header changes, or what it means.
inline constexpr uint32_t kStatisticsVersion = 1;

/// The numbers are part of the format.
enum class StatisticsKind : uint32_t {
  InputFacts = 1,         ///< What is noticed about the inputs of a sample.
  ChannelSample = 2,      ///< What the channels of a sample hold.
  ChannelTotals = 3,      ///< The same of all samples.
  CalibrationSample = 4,  ///< The extremes of a sample, and what is noticed about its inputs.
  Calibration = 5,        ///< Histograms and extremes of the samples that one worker was dealt.
  InputMoments = 6,       ///< What layers read in the samples that one worker was dealt.
  ErrorSample = 7,        ///< How far the nodes of two graphs are apart in a sample.
  NoiseSample = 8,        ///< What single roundings make of a sample's outputs.
};

/// What statistics are of: a digest of a model and of all that decides what is gathered from it.
enum class Subject : uint64_t {};

/// A file, and what else makes a model of it.
Subject subject_of(std::span<const std::byte> file, std::string_view options = {});
/// The same with what decides further: settings, say.
Subject with(Subject subject, std::string_view more);

/// A header, whose size is not known yet, and that of what was appended to it: for statistics_of().
Bytes begin_statistics(StatisticsKind kind, Subject subject);
void end_statistics(Bytes& statistics);

/// Statistics of what `append(bytes)` appends.
template <class Append>
Bytes statistics_of(StatisticsKind kind, Subject subject, const Append& append) {
  Bytes statistics = begin_statistics(kind, subject);
  append(statistics);
  end_statistics(statistics);
  return statistics;
}

/// What was gathered, of the statistics at the front of `bytes`, which are dropped there. Throws InvalidInput
/// where they are none, of another version, kind or subject, or cut short, and says which.
std::span<const std::byte> take_statistics(std::span<const std::byte>& bytes, StatisticsKind kind,
                                           Subject subject);
/// The same of bytes that hold nothing else.
std::span<const std::byte> gathered_in(std::span<const std::byte> statistics, StatisticsKind kind,
                                       Subject subject);

}  // namespace octet::pipeline
