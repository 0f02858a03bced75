// Statistics come back as they were, and whatever is no longer them is refused with what it is.
#include "pipeline/statistics_bytes.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ir/byte_stream.h"

namespace octet::pipeline {
namespace {

constexpr StatisticsKind kKind = StatisticsKind::Calibration;
constexpr Subject kSubject = static_cast<Subject>(0x1234567890abcdef);

Bytes statistics_of(const std::vector<double>& values, StatisticsKind kind = kKind,
                    Subject subject = kSubject) {
  Bytes statistics = begin_statistics(kind, subject);
  put_list(statistics, values);
  end_statistics(statistics);
  return statistics;
}

std::vector<double> values_in(std::span<const std::byte> gathered) {
  const auto values = take_list<double>(gathered);
  check_all_taken(gathered);
  return values;
}

/// What is said of statistics that are refused; empty where they are not.
std::string refusal(const Bytes& statistics) {
  try {
    values_in(gathered_in(statistics, kKind, kSubject));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
    return error.message();
  }
  return "";
}

void set_word(Bytes& statistics, size_t offset, auto value) {
  std::memcpy(statistics.data() + offset, &value, sizeof(value));
}

TEST(StatisticsBytes, ComeBack) {
  const std::vector<double> values = {1, -2.5, 1e300};
  EXPECT_EQ(values_in(gathered_in(statistics_of(values), kKind, kSubject)), values);
  EXPECT_EQ(refusal(statistics_of({})), "");
}

TEST(StatisticsBytes, StandOneBehindTheOther) {
  Bytes both = statistics_of({1});
  const Bytes second = statistics_of({2, 3});
  both.insert(both.end(), second.begin(), second.end());
  std::span<const std::byte> rest = both;
  EXPECT_EQ(values_in(take_statistics(rest, kKind, kSubject)), std::vector<double>{1});
  EXPECT_EQ(values_in(take_statistics(rest, kKind, kSubject)), (std::vector<double>{2, 3}));
  EXPECT_TRUE(rest.empty());
  EXPECT_NE(refusal(both), "");
}

TEST(StatisticsBytes, AreTheSameOnEveryMachine) {
  const Bytes statistics = statistics_of({1});
  const std::vector<int> expected = {
      'O', 'C', 'T', 'S', 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0xef, 0xcd, 0xab, 0x90, 0x78, 0x56, 0x34, 0x12,
      16,  0,   0,   0,   0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,    0,    0,    0xf0, 0x3f};
  std::vector<int> bytes;
  for (const std::byte byte : statistics) bytes.push_back(static_cast<int>(byte));
  EXPECT_EQ(bytes, expected);
}

TEST(StatisticsBytes, AreRefusedWhereTheyAreOthers) {
  EXPECT_NE(refusal(statistics_of({1}, StatisticsKind::ChannelTotals)).find("these are of channels"),
            std::string::npos);
  EXPECT_NE(refusal(statistics_of({1}, static_cast<StatisticsKind>(77))).find("does not know"),
            std::string::npos);
  EXPECT_NE(refusal(statistics_of({1}, kKind, Subject{})).find("of another model"), std::string::npos);
  Bytes newer = statistics_of({1});
  set_word(newer, 4, kStatisticsVersion + 1);
  EXPECT_NE(refusal(newer).find("of version 2"), std::string::npos);
  EXPECT_NE(refusal(Bytes(64, std::byte{'x'})).find("these bytes are none"), std::string::npos);
}

TEST(StatisticsBytes, AreRefusedWhereTheyAreCutShort) {
  const Bytes whole = statistics_of({1, 2});
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length))), "") << length;
  // Sizes that 32 bits, or all memory, could not hold.
  for (const uint64_t size : {uint64_t{1} << 32, (uint64_t{1} << 32) + 24, ~uint64_t{0}}) {
    Bytes longer = whole;
    set_word(longer, 24, size);
    EXPECT_NE(refusal(longer).find("cut short"), std::string::npos);
    Bytes list = whole;
    set_word(list, 32, size);
    EXPECT_NE(refusal(list).find("cut short"), std::string::npos);
  }
}

TEST(StatisticsBytes, SubjectsDifferByAllThatDecides) {
  Bytes file(100);
  const Subject subject = subject_of(file, "options");
  EXPECT_EQ(subject, subject_of(file, "options"));
  EXPECT_NE(subject, subject_of(file, "option"));
  EXPECT_NE(subject, with(subject, "settings"));
  for (const size_t at : {0u, 7u, 8u, 99u}) {
    Bytes other = file;
    other[at] = std::byte{0x80};
    EXPECT_NE(subject, subject_of(other, "options")) << at;
    // Twice the highest bit of a word must not be as none.
    other[(at + 8) % 96] = std::byte{0x80};
    EXPECT_NE(subject, subject_of(other, "options")) << at;
  }
  file.push_back(std::byte{0});
  EXPECT_NE(subject, subject_of(file, "options"));
}

}  // namespace
}  // namespace octet::pipeline
