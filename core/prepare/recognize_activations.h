// Activations that a file has as products of their parts.
#pragma once

#include "ir/graph.h"

namespace octet::prepare {

/// Products that are HARD_SWISH, its gate or GELU, in the forms that exporters write them in, become these
/// operators; x * LOGISTIC(x) becomes SILU where `recognizes_silu`: where hardware has it. To be called before
/// operators are decomposed. Returns how many were recognized.
int recognize_activations(Graph& graph, bool recognizes_silu);

}  // namespace octet::prepare
