#include "files.h"

#include <memory>
#include <utility>
#include <vector>

#include "guarded.h"
#include "pipeline/auxiliary.h"
#include "values.h"

namespace octet::binding {
namespace {

/// What was written, as a Uint8Array; null where nothing was.
class Written {
 public:
  formats::Sink sink() {
    return [this](std::span<const std::byte> file) { file_ = copy_of(file); };
  }
  const val& file() const { return file_; }

 private:
  val file_ = val::null();
};

/// The file that `write` writes.
template <class Write>
val file_of(const Write& write) {
  return guarded([&] {
    Written written;
    write(written.sink());
    return written.file();
  });
}

/// The model that `make` makes, and its file.
template <class Make>
val made(const Make& make) {
  return guarded([&] {
    Written written;
    const std::shared_ptr<pipeline::QuantizedModel> model = make(written.sink());
    val result = val::object();
    result.set("file", written.file());
    result.set("model", model);
    return result;
  });
}

}  // namespace

val input(pipeline::Sample& sample, int i) {
  return guarded([&] {
    const std::span<std::byte> memory = sample.input(i);
    return val(emscripten::typed_memory_view(memory.size(), reinterpret_cast<uint8_t*>(memory.data())));
  });
}

val set_image(pipeline::Sample& sample, int i, const val& rgba, int width, int height,
              const std::string& preprocessing) {
  return guarded([&] {
    const Bytes pixels = bytes_of(rgba);
    sample.set_image(i, {.rgba = as<uint8_t>(pixels), .width = width, .height = height},
                     transforms::preprocessing_from_json(preprocessing));
    return val::undefined();
  });
}

val run(pipeline::Runner& runner, const std::string& tensors) {
  return guarded([&] {
    val results = val::array();
    runner.run(pipeline::integers_from_json(tensors), [&](size_t place, std::span<const std::byte> contents) {
      results.set(place, copy_of(contents));
    });
    return results;
  });
}

val draft(pipeline::QuantizationPasses& passes) {
  return file_of([&](const formats::Sink& sink) { passes.draft(sink); });
}

val to_tflite(const pipeline::QuantizedModel& model, const std::string& io_type) {
  return file_of(
      [&](const formats::Sink& sink) { model.to_tflite(pipeline::io_type_from_string(io_type), sink); });
}

val net_to_tflite(const pipeline::Net& net) {
  return file_of([&](const formats::Sink& sink) { net.to_tflite(sink); });
}

val finish(pipeline::QuantizationPasses& passes, const std::string& options) {
  return made([&](const formats::Sink& sink) {
    return passes.finish(pipeline::finish_options_from_json(options), sink);
  });
}

val convert(const pipeline::Net& net, const std::string& options) {
  return made([&](const formats::Sink& sink) {
    return net.convert(pipeline::convert_options_from_json(options), sink);
  });
}

val create_auxiliary_network(const std::string& options) {
  return made([&](const formats::Sink& sink) {
    return pipeline::create_auxiliary_network(pipeline::auxiliary_options_from_json(options), sink);
  });
}

val compose(const val& files, const std::string& options) {
  return made([&](const formats::Sink& sink) {
    return pipeline::compose(Argument<std::vector<Bytes>>::of(files),
                             pipeline::compose_options_from_json(options), sink);
  });
}

}  // namespace octet::binding
