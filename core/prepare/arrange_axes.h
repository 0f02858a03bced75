// Chooses the order in which tensors are stored, so that the fewest TRANSPOSEs are left: importers of formats
// with channels first put them around every image operator, and converters leave them behind.
#pragma once

#include "ir/graph.h"

namespace octet::prepare {

struct AxisOptions {
  /// Inputs and outputs of the graph keep the file's order of axes. Else those of four dimensions take that
  /// of their region: Tensor::file_axes says which.
  bool keeps_edges = true;
};

/// Rewrites a float graph into one that computes the same with fewer TRANSPOSEs, sums of several axes perhaps
/// in another order; one without a TRANSPOSE, or where nothing is to be gained, stays as it is. To be called
/// before the other rewrites, which look for channels along the last axis. Returns whether the graph changed.
bool arrange_axes(Graph& graph, const AxisOptions& options = {});

}  // namespace octet::prepare
