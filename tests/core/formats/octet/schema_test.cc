// core/ir/attributes.h and schemas/octet.fbs say the same: files are read and written by the first, and
// checked by the second before they are read.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ir/attributes.h"

namespace octet {
namespace {

const std::string& schema() {
  static const std::string text = [] {
    std::ifstream file(std::string(OCTET_SOURCE) + "/schemas/octet.fbs");
    const std::string whole{std::istreambuf_iterator<char>(file), {}};
    return std::regex_replace(whole, std::regex("//[^\n]*"), "");
  }();
  return text;
}

/// What stands between the braces behind "kind name", its entries apart.
std::vector<std::string> entries_of(const std::string& kind, const std::string& name) {
  std::smatch match;
  const std::string pattern = kind + "\\s+" + name + "\\b[^{]*\\{([^}]*)\\}";
  if (!std::regex_search(schema(), match, std::regex(pattern))) {
    ADD_FAILURE() << "There is no " << kind << " " << name << ".";
    return {};
  }
  std::vector<std::string> entries;
  const std::string body = match[1].str();
  static const std::regex kEntry("[^;,\\s][^;,]*");
  for (std::sregex_iterator entry(body.begin(), body.end(), kEntry), end; entry != end; ++entry)
    entries.push_back(std::regex_replace(entry->str(), std::regex("\\s+"), ""));
  return entries;
}

/// "keepDims" as "keep_dims", "TopLeft" as "top_left".
std::string in_snake_case(std::string_view name) {
  std::string snake;
  for (const char letter : name) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isupper(byte) != 0 && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(byte));
  }
  return snake;
}

// The schema's type for a member's.
std::string type_of(bool) { return "bool"; }
std::string type_of(int32_t) { return "int"; }
std::string type_of(float) { return "float"; }
std::string type_of(const Spatial&) { return "Spatial"; }
std::string type_of(const Padding2d&) { return "Padding2d"; }
std::string type_of(Activation) { return "Activation"; }
std::string type_of(DType) { return "DType"; }
std::string type_of(ResizeMethod) { return "ResizeMethod"; }
std::string type_of(Deposit) { return "Deposit"; }
std::string type_of(ColorChange) { return "ColorChange"; }
std::string type_of(ColorStandard) { return "ColorStandard"; }
std::string type_of(ChromaSampling) { return "ChromaSampling"; }
std::string type_of(BoxCoding) { return "BoxCoding"; }
std::string type_of(const Tessellate&) { return "Tessellate"; }
std::string type_of(const StaticType&) { return "StaticType"; }
std::string type_of(const std::vector<int32_t>&) { return "[int]"; }
std::string type_of(const std::vector<float>&) { return "[float]"; }
std::string type_of(const std::vector<std::array<int32_t, 2>>&) { return "[int]"; }
std::string type_of(const std::array<int32_t, 3>&) { return "[int]"; }
std::string type_of(const std::vector<StaticType>&) { return "[StaticType]"; }

/// The fields of a table that holds a T: "name:type", without a default, for writers and readers take it to
/// be 0.
template <Described T>
std::vector<std::string> described_fields() {
  std::vector<std::string> fields;
  const T value;
  T::fields([&](std::string_view name, auto member) {
    fields.push_back(in_snake_case(name) + ":" + type_of(value.*member));
  });
  return fields;
}

template <size_t I>
void expect_table(const std::vector<std::string>& names) {
  SCOPED_TRACE(names[I]);
  EXPECT_EQ(entries_of("table", names[I]), (described_fields<std::variant_alternative_t<I, Attributes>>()));
}

TEST(OctetSchema, HasTheFieldsOfEveryKindOfAttributes) {
  const std::vector<std::string> names = entries_of("union", "Attributes");
  ASSERT_EQ(names.size(), std::variant_size_v<Attributes>);
  [&]<size_t... I>(std::index_sequence<I...>) { (expect_table<I>(names), ...); }
  (std::make_index_sequence<std::variant_size_v<Attributes>>());
  EXPECT_EQ(entries_of("table", "StaticType"), described_fields<StaticType>());
}

TEST(OctetSchema, HasTheAlternativesInTheVariantsOrder) {
  const auto place = [](const Attributes& attributes) { return attributes.index(); };
  const std::vector<std::string> names = entries_of("union", "Attributes");
  // Those whose fields do not tell them apart.
  EXPECT_EQ(names[place(LeakyRelu{})], "LeakyRelu");
  EXPECT_EQ(names[place(Reshape{})], "Reshape");
  EXPECT_EQ(names[place(Transpose{})], "Transpose");
  EXPECT_EQ(names[place(NoAttributes{})], "NoAttributes");
}

template <class Choice>
void expect_enumeration(const std::string& name) {
  SCOPED_TRACE(name);
  const std::vector<std::string> entries = entries_of("enum", name);
  const Names names = names_of(Choice{});
  ASSERT_EQ(entries.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t equals = entries[i].find('=');
    EXPECT_TRUE(equals == std::string::npos || entries[i].substr(equals + 1) == std::to_string(i))
        << entries[i];
    const auto plain = [](std::string text) {
      return std::regex_replace(in_snake_case(text), std::regex("_"), "");
    };
    EXPECT_EQ(plain(entries[i].substr(0, equals)), plain(std::string(names[i])));
  }
}

TEST(OctetSchema, HasTheValuesOfEveryEnumeration) {
  expect_enumeration<DType>("DType");
  expect_enumeration<Activation>("Activation");
  expect_enumeration<ResizeMethod>("ResizeMethod");
  expect_enumeration<Deposit>("Deposit");
  expect_enumeration<ColorChange>("ColorChange");
  expect_enumeration<ColorStandard>("ColorStandard");
  expect_enumeration<ChromaSampling>("ChromaSampling");
  expect_enumeration<BoxCoding>("BoxCoding");
}

}  // namespace
}  // namespace octet
