// HACKING.md tells the truth: the edits that an operator takes, and that every operator has had them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "formats/tflite/operators.h"
#include "ir/op_kind.h"

namespace octet::ops {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = OCTET_SOURCE;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::string& guide() {
  static const std::string text = text_of(kRoot / "HACKING.md");
  return text;
}

/// What stands between "<!-- tag -->" and "<!-- /tag -->".
std::string section(const std::string& tag) {
  const std::string from = "<!-- " + tag + " -->";
  const size_t begin = guide().find(from);
  const size_t end = guide().find("<!-- /" + tag + " -->");
  if (begin == std::string::npos || end == std::string::npos) {
    ADD_FAILURE() << "HACKING.md has no section '" << tag << "'.";
    return {};
  }
  return guide().substr(begin + from.size(), end - begin - from.size());
}

/// The files and folders that a text names, for the operator that the guide is about.
std::set<std::string> paths_in(const std::string& text) {
  static const std::regex kPath("`((core|schemas|bindings|web|tests)(/[^` ]*)?|README\\.md)`");
  std::set<std::string> paths;
  for (std::sregex_iterator match(text.begin(), text.end(), kPath), end; match != end; ++match)
    paths.insert(std::regex_replace((*match)[1].str(), std::regex("<operator>"), "hard_sigmoid"));
  return paths;
}

bool is_test(const std::string& path) { return path.starts_with("tests/"); }

bool names_hard_sigmoid(const std::string& text) {
  return text.find("HARD_SIGMOID") != std::string::npos || text.find("HardSigmoid") != std::string::npos;
}

struct Row {
  OpKind kind;
  std::string enumerator;
  std::string name;
  std::string variable;
};

const Row kRows[] = {
#define OCTET_ROW(kind, name, variable) {OpKind::kind, #kind, name, #variable},
    OCTET_OPERATORS(OCTET_ROW)
#undef OCTET_ROW
};

/// All of the core's tests as one text.
std::string all_tests() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests/core")) {
    if (entry.is_regular_file() && entry.path().filename() != "hacking_test.cc")
      text += text_of(entry.path());
  }
  return text;
}

/// The files of the product, README.md among them, whose text is as wanted.
std::set<std::string> product_files(const std::function<bool(const std::string& text)>& is_wanted) {
  std::set<std::string> found;
  if (is_wanted(text_of(kRoot / "README.md"))) found.insert("README.md");
  for (const char* const folder :
       {"core", "schemas", "bindings/embind", "bindings/js/src", "bindings/cli/src", "web/src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.is_regular_file() && is_wanted(text_of(entry.path())))
        found.insert(fs::relative(entry.path(), kRoot).generic_string());
    }
  }
  return found;
}

TEST(Hacking, NamesWhatThereIs) {
  const std::set<std::string> paths = paths_in(guide());
  EXPECT_GT(paths.size(), 10u);
  for (const std::string& path : paths) EXPECT_TRUE(fs::exists(kRoot / path)) << path;
}

TEST(Hacking, ListsTheFilesThatAnOperatorIsIn) {
  std::set<std::string> listed;
  for (const std::string& path : paths_in(section("operator") + section("attributes"))) {
    if (!is_test(path)) listed.insert(path);
    if (path.starts_with("tests/core/")) {
      EXPECT_TRUE(names_hard_sigmoid(text_of(kRoot / path))) << path;
    }
  }
  EXPECT_EQ(product_files(names_hard_sigmoid), listed);
}

/// The text of an operator's file, in whatever room of core/ops it is.
std::string file_of_operator(const std::string& variable) {
  for (const auto& room : fs::directory_iterator(kRoot / "core/ops")) {
    const fs::path file = room.path() / (variable + ".cc");
    if (room.is_directory() && fs::exists(file)) return text_of(file);
  }
  return {};
}

TEST(Hacking, ListsTheFilesThatACalibrationMethodIsIn) {
  std::set<std::string> listed;
  for (const std::string& path : paths_in(section("calibration method"))) {
    if (!is_test(path)) listed.insert(path);
  }
  const std::regex word("entropy", std::regex::icase);
  EXPECT_EQ(product_files([&](const std::string& text) { return std::regex_search(text, word); }), listed);
}

TEST(Hacking, EveryOperatorHasItsFileItsTestAndItsRows) {
  const std::string tests = all_tests();
  const std::string readme = text_of(kRoot / "README.md");
  const std::string without_row = section("without a row");
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const std::string file = file_of_operator(row.variable);
    EXPECT_NE(file.find("const Operator " + row.variable + " = {"), std::string::npos);
    EXPECT_NE(readme.find("\n| " + row.name + " |"), std::string::npos);
    const bool is_tried = std::regex_search(tests, std::regex("OpKind::" + row.enumerator + "\\b")) ||
                          fs::exists(kRoot / "tests/vectors" / (row.variable + ".json"));
    EXPECT_TRUE(is_tried);
    const bool is_excused = std::regex_search(without_row, std::regex("\\b" + row.name + "\\b"));
    EXPECT_NE(formats::tflite::has_row(row.kind), is_excused);
  }
}

TEST(Hacking, DefinesWordsWhereItSays) {
  static const std::regex kRow("\\n\\| ([a-z ]+) \\| [^|]+ \\| `(core/[^`]+)` \\|");
  std::set<std::string> words;
  for (std::sregex_iterator row(guide().begin(), guide().end(), kRow), end; row != end; ++row) {
    const std::string word = (*row)[1].str();
    EXPECT_TRUE(words.insert(word).second) << "'" << word << "' has two meanings.";
    const std::string pattern = std::regex_replace(word, std::regex(" "), "[ _]");
    EXPECT_TRUE(std::regex_search(text_of(kRoot / (*row)[2].str()), std::regex(pattern, std::regex::icase)))
        << word << " is not in " << (*row)[2];
  }
  EXPECT_GE(words.size(), 20u);
}

}  // namespace
}  // namespace octet::ops
