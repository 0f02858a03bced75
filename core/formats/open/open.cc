#include "formats/open/open.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "formats/onnx/reader.h"
#include "formats/tflite/reader.h"
#include "ir/error.h"

namespace octet::formats {
namespace {

using namespace std::string_view_literals;

/// Bytes at a place of a file that tell what it is.
struct Magic {
  size_t at;
  std::string_view bytes;
  std::string_view kind;  ///< Completes "The file is ...".
  std::string_view hint;
};

constexpr std::string_view kConvert = "Octet reads .tflite and .onnx models: export the model as one.";
constexpr std::string_view kImages = "Octet reads .tflite and .onnx models; images serve to calibrate one.";

constexpr Magic kOtherKinds[] = {
    {0, "PK\x03\x04"sv, "a zip archive, as .keras, .pt and .npz files are",
     "A model in it has to be exported as .onnx or .tflite first; images in a zip are given as samples."},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras' .h5",
     "Convert the model with tf.lite.TFLiteConverter.from_keras_model."},
    {0, "\x80\x02"sv, "a pickle, as older .pt and .pth files are", kConvert},
    {0, "\x80\x03"sv, "a pickle, as older .pt and .pth files are", kConvert},
    {0, "\x80\x04"sv, "a pickle, as older .pt and .pth files are", kConvert},
    {0, "\x80\x05"sv, "a pickle, as older .pt and .pth files are", kConvert},
    {0, "\x1f\x8b"sv, "compressed by gzip", "Decompress it first."},
    {0, "\x08\x01\x12"sv, "a TensorFlow SavedModel",
     "Convert its folder with tf.lite.TFLiteConverter.from_saved_model."},
    {0, "GGUF"sv, "a GGUF model", "Octet reads models of vision and the like, not language models."},
    {0, "version https://git-lfs"sv, "a pointer of Git LFS, not the file itself", "Run git lfs pull first."},
    {0, "\x93NUMPY"sv, "a NumPy array", "Give it as samples, next to a model."},
    {0, "\x89PNG"sv, "a PNG image", kImages},
    {0, "\xff\xd8\xff"sv, "a JPEG image", kImages},
    {8, "WEBP"sv, "a WebP image", kImages},
    {0, "<!DOCTYPE"sv, "a web page", "A download may have given an error page in place of the model."},
    {0, "<!doctype"sv, "a web page", "A download may have given an error page in place of the model."},
    {0, "<html"sv, "a web page", "A download may have given an error page in place of the model."},
    {0, "<?xml"sv, "an XML file, as OpenVINO's models", kConvert},
};

bool has(std::span<const std::byte> file, size_t at, std::string_view bytes) {
  if (file.size() < at + bytes.size()) return false;
  return std::equal(bytes.begin(), bytes.end(), file.begin() + static_cast<ptrdiff_t>(at),
                    [](char wanted, std::byte found) { return static_cast<std::byte>(wanted) == found; });
}

/// A protocol buffer that begins with the fields of onnx.proto3's ModelProto: ir_version, then the producer,
/// the opsets or the graph. (TensorFlow's SavedModel begins likewise, with a version below ONNX's.)
bool is_onnx(std::span<const std::byte> file) {
  if (file.size() < 3 || file[0] != std::byte{0x08}) return false;
  constexpr std::array<uint8_t, 8> kNext = {0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72};
  const auto version = static_cast<uint8_t>(file[1]);
  return version >= 3 && version < 64 &&
         std::find(kNext.begin(), kNext.end(), static_cast<uint8_t>(file[2])) != kNext.end();
}

bool is_text(std::span<const std::byte> file) {
  return std::all_of(file.begin(), file.end(), [](std::byte byte) {
    const auto c = static_cast<uint8_t>(byte);
    return (c >= 0x20 && c != 0x7f) || (c >= 0x09 && c <= 0x0d);
  });
}

[[noreturn]] void refuse(std::string_view kind, std::string_view hint) {
  throw Error(ErrorCode::InvalidFile, "The file is " + std::string(kind) + ", not a model that Octet reads.",
              {}, std::string(hint));
}

}  // namespace

std::string_view to_string(Format format) {
  switch (format) {
    case Format::Tflite:
      return "tflite";
    case Format::Onnx:
      return "onnx";
    case Format::Octet:
      return "octet";
  }
  return "";
}

Format format_of(std::span<const std::byte> beginning) {
  const std::span<const std::byte> file = beginning.first(std::min(beginning.size(), kFormatBytes));
  constexpr size_t kIdentifier = 4;  // Of FlatBuffers, behind the offset of the root.
  if (has(file, kIdentifier, "TFL3")) return Format::Tflite;
  if (has(file, kIdentifier, "OCTT")) return Format::Octet;
  if (file.empty())
    throw Error(ErrorCode::InvalidFile, "The file is empty.", {}, "Download or export it again.");
  for (const Magic& magic : kOtherKinds) {
    if (has(file, magic.at, magic.bytes)) refuse(magic.kind, magic.hint);
  }
  if (is_onnx(file)) return Format::Onnx;
  if (is_text(file)) refuse("a text", kConvert);
  throw Error(ErrorCode::InvalidFile, "The file is of no kind that Octet knows.", {}, std::string(kConvert));
}

Imported import_model(Bytes file, const ImportOptions& options) {
  switch (format_of(file)) {
    case Format::Tflite:
      return tflite::read_with_warnings(std::move(file), options);
    case Format::Onnx:
      return onnx::read_with_warnings(std::move(file), options);
    case Format::Octet:
      break;
  }
  throw Error(ErrorCode::InvalidFile, "The file is a .octet file: a model that is quantized already.", {},
              "Open it with Model.load.");
}

std::vector<std::string> external_files(const Bytes& file) {
  return format_of(file) == Format::Onnx ? onnx::external_files(file) : std::vector<std::string>();
}

octet_file::Contents open_saved(Bytes file) {
  if (format_of(file) != Format::Octet) {
    throw Error(ErrorCode::InvalidFile, "The file is no .octet file.", {},
                "Open a .tflite or .onnx model with loadModel.");
  }
  return octet_file::read(std::move(file));
}

}  // namespace octet::formats
