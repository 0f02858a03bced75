// Rewrites a freshly imported graph into the form the rest of the pipeline works on. Each rewrite is exact in
// float up to rounding and lives in a file of its own.
#pragma once

#include "ir/graph.h"

namespace octet::prepare {

struct Options {
  /// The target has an accelerator: nodes are rewritten, exactly in float, into what it runs.
  bool for_mla = false;
  /// The target runs TFLite's kernels: operators that it has in no integer type become others that it has,
  /// where there are such.
  bool for_tflite = false;
  /// See AxisOptions::keeps_edges.
  bool keeps_edges = true;
};

/// All rewrites, in order, until none applies. Names of nodes and of the graph's inputs and outputs are kept;
/// `source_nodes` records what each node stands for. Throws what a kernel throws that constants are folded
/// with.
Graph prepare(Graph graph, const Options& options = {});

}  // namespace octet::prepare
