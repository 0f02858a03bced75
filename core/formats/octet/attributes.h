// Attributes of nodes in .octet files, writing and reading side by side.
#pragma once

#include <utility>

#include "ir/graph.h"
#include "octet_generated.h"

namespace octet::formats::octet_file {

/// The union's type and table.
std::pair<schema::Attributes, flatbuffers::Offset<void>> write_attributes(
    flatbuffers::FlatBufferBuilder& builder, const Attributes& attributes);
/// Throws InvalidFile naming the node when a field is missing or out of its enumeration.
Attributes read_attributes(const schema::Node& node);

}  // namespace octet::formats::octet_file
