#include "pipeline/statistics_bytes.h"

#include <array>
#include <string>

#include "ir/byte_stream.h"
#include "ir/digest.h"
#include "ir/error.h"
#include "ir/text.h"

namespace octet::pipeline {
namespace {

struct Header {
  std::array<char, 4> magic = {'O', 'C', 'T', 'S'};
  uint32_t version = kStatisticsVersion;
  uint32_t kind = 0;
  uint32_t unused = 0;
  uint64_t subject = 0;
  uint64_t bytes = 0;  ///< That follow.

  static constexpr auto kFields = std::tuple(&Header::magic, &Header::version, &Header::kind, &Header::unused,
                                             &Header::subject, &Header::bytes);
};

constexpr size_t kHeaderBytes = byte_size_of<Header>();
static_assert(kHeaderBytes == 32);

/// Behind "statistics".
std::string_view description_of(uint32_t kind) {
  switch (static_cast<StatisticsKind>(kind)) {
    case StatisticsKind::InputFacts:
      return "of a sample's inputs";
    case StatisticsKind::ChannelSample:
      return "of a sample's channels";
    case StatisticsKind::ChannelTotals:
      return "of channels";
    case StatisticsKind::CalibrationSample:
      return "of a calibration sample";
    case StatisticsKind::Calibration:
      return "of a calibration";
    case StatisticsKind::InputMoments:
      return "of what layers read";
    case StatisticsKind::ErrorSample:
      return "of a sample's errors";
    case StatisticsKind::NoiseSample:
      return "of a sample's noise";
  }
  return "of a kind that this Octet does not know";
}

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorCode::InvalidInput, std::move(message), {}, std::move(hint));
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Subject subject_of(std::span<const std::byte> file, std::string_view options) {
  return with(static_cast<Subject>(digest_of_file(file)), options);
}

Subject with(Subject subject, std::string_view more) {
  return static_cast<Subject>(digest_of(bytes_of(more), static_cast<uint64_t>(subject)));
}

Bytes begin_statistics(StatisticsKind kind, Subject subject) {
  Bytes statistics;
  put(statistics,
      Header{.kind = static_cast<uint32_t>(kind), .subject = static_cast<uint64_t>(subject), .bytes = 0});
  return statistics;
}

void end_statistics(Bytes& statistics) {
  const uint64_t bytes = statistics.size() - kHeaderBytes;
  std::memcpy(statistics.data() + kHeaderBytes - sizeof(bytes), &bytes, sizeof(bytes));
}

std::span<const std::byte> take_statistics(std::span<const std::byte>& bytes, StatisticsKind kind,
                                           Subject subject) {
  const auto wanted = static_cast<uint32_t>(kind);
  std::span<const std::byte> rest = bytes;
  if (rest.size() < kHeaderBytes) {
    refuse(text({"There should be statistics ", description_of(wanted), ", and they are cut short."}),
           "Gather them again.");
  }
  const auto header = take<Header>(rest);
  if (header.magic != Header().magic)
    refuse(text({"There should be statistics ", description_of(wanted), ", and these bytes are none."}),
           "Give what Octet gathered, unchanged.");
  if (header.version != kStatisticsVersion) {
    refuse(text({"The statistics are of version ", std::to_string(header.version),
                 " of the format; this Octet reads version ", std::to_string(kStatisticsVersion), "."}),
           "Gather them again with this version of Octet.");
  }
  if (header.kind != wanted) {
    refuse(text({"There should be statistics ", description_of(wanted), ", and these are ",
                 description_of(header.kind), "."}),
           "Give those that were gathered for this.");
  }
  if (header.subject != static_cast<uint64_t>(subject)) {
    refuse(text({"The statistics ", description_of(wanted), " are of another model, or of other settings."}),
           "Gather them again, with the model and the settings that they are to serve.");
  }
  if (header.bytes > rest.size()) {
    refuse(text({"The statistics ", description_of(wanted), " are cut short: of ",
                 std::to_string(header.bytes), " bytes, ", std::to_string(rest.size()), " are there."}),
           "Gather them again.");
  }
  const auto size = static_cast<size_t>(header.bytes);
  bytes = rest.subspan(size);
  return rest.first(size);
}

std::span<const std::byte> gathered_in(std::span<const std::byte> statistics, StatisticsKind kind,
                                       Subject subject) {
  const std::span<const std::byte> gathered = take_statistics(statistics, kind, subject);
  check_all_taken(statistics);
  return gathered;
}

}  // namespace octet::pipeline
