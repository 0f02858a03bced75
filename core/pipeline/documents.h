// JSON documents put together of others, which need not be read for that.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"

namespace octet::pipeline {

/// A name, and a value that is JSON already.
using JsonMember = std::pair<std::string, std::string>;
/// An object.
std::string json_object(const std::vector<JsonMember>& members);
/// {"code", "message", "where": {"node"?, "tensor"?, "input"?, "byteOffset"?}, "hint"}.
std::string json_error(const Error& error);
/// A document that a file carries; "null" when there is none. Throws InvalidFile where it is not JSON.
const std::string& json_from_file(const std::string& json);

}  // namespace octet::pipeline
