// What a file is, by its bytes: each kind is named, with what to do.
#include "formats/open/open.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "formats/octet/octet_file.h"
#include "formats/tflite/writer.h"
#include "support/graph_builder.h"
#include "support/onnx_builder.h"

namespace octet::formats {
namespace {

using namespace std::string_view_literals;

Bytes bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(first, first + text.size());
}

Graph small_graph() {
  test::GraphBuilder builder;
  const TensorId x = builder.input("x", {1, 4});
  builder.output(builder.node(OpKind::Relu, NoAttributes{}, {x})[0]);
  return builder.graph();
}

Error refusal_of(const Bytes& file) {
  try {
    import_model(file);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "It was read.";
  return Error(ErrorCode::Internal, "");
}

TEST(Open, KnowsOctetsOwnFormats) {
  const Bytes model = tflite::write(small_graph());
  EXPECT_EQ(format_of(model), Format::Tflite);
  EXPECT_EQ(import_model(model).graph.nodes.size(), 1u);
  const Bytes saved = octet_file::write({.quantized = small_graph()});
  EXPECT_EQ(format_of(saved), Format::Octet);
  EXPECT_NE(refusal_of(saved).hint().find("Model.load"), std::string::npos);
}

TEST(Open, ReadsOnnxModels) {
  const Bytes model = test::onnx::model({.nodes = {test::onnx::node("Relu", {"x"}, {"y"})},
                                         .inputs = {test::onnx::value("x", {1, 4})},
                                         .outputs = {test::onnx::value("y", {1, 4})}});
  EXPECT_EQ(format_of(model), Format::Onnx);
  EXPECT_EQ(format_of(bytes_of("\x08\x08\x12\x07pytorch"sv)), Format::Onnx);
  EXPECT_EQ(import_model(model).graph.nodes.size(), 1u);
  EXPECT_TRUE(external_files(model).empty());
}

TEST(Open, OpensWhatWasSaved) {
  EXPECT_EQ(open_saved(octet_file::write({.quantized = small_graph()})).quantized.nodes.size(), 1u);
  EXPECT_THROW(open_saved(tflite::write(small_graph())), Error);
  EXPECT_THROW(open_saved({}), Error);
}

TEST(Open, KnowsAFileByItsBeginning) {
  const Bytes model = tflite::write(small_graph());
  EXPECT_EQ(format_of(std::span(model).first(8)), Format::Tflite);
}

TEST(Open, NamesOtherKinds) {
  const struct {
    std::string_view bytes;
    std::string_view word;
  } kinds[] = {
      {"", "empty"},
      {"PK\x03\x04...."sv, "zip"},
      {"\x89HDF\r\n\x1a\n..."sv, "HDF5"},
      {"\x80\x02}q\x00"sv, "pickle"},
      {"\x80\x04\x95\x00"sv, "pickle"},
      {"\x1f\x8b\x08\x00"sv, "gzip"},
      {"\x08\x01\x12\x05"sv, "SavedModel"},
      {"GGUF\x03\x00"sv, "GGUF"},
      {"version https://git-lfs.github.com/spec/v1\noid"sv, "Git LFS"},
      {"\x93NUMPY\x01\x00"sv, "NumPy"},
      {"\x89PNG\r\n\x1a\n"sv, "PNG"},
      {"\xff\xd8\xff\xe0"sv, "JPEG"},
      {"RIFF\x10\x00\x00\x00WEBPVP8 "sv, "WebP"},
      {"<!DOCTYPE html><html>"sv, "web page"},
      {"<!doctype html>"sv, "web page"},
      {"<?xml version=\"1.0\"?>"sv, "XML"},
      {"Not found\n"sv, "text"},
  };
  for (const auto& [bytes, word] : kinds) {
    SCOPED_TRACE(word);
    const Error error = refusal_of(bytes_of(bytes));
    EXPECT_EQ(error.code(), ErrorCode::InvalidFile);
    EXPECT_NE(error.message().find(word), std::string::npos) << error.message();
    EXPECT_FALSE(error.hint().empty());
  }
}

TEST(Open, RefusesWhatIsOfNoKnownKind) {
  const Error error = refusal_of(bytes_of("\x14\x00\x00\x00\x00\x00\x00\x00"sv));
  EXPECT_EQ(error.code(), ErrorCode::InvalidFile);
  EXPECT_NE(error.message().find("no kind"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace octet::formats
