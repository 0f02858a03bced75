// Documents against nlohmann's JSON: what is written is what it reads, what it writes is read, and both
// refuse the same.
#include "json/value.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace octet::json {
namespace {

using Judge = nlohmann::ordered_json;

TEST(Json, WritesWhatItWasMadeOf) {
  const Value value = {{"text", "a\"b"},
                       {"yes", true},
                       {"none", Value()},
                       {"list", std::vector<int>{1, -2}},
                       {"large", uint64_t{1} << 63},
                       {"object", Value{{"z", 1}, {"a", 0.5f}}},
                       {"pairs", std::vector<std::array<int, 2>>{{1, 2}}},
                       {"empty", Value::object()}};
  EXPECT_EQ(to_string(value),
            R"({"text":"a\"b","yes":true,"none":null,"list":[1,-2],"large":9223372036854775808,)"
            R"("object":{"z":1,"a":0.5},"pairs":[[1,2]],"empty":{}})");
}

TEST(Json, WritesNumbersAsTheJudgeDoes) {
  std::mt19937_64 random(5);
  std::vector<double> numbers = {0.0,  -0.0, 1,    0.1,  1e15,   1e16,
                                 1e22, 1e-4, 1e-5, 1e-7, 1e-323, std::numeric_limits<double>::max()};
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double number = 0;
    std::memcpy(&number, &bits, sizeof(number));
    numbers.push_back(number);
    numbers.push_back(static_cast<double>(
        static_cast<float>(std::ldexp(1.0 + (bits >> 40) * 0x1p-24, static_cast<int>(bits % 40) - 20))));
  }
  for (const double number : numbers) {
    const std::string text = to_string(Value(number));
    if (!std::isfinite(number)) {
      EXPECT_EQ(text, std::isnan(number) ? "null" : number > 0 ? "1e999" : "-1e999");
      if (!std::isnan(number)) EXPECT_EQ(parse(text).number(), number);
      continue;
    }
    EXPECT_EQ(text, Judge(number).dump());
    EXPECT_EQ(parse(text).number(), number) << text;
  }
}

TEST(Json, ReadsWhatTheJudgeReads) {
  const char* const documents[] = {"",
                                   "null",
                                   " [1, 2.5e3 ,-0] ",
                                   R"({"a":{"b":[true,false]},"c":"\u00e9\n\ud83d\ude00"})",
                                   "18446744073709551615",
                                   "-9223372036854775808",
                                   "18446744073709551616",
                                   "01",
                                   "+1",
                                   "1.",
                                   ".5",
                                   "NaN",
                                   "[1,]",
                                   "{\"a\":1,}",
                                   "{'a':1}",
                                   "\"\x01\"",
                                   "\"\\ud800\"",
                                   "\"\xff\"",
                                   "\"\xc0\x80\"",
                                   "[1] 2",
                                   "[",
                                   "tru",
                                   "// c\n1"};
  for (const char* const document : documents) {
    SCOPED_TRACE(document);
    const Judge judged = Judge::parse(document, nullptr, false);
    const std::optional<Value> value = parsed(document);
    EXPECT_EQ(value.has_value(), !judged.is_discarded());
    if (value && !judged.is_discarded()) EXPECT_EQ(to_string(*value), judged.dump());
  }
  EXPECT_FALSE(parsed(std::string_view("1\0", 2)));
  EXPECT_FALSE(parsed(std::string_view("\0", 1)));
}

TEST(Json, KeepsTheLastOfMembersOfOneName) {
  EXPECT_EQ(to_string(parse(R"({"a":1,"b":2,"a":3})")), R"({"a":3,"b":2})");
}

TEST(Json, RefusesWhatLiesTooDeep) {
  EXPECT_TRUE(parsed(std::string(400, '[') + std::string(400, ']')));
  EXPECT_FALSE(parsed(std::string(1000000, '[')));
  EXPECT_FALSE(parsed(std::string(1000, '[') + std::string(1000, ']')));
}

TEST(Json, ReplacesBytesThatAreNoText) {
  // Whole characters stay; halves of them, overlong ones, halves of UTF-16 pairs and what is beyond Unicode
  // do not.
  const std::string bad = "\xc3\xa9 \xc3 \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82";
  const std::string text = to_string(Value(bad));
  EXPECT_TRUE(Judge::accept(text));
  EXPECT_TRUE(text.starts_with("\"\xc3\xa9 \xef\xbf\xbd "));
}

TEST(Json, AnswersByKind) {
  const Value value = parse(R"({"i":3,"r":3.5,"big":1e300,"s":"x","n":null})");
  EXPECT_EQ(value["i"].integer(), 3);
  EXPECT_EQ(value["i"].number(), 3.0);
  EXPECT_FALSE(value["r"].integer());
  EXPECT_FALSE(value["big"].integer());
  EXPECT_FALSE(value["s"].number());
  EXPECT_EQ(*value["s"].string(), "x");
  EXPECT_FALSE(value.contains("none"));
  EXPECT_EQ(value["none"], Value());
  EXPECT_TRUE(value["s"].elements().empty());
}

}  // namespace
}  // namespace octet::json
