"""Nets of random operators, in which axes are moved, joined, split and named in ways that nobody thought of."""

from __future__ import annotations

import numpy as np
from onnx import helper

from .form import Form, graph_form, ints

_NETS = 300
_NODES = 12
_MOST_ELEMENTS = 20_000
_IMAGES = ((1, 4, 4, 4), (1, 8, 8, 8), (2, 2, 2, 2), (1, 3, 5, 7), (2, 6, 5, 4), (1, 1, 6, 6), (1, 6, 1, 9))


class _Net:
    """A net that grows at its end, the tensors of which have known shapes."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.name = f"random_{seed}"
        image = self.choice(_IMAGES)
        self.inputs = {"x": self.random.standard_normal(image, np.float32)}
        self.nodes, self.constants = [], {}
        self.shapes = {"x": tuple(image)}
        self.last = "x"

    def choice(self, options):
        return options[self.random.integers(len(options))]

    def axis(self) -> int:
        return int(self.random.integers(len(self.shape)))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.shapes[self.last]

    def constant(self, values: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = values
        return name

    def reals(self, *shape: int) -> str:
        fan_in = int(np.prod(shape[1:])) or 1
        return self.constant(self.random.standard_normal(shape, np.float32) / np.float32(np.sqrt(fan_in)))

    def add(self, operator: str, shape: tuple[int, ...], *others: str, **attributes) -> None:
        name = f"t{len(self.nodes)}"
        inputs = [self.last, *others]
        self.nodes.append(
            helper.make_node(operator, inputs, [name], name=f"n{len(self.nodes)}", **attributes)
        )
        self.shapes[name] = tuple(int(extent) for extent in shape)
        self.last = name


def _conv(net: _Net) -> None:
    batch, channels, height, width = net.shape
    groups = channels if net.choice((True, False, False)) else 1
    filters = channels if groups > 1 else int(net.choice((2, 4, channels)))
    net.add("Conv", (batch, filters, height, width), net.reals(filters, channels // groups, 3, 3),
            pads=[1, 1, 1, 1], group=groups)  # fmt: skip


def _pool(net: _Net) -> None:
    batch, channels, height, width = net.shape
    operator = net.choice(("MaxPool", "AveragePool"))
    shape = (batch, channels, -(-height // 2), -(-width // 2))
    net.add(operator, shape, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")


def _upsample(net: _Net) -> None:
    batch, channels, height, width = net.shape
    shape = (batch, channels, 2 * height, 2 * width)
    mode = net.choice(("nearest", "linear"))
    net.add("Resize", shape, "", "", net.constant(ints(*shape)), mode=mode)


def _per_channel(net: _Net) -> None:
    channels = net.shape[1]
    if net.choice((True, False)):
        return net.add("PRelu", net.shape, net.reals(channels, 1, 1))
    variance = net.constant(np.float32(0.5) + net.random.random(channels, np.float32))
    return net.add("BatchNormalization", net.shape, *(net.reals(channels) for _ in range(3)), variance)


def _transpose(net: _Net) -> None:
    order = [int(axis) for axis in net.random.permutation(len(net.shape))]
    net.add("Transpose", tuple(net.shape[axis] for axis in order), perm=order)


def _join(net: _Net) -> None:
    at = int(net.random.integers(len(net.shape) - 1))
    shape = (*net.shape[:at], net.shape[at] * net.shape[at + 1], *net.shape[at + 2 :])
    net.add("Reshape", shape, net.constant(ints(*shape)))


def _cut_axis(net: _Net) -> None:
    at = net.axis()
    parts = [part for part in (2, 3, net.shape[at]) if net.shape[at] % part == 0]
    part = int(net.choice(parts or [1]))
    shape = (*net.shape[:at], part, net.shape[at] // part, *net.shape[at + 1 :])
    net.add("Reshape", shape, net.constant(ints(*shape)))


def _to_image(net: _Net) -> None:
    """Four axes, whatever there were: what is missing is of extent one, what is too much is joined."""
    shape = net.shape
    shape = (*shape[:3], int(np.prod(shape[3:]))) if len(shape) >= 4 else (*[1] * (4 - len(shape)), *shape)
    net.add("Reshape", shape, net.constant(ints(*shape)))


def _unsqueeze(net: _Net) -> None:
    at = int(net.random.integers(len(net.shape) + 1))
    net.add("Unsqueeze", (*net.shape[:at], 1, *net.shape[at:]), net.constant(ints(at)))


def _squeeze(net: _Net) -> None:
    ones = [axis for axis, extent in enumerate(net.shape) if extent == 1]
    if len(net.shape) > 1 and ones:
        at = int(net.choice(ones))
        net.add("Squeeze", (*net.shape[:at], *net.shape[at + 1 :]), net.constant(ints(at)))


def _reduce(net: _Net) -> None:
    at, keep = net.axis(), int(net.choice((0, 1)))
    if len(net.shape) == 1 and not keep:
        return
    shape = (*net.shape[:at], *([1] if keep else []), *net.shape[at + 1 :])
    operator = net.choice(("ReduceMax", "ReduceMin", "ReduceL2", "ReduceMean"))
    net.add(operator, shape, axes=[at], keepdims=keep)


def _broadcast(net: _Net) -> None:
    other = [extent if net.choice((True, False)) else 1 for extent in net.shape]
    other = other[int(net.random.integers(len(other))) :]
    net.add(net.choice(("Add", "Mul", "Sub", "Max")), net.shape, net.reals(*other))


def _skip(net: _Net) -> None:
    alike = [name for name, shape in net.shapes.items() if shape == net.shape]
    net.add(net.choice(("Add", "Mul")), net.shape, net.choice(alike))


def _concat(net: _Net) -> None:
    at = net.axis()
    alike = [name for name, shape in net.shapes.items() if shape == net.shape]
    shape = (*net.shape[:at], 2 * net.shape[at], *net.shape[at + 1 :])
    net.add("Concat", shape, net.choice(alike), axis=at)


def _slice(net: _Net) -> None:
    at = net.axis()
    if net.shape[at] < 3:
        return
    shape = (*net.shape[:at], net.shape[at] - 2, *net.shape[at + 1 :])
    net.add("Slice", shape, *(net.constant(ints(value)) for value in (1, net.shape[at] - 1, at)))


def _pad(net: _Net) -> None:
    at = net.axis()
    pads = np.zeros((2, len(net.shape)), np.int64)
    pads[:, at] = 1, 2
    shape = (*net.shape[:at], net.shape[at] + 3, *net.shape[at + 1 :])
    net.add("Pad", shape, net.constant(pads.ravel()))


def _reverse(net: _Net) -> None:
    at = net.axis()
    net.add("Gather", net.shape, net.constant(ints(*reversed(range(net.shape[at])))), axis=at)


def _matmul(net: _Net) -> None:
    if len(net.shape) > 1:
        last = net.shape[-1]
        net.add("MatMul", (*net.shape[:-1], 4), net.reals(last, 4))


def _softmax(net: _Net) -> None:
    net.add("Softmax", net.shape, axis=net.axis())


def _layer_norm(net: _Net) -> None:
    net.add("LayerNormalization", net.shape, net.reals(net.shape[-1]), epsilon=0.1)


def _activate(net: _Net) -> None:
    net.add(net.choice(("Relu", "Sigmoid", "Tanh", "HardSwish")), net.shape)


_ANYWHERE = (
    *(_transpose, _transpose, _cut_axis, _unsqueeze, _squeeze, _reduce, _broadcast, _skip, _concat, _slice),
    *(_pad, _reverse, _matmul, _softmax, _layer_norm, _activate, _to_image, _to_image),
)
_ON_IMAGES = (_conv, _conv, _conv, _conv, _conv, _pool, _upsample, _per_channel)


def _grown(seed: int) -> Form:
    net = _Net(seed)
    _conv(net)
    while len(net.nodes) < _NODES:
        steps = _ANYWHERE + (_ON_IMAGES if len(net.shape) == 4 else ())
        if len(net.shape) > 1:
            steps += (_join,)
        if len(net.shape) > 5:
            steps = (_join,)
        if np.prod(net.shape) > _MOST_ELEMENTS:
            steps = (_reduce,)
        net.choice(steps)(net)
    outputs = (net.last, net.choice(list(net.shapes)[1:-1]))
    return graph_form(net.name, 17, net.nodes, net.inputs, net.constants, outputs)


def random_forms() -> list[Form]:
    return [_grown(seed) for seed in range(_NETS)]
