#include "prepare/prepare.h"

#include <span>

#include "ir/graph_edits.h"
#include "ops/decomposition.h"
#include "prepare/mla_rewrites.h"
#include "prepare/recognize_activations.h"
#include "prepare/rewrites.h"

namespace octet::prepare {

namespace {

using Rewrite = int (*)(Graph&);

/// Before all others, which then find the components' constants and activations.
void decompose_for(Graph& graph, ops::SupportMember hardware) {
  ops::decompose(graph, [&](const Node& node) {
    return ops::is_decomposed(ops::operator_of(node.op), hardware) &&
           graph.tensor(node.outputs[0]).dtype == DType::Float32;
  });
}

}  // namespace

Graph prepare(Graph graph, const Options& options) {
  // Order saves rounds only; one rewrite opens the way for another (a folded constant is seen to be 1, and
  // goes).
  constexpr Rewrite kRewrites[] = {
      remove_dead_nodes,         fold_constants, remove_identities,      recognize_clips,
      recognize_fully_connected, fold_padding,   fold_channel_constants, fuse_activations};
  // They take the place of what the others would look for, and so come last.
  constexpr Rewrite kMlaRewrites[] = {keep_reduced_dimensions, convolve_fully_connected,
                                      concatenate_padded_channels};
  const auto apply = [&](std::span<const Rewrite> rewrites) {
    bool any = false;
    for (bool changed = true; changed;) {
      changed = false;
      for (const Rewrite rewrite : rewrites) changed = rewrite(graph) > 0 || changed;
      any = any || changed;
    }
    return any;
  };
  recognize_activations(graph, options.for_mla);
  if (options.for_mla) decompose_for(graph, &ops::Operator::mla);
  if (options.for_tflite) decompose_for(graph, &ops::Operator::tflite);
  apply(kRewrites);
  while (options.for_mla && apply(kMlaRewrites)) apply(kRewrites);
  remove_unused_tensors(graph);
  check(graph);
  return graph;
}

}  // namespace octet::prepare
