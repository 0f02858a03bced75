#include "ir/short_name.h"

#include <gtest/gtest.h>

#include <set>

namespace octet {
namespace {

TEST(ShortName, LastTwoComponentsBeforeTheFirstSemicolon) {
  EXPECT_EQ(short_name("conv"), "conv");
  EXPECT_EQ(short_name("model/conv"), "model/conv");
  EXPECT_EQ(short_name("model/block/conv;model/block/Relu"), "block/conv");
  EXPECT_EQ(short_name(""), "");
  EXPECT_EQ(short_name("/conv"), "/conv");
  EXPECT_EQ(short_name("/model/conv"), "model/conv");
}

std::unordered_map<std::string, std::string> short_names_of(const std::vector<std::string>& names) {
  Graph graph;
  for (const std::string& name : names) graph.nodes.push_back({.name = name});
  return short_names(graph);
}

TEST(ShortName, TellsTheNodesOfAGraphApart) {
  const auto names =
      short_names_of({"net/a/batchnorm/add_1;net/a/conv", "net/b/batchnorm/add_1", "net/b/batchnorm/mul",
                      "x/net/c/batchnorm/add_1", "y/net/c/batchnorm/add_1"});
  EXPECT_EQ(names.at("net/a/batchnorm/add_1;net/a/conv"), "a/batchnorm/add_1");
  EXPECT_EQ(names.at("net/b/batchnorm/add_1"), "b/batchnorm/add_1");
  EXPECT_EQ(names.at("net/b/batchnorm/mul"), "batchnorm/mul");
  EXPECT_EQ(names.at("x/net/c/batchnorm/add_1"), "x/net/c/batchnorm/add_1");
}

TEST(ShortName, IsNeverTheNameOfAnotherNode) {
  const std::vector<std::string> nodes = {"a/b", "x/a/b", "a/b;q", "/a/b", "b",  "conv", "conv;relu",
                                          "/b",  "",      ";",     "a//b", "//", "/",    "x/a/b;x/a/c"};
  const auto names = short_names_of(nodes);
  std::set<std::string> distinct;
  for (const std::string& name : nodes) {
    const std::string& shorter = names.at(name);
    EXPECT_TRUE(distinct.insert(shorter).second) << "'" << shorter << "'";
    for (const std::string& other : nodes) EXPECT_TRUE(other == name || other != shorter) << shorter;
  }
}

}  // namespace
}  // namespace octet
