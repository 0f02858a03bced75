// What GraphBuilder refuses to add.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "support/graph_builder.h"

namespace octet::test {

/// The sentence with which the first node that add(builder) makes is refused; empty where it is not.
template <class Add>
std::string refusal(Add add) {
  GraphBuilder builder;
  try {
    add(builder);
  } catch (const Error& error) {
    EXPECT_EQ(error.where().node, "node_0");
    return error.message();
  }
  return "";
}

}  // namespace octet::test
