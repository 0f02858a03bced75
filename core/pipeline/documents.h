// Small JSON documents, and large ones put together of those that there are.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"

namespace octet::pipeline {

/// An object; the values are JSON already.
std::string json_object(std::initializer_list<std::pair<std::string_view, std::string_view>> members);
std::string json_text(std::string_view text);
std::string json_list(const std::vector<std::string>& texts);
std::string json_list(const std::vector<double>& numbers);
/// {"code", "message", "where": {"node"?, "tensor"?, "input"?, "byteOffset"?}, "hint"}.
std::string json_error(const Error& error);
/// A document that a file carries; "null" when there is none. Throws InvalidFile where it is not JSON.
const std::string& json_from_file(const std::string& json);

}  // namespace octet::pipeline
