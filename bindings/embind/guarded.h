// The one place where exceptions of the core end: an exception that crossed into JavaScript would be opaque
// there.
#pragma once

#include <emscripten/val.h>

namespace octet::binding {

/// {error: JSON of an OctetError}, of the exception that is being caught.
emscripten::val failure();

/// What `body` returns, or the failure that it threw.
template <class Body>
emscripten::val guarded(const Body& body) {
  try {
    return body();
  } catch (...) {
    return failure();
  }
}

}  // namespace octet::binding
