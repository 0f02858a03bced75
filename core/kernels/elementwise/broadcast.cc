#include "kernels/elementwise/broadcast.h"

namespace octet::kernels {

BroadcastLoops::BroadcastLoops(const Shape& a, const Shape& b) {
  const Shape output = broadcast(a, b);
  std::array<Loop, Shape::kMaxRank> loops = {};
  size_t count = 0;
  size_t stride_a = 1, stride_b = 1;
  for (int from_end = 1; from_end <= output.rank(); ++from_end) {
    const size_t extent = static_cast<size_t>(output[-from_end]);
    const bool a_advances = from_end <= a.rank() && a[-from_end] != 1;
    const bool b_advances = from_end <= b.rank() && b[-from_end] != 1;
    if (extent == 1) continue;
    const Loop loop = {extent, a_advances ? stride_a : 0, b_advances ? stride_b : 0};
    if (a_advances) stride_a *= extent;
    if (b_advances) stride_b *= extent;
    // Both operands continue where the inner loop ends (or repeat in both loops): one longer loop does.
    const Loop* inner = count > 0 ? &loops[count - 1] : nullptr;
    if (inner != nullptr && loop.step_a == inner->step_a * inner->count &&
        loop.step_b == inner->step_b * inner->count) {
      loops[count - 1].count *= extent;
    } else {
      loops[count++] = loop;
    }
  }
  if (count == 0) return;
  row_length_ = loops[0].count;
  row_step_a_ = loops[0].step_a;
  row_step_b_ = loops[0].step_b;
  depth_ = count - 1;
  for (size_t d = 0; d < depth_; ++d) {
    loops_[d] = loops[d + 1];
    rows_ *= loops_[d].count;
  }
}

}  // namespace octet::kernels
