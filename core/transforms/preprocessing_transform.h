// The preprocessing of a model as transforms, so that a composed network does it itself.
#pragma once

#include <string>

#include "ir/shape.h"
#include "ir/tensor.h"
#include "transforms/image.h"

namespace octet::transforms {

/// A transform in JSON that makes of decoded pixels, 1 x height x width x 3 (RGB) or 4 (alpha last) of uint8,
/// the input `input` of a model: the same bits as image_to_tensor() makes, and calibration sees. Throws
/// InvalidInput where `image` or `input` is no such tensor, InvalidConfig where mean and std do not fit.
std::string preprocessing_transform(const Preprocessing& preprocessing, const Shape& image,
                                    const Tensor& input);

}  // namespace octet::transforms
