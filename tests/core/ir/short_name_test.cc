#include "ir/short_name.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

TEST(ShortName, LastTwoComponentsBeforeTheFirstSemicolon) {
  EXPECT_EQ(short_name("conv"), "conv");
  EXPECT_EQ(short_name("model/conv"), "model/conv");
  EXPECT_EQ(short_name("model/block/conv;model/block/Relu"), "block/conv");
  EXPECT_EQ(short_name(""), "");
  EXPECT_EQ(short_name("/conv"), "/conv");
}

}  // namespace
}  // namespace octet
