// The one door for files: what a file is shows in its bytes, whatever it is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/importer.h"
#include "formats/octet/octet_file.h"

namespace octet::formats {

/// The kinds of files that Octet opens.
enum class Format : uint8_t {
  Tflite,  ///< A model to quantize, or one that is quantized already.
  Onnx,    ///< A model to quantize.
  Octet,   ///< What Octet saved.
};

/// "tflite", "onnx" or "octet".
std::string_view to_string(Format format);

/// Bytes from a file's beginning that are enough for format_of().
inline constexpr size_t kFormatBytes = 4096;

/// The format of a file that begins with these bytes. Throws InvalidFile where they are of another kind, with
/// the name of the kind where that is known, and what to do.
Format format_of(std::span<const std::byte> beginning);

/// The files beside a model that its constants are in, by the paths that it gives them: what ImportOptions'
/// external_data has to hold.
std::vector<std::string> external_files(const Bytes& file);

/// Reads a model to quantize. Throws what its reader does, and InvalidFile where the file holds none.
Imported import_model(Bytes file, const ImportOptions& options = {});

/// Reads what Octet saved. Throws InvalidFile where the file holds nothing of the kind, or is damaged.
octet_file::Contents open_saved(Bytes file);

}  // namespace octet::formats
