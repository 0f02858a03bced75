// The one place where exceptions of the core end: an exception that crossed into JavaScript would be opaque
// there.
#pragma once

#include <emscripten/val.h>

#include <exception>
#include <new>
#include <string>

#include "ir/error.h"

namespace octet::binding {

/// {error: {code, message, where, hint}}, which JavaScript turns into an OctetError.
inline emscripten::val failure(const Error& error) {
  using emscripten::val;
  const ErrorLocation& location = error.where();
  val where = val::object();
  if (!location.node.empty()) where.set("node", location.node);
  if (!location.tensor.empty()) where.set("tensor", location.tensor);
  if (!location.input.empty()) where.set("input", location.input);
  if (location.byte_offset) where.set("byteOffset", static_cast<double>(*location.byte_offset));
  val parts = val::object();
  parts.set("code", std::string(to_string(error.code())));
  parts.set("message", error.message());
  parts.set("where", where);
  parts.set("hint", error.hint());
  val result = val::object();
  result.set("error", parts);
  return result;
}

/// What `body` returns, or the failure that it threw.
template <class Body>
emscripten::val guarded(const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    return failure(error);
  } catch (const std::bad_alloc&) {
    return failure(Error(ErrorCode::OutOfMemory, "The model and its activations do not fit into memory.", {},
                         "Use fewer workers, or a smaller input shape."));
  } catch (const std::exception& error) {
    return failure(Error(ErrorCode::Internal, std::string("Unexpected error: ") + error.what()));
  } catch (...) {
    return failure(Error(ErrorCode::Internal, "Unexpected error of unknown kind."));
  }
}

}  // namespace octet::binding
