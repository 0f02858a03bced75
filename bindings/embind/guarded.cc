#include "guarded.h"

#include <exception>
#include <new>
#include <string>

#include "ir/error.h"
#include "pipeline/documents.h"

namespace octet::binding {
namespace {

/// The exception that is being caught, as an error.
Error caught() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::OutOfMemory, "The model and its activations do not fit into memory.", {},
                 "Use fewer workers, or a smaller input shape.");
  } catch (const std::exception& error) {
    return Error(ErrorCode::Internal, std::string("Unexpected error: ") + error.what());
  } catch (...) {
    return Error(ErrorCode::Internal, "Unexpected error of unknown kind.");
  }
}

}  // namespace

emscripten::val guarded(emscripten::val (*call)(const void* body), const void* body) {
  try {
    return call(body);
  } catch (...) {
    emscripten::val result = emscripten::val::object();
    result.set("error", pipeline::json_error(caught()));
    return result;
  }
}

}  // namespace octet::binding
