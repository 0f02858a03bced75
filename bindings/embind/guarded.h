// The one place where exceptions of the core end: an exception that crossed into JavaScript would be opaque
// there.
#pragma once

#include <emscripten/val.h>

namespace octet::binding {

/// What `call(body)` returns, or {error: JSON of an OctetError} where it throws.
emscripten::val guarded(emscripten::val (*call)(const void* body), const void* body);

/// The same of what `body()` returns.
template <class Body>
emscripten::val guarded(const Body& body) {
  return guarded([](const void* it) { return (*static_cast<const Body*>(it))(); }, &body);
}

}  // namespace octet::binding
