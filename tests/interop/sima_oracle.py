"""Octet's `sima` integer arithmetic, written in NumPy from its contract alone: slow, plain, and without Octet's code.

An integer x is rescaled by r(x, n) = (x + 2^(n-1)) >> n. Convolutions rescale by one shift an output channel; elementwise
operators by integer multipliers of at most 15 bits and one shift; everything else that changes values looks up a table."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tflite_builder import ModelBuilder, Tensor, reference_interpreter, run_once


@dataclasses.dataclass(frozen=True)
class Value:
    """Integers (int64 while computing) with their parameters; reals where scale is None."""

    data: np.ndarray
    scale: tuple[float, ...] | None = None  # One, or one a channel; the file's float32 values.
    zero: int = 0

    @property
    def step(self) -> float:
        return self.scale[0]


def shift_right(x, n):
    return (x + (np.int64(1) << (n - 1))) >> n


def round_half_away(x):
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def activation_range(activation: str, out: Value) -> tuple[int, int]:
    low, high = {"none": (None, None), "relu": (0, None), "relu6": (0, 6), "relu_n1_to_1": (-1, 1)}[
        activation
    ]

    def integer(real):
        return out.zero + int(round_half_away(np.float32(real) / np.float32(out.step)))

    least, most = np.iinfo(out.data.dtype).min, np.iinfo(out.data.dtype).max
    return max(least, integer(low)) if low is not None else least, min(
        most, integer(high)
    ) if high is not None else most


def clamped(x, out: Value, activation: str = "none"):
    return np.clip(x, *activation_range(activation, out)).astype(out.data.dtype)


# ------------------------------------------------------------------------------------------------- sums of products


def channel_shifts(source: Value, weights: Value, out: Value, channels: int) -> np.ndarray:
    shifts = []
    for channel in range(channels):
        scale = weights.scale[channel if len(weights.scale) > 1 else 0]
        exponent = -math.log2(source.step * scale / out.step)
        assert abs(2.0 ** (round(exponent) - exponent) - 1) < 1e-5, "the scales are no power of two apart"
        assert 1 <= round(exponent) <= 31
        shifts.append(round(exponent))
    return np.array(shifts, np.int64)


def finish(acc, node, operands, out):
    source, weights = operands[0], operands[1]
    if len(operands) > 2 and operands[2] is not None:
        acc = acc + operands[2].data.astype(np.int64)
    return clamped(
        out.zero + shift_right(acc, channel_shifts(source, weights, out, acc.shape[-1])),
        out,
        node["activation"],
    )


def centred(value: Value) -> np.ndarray:
    return value.data.astype(np.int64) - value.zero


def padded(source: Value, padding: dict) -> np.ndarray:
    """Centred values, so that padding with the zero point is padding with 0."""
    sides = ((0, 0), (padding["top"], padding["bottom"]), (padding["left"], padding["right"]), (0, 0))
    return np.pad(centred(source), sides)


def taps(image, extent, stride, dilation):
    """(row, column, view of the image under that tap), one for each tap of a window."""
    rows = (image.shape[1] - (extent[0] - 1) * dilation[0] - 1) // stride[0] + 1
    columns = (image.shape[2] - (extent[1] - 1) * dilation[1] - 1) // stride[1] + 1
    for row in range(extent[0]):
        for column in range(extent[1]):
            top, left = row * dilation[0], column * dilation[1]
            bottom, right = top + (rows - 1) * stride[0] + 1, left + (columns - 1) * stride[1] + 1
            yield row, column, image[:, top : bottom : stride[0], left : right : stride[1]]


def extent_of(pair) -> tuple[int, int]:
    return (pair["height"], pair["width"]) if isinstance(pair, dict) else tuple(pair)


def conv_2d(node, operands, out):
    image = padded(operands[0], node["padding"])
    weights = operands[1].data.astype(np.int64)
    outputs, height, width, depth = weights.shape
    groups = image.shape[3] // depth
    per_group = outputs // groups
    acc = 0
    for row, column, view in taps(
        image, (height, width), extent_of(node["stride"]), extent_of(node["dilation"])
    ):
        parts = [
            view[..., g * depth : (g + 1) * depth]
            @ weights[g * per_group : (g + 1) * per_group, row, column].T
            for g in range(groups)
        ]
        acc = acc + np.concatenate(parts, axis=-1)
    return finish(acc, node, operands, out)


def depthwise_conv_2d(node, operands, out):
    image = padded(operands[0], node["padding"])
    weights = operands[1].data.astype(np.int64)
    _, height, width, channels = weights.shape
    multiplier = channels // image.shape[3]
    acc = 0
    for row, column, view in taps(
        image, (height, width), extent_of(node["stride"]), extent_of(node["dilation"])
    ):
        acc = acc + np.repeat(view, multiplier, axis=-1) * weights[0, row, column]
    return finish(acc, node, operands, out)


def transpose_conv(node, operands, out):
    source = centred(operands[0])
    weights = operands[1].data.astype(np.int64)
    outputs, height, width, _ = weights.shape
    stride, size = extent_of(node["stride"]), extent_of(node["output"])
    rows, columns = source.shape[1], source.shape[2]
    # Large enough for the output even where the taps do not reach its end.
    full = np.zeros(
        (
            source.shape[0],
            max((rows - 1) * stride[0] + height, node["padding"]["top"] + size[0]),
            max((columns - 1) * stride[1] + width, node["padding"]["left"] + size[1]),
            outputs,
        ),
        np.int64,
    )
    for row in range(height):
        for column in range(width):
            full[
                :,
                row : row + (rows - 1) * stride[0] + 1 : stride[0],
                column : column + (columns - 1) * stride[1] + 1 : stride[1],
            ] += source @ weights[:, row, column].T
    top, left = node["padding"]["top"], node["padding"]["left"]
    return finish(full[:, top : top + size[0], left : left + size[1]], node, operands, out)


def fully_connected(node, operands, out):
    weights = operands[1].data.astype(np.int64)
    acc = centred(operands[0]).reshape(-1, weights.shape[1]) @ weights.T
    return finish(acc.reshape(out.data.shape), node, operands, out)


# ------------------------------------------------------------------------------------------------------- multipliers


def affine_multipliers(factors, largest_shift=31) -> tuple[list[int], int]:
    for n in range(largest_shift, 0, -1):
        multipliers = [int(round_half_away(factor * 2.0**n)) for factor in factors]
        if all(abs(multiplier) <= 32767 for multiplier in multipliers):
            return multipliers, n
    raise AssertionError("no shift fits")


def affine(operands, factors, out: Value, activation="none"):
    multipliers, n = affine_multipliers(factors)
    constant = int(round_half_away(out.zero * 2.0**n)) - sum(
        m * operand.zero for m, operand in zip(multipliers, operands, strict=True)
    )
    total = sum(m * operand.data.astype(np.int64) for m, operand in zip(multipliers, operands, strict=True))
    return clamped(shift_right(total + constant, n), out, activation)


def add(node, operands, out):
    return affine(operands, [operand.step / out.step for operand in operands], out, node["activation"])


def sub(node, operands, out):
    factors = [operands[0].step / out.step, -operands[1].step / out.step]
    return affine(operands, factors, out, node["activation"])


def mul(node, operands, out):
    a, b = operands
    (multiplier,), n = affine_multipliers([a.step * b.step / out.step], 46)
    return clamped(shift_right(multiplier * centred(a) * centred(b), n) + out.zero, out, node["activation"])


def div(node, operands, out):
    a, b = np.broadcast_arrays(centred(operands[0]), centred(operands[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (
            (operands[0].step * a.astype(np.float64)) / (operands[1].step * b.astype(np.float64)) / out.step
        )
    values = round_half_away(np.where(b == 0, 0, quotient)) + out.zero
    low, high = activation_range(node["activation"], out)
    values = np.where((b == 0) & (a > 0), high, np.where((b == 0) & (a < 0), low, values))
    return np.clip(values, low, high).astype(out.data.dtype)


def reduced(node, operands, out, mean: bool):
    axes = tuple(node["axes"])
    (source,) = operands[:1]
    count = math.prod(source.data.shape[axis] for axis in axes)
    factor = source.step / out.step
    (multiplier,), n = affine_multipliers([factor / count if mean else factor], 46)
    total = source.data.astype(np.int64).sum(axis=axes, keepdims=node["keepDims"]) - count * source.zero
    return clamped(shift_right(multiplier * total, n) + out.zero, out)


def requantize(node, operands, out):
    (source,) = operands
    if source.scale is None:
        return clamped(round_half_away(source.data / np.float32(out.step)) + out.zero, out)
    same_type = source.data.dtype == out.data.dtype
    if same_type and (source.step, source.zero) == (out.step, out.zero):
        return source.data
    return affine(operands, [source.step / out.step], out)


def dequantize(node, operands, out):
    return (np.float64(operands[0].step) * centred(operands[0])).astype(np.float32)


# ------------------------------------------------------------------------------------------------------------ tables


def unary(function):
    def apply(node, operands, out):
        real = operands[0].step * centred(operands[0]).astype(np.float64)
        return clamped(round_half_away(function(node, real) / out.step) + out.zero, out)

    return apply


def gelu(node, x):
    if node["approximate"]:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * np.vectorize(math.erfc)(-x * math.sqrt(0.5))


def inverse_root(node, x):
    return np.where(x > 0, 1 / np.sqrt(np.where(x > 0, x, 1)), np.inf)


def root(node, x):
    return np.sqrt(np.maximum(x, 0))


def power(node, operands, out):
    exponent = np.round(2 * operands[1].step * float(centred(operands[1]).item())) / 2
    function = {0.5: root, -0.5: inverse_root}.get(exponent, lambda node, x: x**exponent)
    return unary(function)(node, operands[:1], out)


def squared_difference(node, operands, out):
    a, b = (operand.step * centred(operand).astype(np.float64) for operand in operands)
    return clamped(round_half_away((a - b) ** 2 / out.step) + out.zero, out)


def prelu(node, operands, out):
    real = operands[0].step * centred(operands[0]).astype(np.float64)
    slope = operands[1].step * centred(operands[1]).astype(np.float64)
    return clamped(round_half_away(np.where(real >= 0, real, real * slope) / out.step) + out.zero, out)


# --------------------------------------------------------------------------------------------- windows and resizing


def pool(node, operands, out, mean: bool):
    source = operands[0].data.astype(np.int64)
    padding = node["padding"]
    sides = ((0, 0), (padding["top"], padding["bottom"]), (padding["left"], padding["right"]), (0, 0))
    extent, stride = extent_of(node["window"]), extent_of(node["stride"])
    if mean:
        total = sum(view for _, _, view in taps(np.pad(source, sides), extent, stride, (1, 1)))
        counted = np.pad(np.ones_like(source), sides)
        count = sum(view for _, _, view in taps(counted, extent, stride, (1, 1)))
        magnitude = (np.abs(total) + count // 2) // count
        return clamped(np.sign(total) * magnitude, out, node["activation"])
    views = [
        view
        for _, _, view in taps(
            np.pad(source, sides, constant_values=np.iinfo(out.data.dtype).min), extent, stride, (1, 1)
        )
    ]
    return clamped(np.max(views, axis=0), out, node["activation"])


def resize_positions(size: int, target: int, node) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper source index and the upper one's weight in 1/1024, as TFLite's integer kernel finds them."""
    scale = (1024 * size + target // 2) // target
    if node["alignCorners"] and target > 1:
        scale = (1024 * (size - 1) + (target - 1) // 2) // (target - 1)
    position = np.arange(target, dtype=np.int64) * scale
    if node["halfPixelCenters"]:
        position = position + scale // 2 - 512
    lower = np.maximum((np.sign(position) * (np.abs(position) // 1024)), 0)
    upper = np.minimum(np.sign(position + 1023) * (np.abs(position + 1023) // 1024), size - 1)
    return lower, upper, position - 1024 * lower


def resize_bilinear(node, operands, out):
    source = operands[0].data.astype(np.int64)
    size = extent_of(node["output"])
    top, bottom, down = resize_positions(source.shape[1], size[0], node)
    left, right, across = resize_positions(source.shape[2], size[1], node)
    down, across = down[:, None, None], across[None, :, None]
    total = (
        source[:, top][:, :, left] * (1024 - down) * (1024 - across)
        + source[:, bottom][:, :, left] * down * (1024 - across)
        + source[:, top][:, :, right] * (1024 - down) * across
        + source[:, bottom][:, :, right] * down * across
    )
    half = np.where(total > 0, 1 << 19, -(1 << 19))
    return (np.sign(total + half) * (np.abs(total + half) >> 20)).astype(out.data.dtype)


# --------------------------------------------------------------------------------------------------------- as TFLite


def batch_matmul(node, operands, out):
    a, b = (
        np.swapaxes(centred(operand), -1, -2) if transpose else centred(operand)
        for operand, transpose in zip(operands, (node["transposeA"], node["transposeB"]), strict=True)
    )
    (multiplier,), n = affine_multipliers([operands[0].step * operands[1].step / out.step], 46)
    return clamped(shift_right(multiplier * (a @ b), n) + out.zero, out)


def comparison(function):
    return lambda node, operands, out: function(*(operand.step * centred(operand) for operand in operands))


def select(node, condition, yes, no):
    return np.where(
        condition.reshape(-1, *[1] * (yes.ndim - 1)) if condition.ndim == 1 else condition, yes, no
    )


def gather(node, data, indices):
    batch = node["batchDims"]
    if batch == 0:
        return np.take(data, indices, node["axis"])
    rest = {"axis": node["axis"] - 1, "batchDims": batch - 1}
    return np.stack([gather(rest, part, chosen) for part, chosen in zip(data, indices, strict=True)])


def by_tflite(kind, options, fields):
    """Operators that compute as TFLite's reference kernels in either mode are judged by those."""

    def apply(node, operands, out):
        dtype = str(out.data.dtype)
        source = Tensor(operands[0].data.shape, dtype, operands[0].step, operands[0].zero)
        target = Tensor(out.data.shape, dtype, out.step, out.zero)
        builder = ModelBuilder()
        builder.add(kind, [source], [target], options, 2, **fields(node))
        return run_once(reference_interpreter(builder.finish([source], [target])), [operands[0].data])[0]

    return apply


# ------------------------------------------------------------------------------------------------------------- moves


def moved(function):
    return lambda node, operands, out: function(node, *[operand.data for operand in operands])


def strided_slice(node, data):
    picked = data
    for axis, (begin, size, stride) in enumerate(
        zip(node["begin"], node["size"], node["stride"], strict=True)
    ):
        picked = np.take(picked, begin + np.arange(size) * stride, axis=axis)
    return picked.squeeze(tuple(node["shrunkAxes"]))


def depth_to_space(node, data):
    n, h, w, c = data.shape
    b = node["block"]
    return data.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5).reshape(n, h * b, w * b, -1)


def space_to_depth(node, data):
    n, h, w, c = data.shape
    b = node["block"]
    return data.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // b, w // b, -1)


def pad(node, operands, out):
    value = int(round_half_away(np.float32(node["value"]) / np.float32(out.step))) + out.zero
    return np.pad(
        operands[0].data, node["paddings"], constant_values=np.clip(value, *activation_range("none", out))
    )


def resize_nearest(node, operands, out):
    def positions(size, target):
        scale = np.float32(size) / np.float32(target)
        if node["alignCorners"] and target > 1:
            scale = np.float32(size - 1) / np.float32(target - 1)
        offset = np.float32(0.5 if node["halfPixelCenters"] else 0)
        position = (np.arange(target, dtype=np.float32) + offset) * scale
        nearest = round_half_away(position) if node["alignCorners"] else np.floor(position)
        return np.clip(nearest.astype(np.int64), 0, size - 1)

    size = extent_of(node["output"])
    data = operands[0].data
    return data[:, positions(data.shape[1], size[0])][:, :, positions(data.shape[2], size[1])]


def arg_max(node, operands, out):
    return operands[0].data.argmax(axis=node["axis"]).astype(out.data.dtype)


def space_to_batch(node, operands, out):
    data = operands[0].data
    blocks, margins = node["block"], node["margins"]
    rest = data.ndim - 1 - len(blocks)
    padded = np.pad(data, [(0, 0), *margins, *[(0, 0)] * rest], constant_values=out.zero)
    split = [padded.shape[0]]
    for extent, block in zip(padded.shape[1:], blocks, strict=False):
        split += [extent // block, block]
    cells = padded.reshape(*split, *data.shape[len(blocks) + 1 :])
    places = [2 * i + 2 for i in range(len(blocks))]
    kept = [i for i in range(cells.ndim) if i not in places]
    return cells.transpose(*places, *kept).reshape(out.data.shape)


def batch_to_space(node, data):
    blocks, margins = node["block"], node["margins"]
    count = len(blocks)
    batch = data.shape[0] // int(np.prod(blocks))
    cells = data.reshape(*blocks, batch, *data.shape[1:])
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += list(range(2 * count + 1, cells.ndim))
    extents = [extent * block for extent, block in zip(data.shape[1:], blocks, strict=False)]
    whole = cells.transpose(order).reshape(batch, *extents, *data.shape[count + 1 :])
    crops = [slice(before, extent - after) for (before, after), extent in zip(margins, extents, strict=True)]
    return whole[(slice(None), *crops)]


def extreme(function):
    return moved(lambda node, data: function(data, axis=tuple(node["axes"]), keepdims=node["keepDims"]))


ORACLE = {
    "ABS": unary(lambda node, x: np.abs(x)),
    "ADD": add,
    "ARG_MAX": arg_max,
    "AVERAGE_POOL_2D": lambda node, operands, out: pool(node, operands, out, True),
    "BATCH_MATMUL": batch_matmul,
    "BATCH_TO_SPACE_ND": moved(batch_to_space),
    "BROADCAST_TO": moved(lambda node, data: np.broadcast_to(data, node["shape"])),
    "CONCATENATION": lambda node, operands, out: np.concatenate([o.data for o in operands], node["axis"]),
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "DEPTH_TO_SPACE": moved(depth_to_space),
    "DEQUANTIZE": dequantize,
    "DIV": div,
    "ELU": unary(lambda node, x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x)),
    "EQUAL": comparison(np.equal),
    "EXP": unary(lambda node, x: np.exp(x)),
    "FULLY_CONNECTED": fully_connected,
    "GATHER": moved(gather),
    "GATHER_ND": moved(lambda node, data, indices: data[tuple(np.moveaxis(indices, -1, 0))]),
    "GELU": unary(gelu),
    "GREATER": comparison(np.greater),
    "GREATER_EQUAL": comparison(np.greater_equal),
    "HARD_SWISH": unary(lambda node, x: x * np.clip(x + 3, 0, 6) / 6),
    "L2_NORMALIZATION": by_tflite("L2_NORMALIZATION", "L2NormOptions", lambda node: {}),
    "LEAKY_RELU": unary(lambda node, x: np.where(x >= 0, x, x * np.float64(np.float32(node["alpha"])))),
    "LESS": comparison(np.less),
    "LESS_EQUAL": comparison(np.less_equal),
    "LOG": unary(lambda node, x: np.log(x, where=x > 0, out=np.full_like(x, -np.inf))),
    "LOGISTIC": unary(lambda node, x: 1 / (1 + np.exp(-x))),
    "LOG_SOFTMAX": by_tflite("LOG_SOFTMAX", "LogSoftmaxOptions", lambda node: {}),
    "MAXIMUM": moved(lambda node, a, b: np.maximum(a, b)),
    "MAX_POOL_2D": lambda node, operands, out: pool(node, operands, out, False),
    "MEAN": lambda node, operands, out: reduced(node, operands, out, True),
    "MINIMUM": moved(lambda node, a, b: np.minimum(a, b)),
    "MIRROR_PAD": moved(
        lambda node, data: np.pad(data, node["paddings"], mode="reflect" if node["reflect"] else "symmetric")
    ),
    "MUL": mul,
    "NOT_EQUAL": comparison(np.not_equal),
    "PACK": lambda node, operands, out: np.stack([o.data for o in operands], node["axis"]),
    "PAD": pad,
    "POW": power,
    "PRELU": prelu,
    "QUANTIZE": requantize,
    "REDUCE_MAX": extreme(np.max),
    "REDUCE_MIN": extreme(np.min),
    "RELU": unary(lambda node, x: np.maximum(x, 0)),
    "RELU6": unary(lambda node, x: np.clip(x, 0, 6)),
    "RELU_0_TO_1": unary(lambda node, x: np.clip(x, 0, 1)),
    "RELU_N1_TO_1": unary(lambda node, x: np.clip(x, -1, 1)),
    "RESHAPE": moved(lambda node, data: data.reshape(node["shape"])),
    "RESIZE_BILINEAR": resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": resize_nearest,
    "RSQRT": unary(inverse_root),
    "SELECT": moved(select),
    "SELECT_V2": moved(lambda node, condition, yes, no: np.where(condition, yes, no)),
    "SLICE": moved(
        lambda node, data: data[
            tuple(slice(b, b + s) for b, s in zip(node["begin"], node["size"], strict=True))
        ]
    ),
    "SOFTMAX": by_tflite("SOFTMAX", "SoftmaxOptions", lambda node: {"beta": node["beta"]}),
    "SPACE_TO_BATCH_ND": space_to_batch,
    "SPACE_TO_DEPTH": moved(space_to_depth),
    "SQRT": unary(root),
    "SQUARE": unary(lambda node, x: x * x),
    "SQUARED_DIFFERENCE": squared_difference,
    "SQUEEZE": moved(lambda node, data: data.reshape(node["shape"])),
    "STRIDED_SLICE": moved(strided_slice),
    "SUB": sub,
    "SUM": lambda node, operands, out: reduced(node, operands, out, False),
    "TANH": unary(lambda node, x: np.tanh(x)),
    "TILE": moved(lambda node, data: np.tile(data, node["multiples"])),
    "TRANSPOSE": moved(lambda node, data: data.transpose(node["permutation"])),
    "TRANSPOSE_CONV": transpose_conv,
}


def outputs_of(operator: str, attributes: dict, operands: list[Value], outs: list[Value]) -> list[np.ndarray]:
    """What the operator must give. `outs` holds the parameters and shapes of its outputs."""
    if operator == "SPLIT":
        return np.split(operands[0].data, len(outs), attributes["axis"])
    if operator == "SPLIT_V":
        return np.split(operands[0].data, np.cumsum(attributes["sizes"])[:-1], attributes["axis"])
    if operator == "UNPACK":
        return list(np.moveaxis(operands[0].data, attributes["axis"], 0))
    return [ORACLE[operator](attributes, operands, outs[0])]
