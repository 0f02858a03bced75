// The operators of the graph, named as TFLite names them; those of pre- and post-processing that it lacks are
// Octet's own. What Octet knows about one is in ops/<operator>.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace octet {

// X(enumerator, "NAME that users see", file and variable name in ops/)
#define OCTET_OPERATORS(X)                                                     \
  X(Abs, "ABS", abs)                                                           \
  X(Add, "ADD", add)                                                           \
  X(ArgMax, "ARG_MAX", arg_max)                                                \
  X(AveragePool2d, "AVERAGE_POOL_2D", average_pool_2d)                         \
  X(BatchMatmul, "BATCH_MATMUL", batch_matmul)                                 \
  X(BatchToSpaceNd, "BATCH_TO_SPACE_ND", batch_to_space_nd)                    \
  X(BroadcastTo, "BROADCAST_TO", broadcast_to)                                 \
  X(Cast, "CAST", cast)                                                        \
  X(Ceil, "CEIL", ceil)                                                        \
  X(ChromaUpsample, "CHROMA_UPSAMPLE", chroma_upsample)                        \
  X(ColorConversion, "COLOR_CONVERSION", color_conversion)                     \
  X(Concatenation, "CONCATENATION", concatenation)                             \
  X(Conv2d, "CONV_2D", conv_2d)                                                \
  X(Cos, "COS", cos)                                                           \
  X(CumSum, "CUMSUM", cum_sum)                                                 \
  X(DepthToSpace, "DEPTH_TO_SPACE", depth_to_space)                            \
  X(DepthwiseConv2d, "DEPTHWISE_CONV_2D", depthwise_conv_2d)                   \
  X(Dequantize, "DEQUANTIZE", dequantize)                                      \
  X(Detessellate, "DETESSELLATE", detessellate)                                \
  X(DetectionPostProcess, "DETECTION_POST_PROCESS", detection_post_process)    \
  X(Div, "DIV", div)                                                           \
  X(Elu, "ELU", elu)                                                           \
  X(Equal, "EQUAL", equal)                                                     \
  X(Erf, "ERF", erf)                                                           \
  X(Exp, "EXP", exp)                                                           \
  X(Floor, "FLOOR", floor)                                                     \
  X(FloorDiv, "FLOOR_DIV", floor_div)                                          \
  X(FloorMod, "FLOOR_MOD", floor_mod)                                          \
  X(FullyConnected, "FULLY_CONNECTED", fully_connected)                        \
  X(Gather, "GATHER", gather)                                                  \
  X(GatherNd, "GATHER_ND", gather_nd)                                          \
  X(Gelu, "GELU", gelu)                                                        \
  X(Greater, "GREATER", greater)                                               \
  X(GreaterEqual, "GREATER_EQUAL", greater_equal)                              \
  X(HardSigmoid, "HARD_SIGMOID", hard_sigmoid)                                 \
  X(HardSwish, "HARD_SWISH", hard_swish)                                       \
  X(ImageResize, "IMAGE_RESIZE", image_resize)                                 \
  X(L2Normalization, "L2_NORMALIZATION", l2_normalization)                     \
  X(LeakyRelu, "LEAKY_RELU", leaky_relu)                                       \
  X(Less, "LESS", less)                                                        \
  X(LessEqual, "LESS_EQUAL", less_equal)                                       \
  X(Log, "LOG", log)                                                           \
  X(LogicalAnd, "LOGICAL_AND", logical_and)                                    \
  X(LogicalNot, "LOGICAL_NOT", logical_not)                                    \
  X(LogicalOr, "LOGICAL_OR", logical_or)                                       \
  X(Logistic, "LOGISTIC", logistic)                                            \
  X(LogSoftmax, "LOG_SOFTMAX", log_softmax)                                    \
  X(Maximum, "MAXIMUM", maximum)                                               \
  X(MaxPool2d, "MAX_POOL_2D", max_pool_2d)                                     \
  X(Mean, "MEAN", mean)                                                        \
  X(Minimum, "MINIMUM", minimum)                                               \
  X(MirrorPad, "MIRROR_PAD", mirror_pad)                                       \
  X(Mish, "MISH", mish)                                                        \
  X(Mul, "MUL", mul)                                                           \
  X(Neg, "NEG", neg)                                                           \
  X(NmsMaxPool, "NMS_MAX_POOL", nms_max_pool)                                  \
  X(Normalize, "NORMALIZE", normalize)                                         \
  X(NotEqual, "NOT_EQUAL", not_equal)                                          \
  X(Pack, "PACK", pack)                                                        \
  X(PackBytes, "PACK_BYTES", pack_bytes)                                       \
  X(Pad, "PAD", pad)                                                           \
  X(Pow, "POW", pow)                                                           \
  X(Prelu, "PRELU", prelu)                                                     \
  X(Quantize, "QUANTIZE", quantize)                                            \
  X(Reciprocal, "RECIPROCAL", reciprocal)                                      \
  X(ReduceMax, "REDUCE_MAX", reduce_max)                                       \
  X(ReduceMin, "REDUCE_MIN", reduce_min)                                       \
  X(ReduceProd, "REDUCE_PROD", reduce_prod)                                    \
  X(Relu, "RELU", relu)                                                        \
  X(Relu6, "RELU6", relu6)                                                     \
  X(Relu0To1, "RELU_0_TO_1", relu_0_to_1)                                      \
  X(ReluN1To1, "RELU_N1_TO_1", relu_n1_to_1)                                   \
  X(Reshape, "RESHAPE", reshape)                                               \
  X(ResizeBilinear, "RESIZE_BILINEAR", resize_bilinear)                        \
  X(ResizeNearestNeighbor, "RESIZE_NEAREST_NEIGHBOR", resize_nearest_neighbor) \
  X(Round, "ROUND", round)                                                     \
  X(Rsqrt, "RSQRT", rsqrt)                                                     \
  X(Select, "SELECT", select)                                                  \
  X(SelectV2, "SELECT_V2", select_v2)                                          \
  X(Sign, "SIGN", sign)                                                        \
  X(Silu, "SILU", silu)                                                        \
  X(Sin, "SIN", sin)                                                           \
  X(Slice, "SLICE", slice)                                                     \
  X(Softmax, "SOFTMAX", softmax)                                               \
  X(Softplus, "SOFTPLUS", softplus)                                            \
  X(Softsign, "SOFTSIGN", softsign)                                            \
  X(SpaceToBatchNd, "SPACE_TO_BATCH_ND", space_to_batch_nd)                    \
  X(SpaceToDepth, "SPACE_TO_DEPTH", space_to_depth)                            \
  X(Split, "SPLIT", split)                                                     \
  X(SplitV, "SPLIT_V", split_v)                                                \
  X(Sqrt, "SQRT", sqrt)                                                        \
  X(Square, "SQUARE", square)                                                  \
  X(SquaredDifference, "SQUARED_DIFFERENCE", squared_difference)               \
  X(Squeeze, "SQUEEZE", squeeze)                                               \
  X(StridedSlice, "STRIDED_SLICE", strided_slice)                              \
  X(Sub, "SUB", sub)                                                           \
  X(Sum, "SUM", sum)                                                           \
  X(Tanh, "TANH", tanh)                                                        \
  X(Tessellate, "TESSELLATE", tessellate)                                      \
  X(Tile, "TILE", tile)                                                        \
  X(Transpose, "TRANSPOSE", transpose)                                         \
  X(TransposeConv, "TRANSPOSE_CONV", transpose_conv)                           \
  X(Unpack, "UNPACK", unpack)                                                  \
  X(UnpackBytes, "UNPACK_BYTES", unpack_bytes)

enum class OpKind : uint8_t {
#define OCTET_ENUMERATOR(kind, name, variable) kind,
  OCTET_OPERATORS(OCTET_ENUMERATOR)
#undef OCTET_ENUMERATOR
};

inline constexpr int kOpKindCount = 0
#define OCTET_COUNT(kind, name, variable) +1
    OCTET_OPERATORS(OCTET_COUNT)
#undef OCTET_COUNT
    ;

/// The operator's name, e.g. "CONV_2D".
constexpr std::string_view to_string(OpKind kind) {
  switch (kind) {
#define OCTET_NAME(kind, name, variable) \
  case OpKind::kind:                     \
    return name;
    OCTET_OPERATORS(OCTET_NAME)
#undef OCTET_NAME
  }
  return "";
}

}  // namespace octet
