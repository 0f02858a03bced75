#include "prepare/prepare.h"

#include "prepare/rewrites.h"

namespace octet::prepare {

Graph prepare(Graph graph) {
  // Order saves rounds only; one rewrite opens the way for another (a folded constant is seen to be 1, and
  // goes).
  using Rewrite = int (*)(Graph&);
  constexpr Rewrite kRewrites[] = {
      remove_dead_nodes,         fold_constants, remove_identities,      recognize_clips,
      recognize_fully_connected, fold_padding,   fold_channel_constants, fuse_activations};
  for (bool changed = true; changed;) {
    changed = false;
    for (const Rewrite rewrite : kRewrites) changed = rewrite(graph) > 0 || changed;
  }
  remove_unused_tensors(graph);
  check(graph);
  return graph;
}

}  // namespace octet::prepare
