"""Small nets around convolutions, in which every axis has to stay what it is while images are laid out channels last. Images
once with all extents alike, where an order of axes cannot be told from the extents, and once with none alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import helper

from .form import Form, graph_form, ints, random

_IMAGES = {"alike": (1, 8, 8, 8), "unlike": (2, 6, 5, 7)}


class Chain:
    """Nodes, each of which reads what the one before computed, if not told otherwise."""

    def __init__(self, name: str, image: tuple[int, ...]):
        self.name, self.image, self.shape = name, image, image
        self.nodes, self.constants = [], {}
        self.last = "x"

    def node(
        self, operator: str, *others: np.ndarray | str, first: str | None = None, results=1, **attributes
    ):
        """Adds a node; the others of its operands are constants or names. Gives the name of its first result."""
        at = len(self.nodes)
        names = [first or self.last]
        for place, other in enumerate(others):
            if not isinstance(other, str):
                key = f"c{at}_{place}"
                self.constants[key] = other
                other = key
            names.append(other)
        outputs = [f"t{at}_{result}" for result in range(results)]
        self.nodes.append(helper.make_node(operator, names, outputs, name=f"n{at}", **attributes))
        self.last = outputs[0]
        return self.last

    def conv(self, channels: int | None = None, kernel: int = 3) -> str:
        """A convolution that keeps height and width."""
        inputs = self.image[1]
        weights = random(f"{self.name}{len(self.nodes)}", (channels or inputs, inputs, kernel, kernel)) / 4
        return self.node("Conv", weights, pads=[kernel // 2] * 4)

    def form(self, opset: int = 17) -> Form:
        inputs = {"x": random(self.name, self.image)}
        return graph_form(self.name, opset, self.nodes, inputs, self.constants, (self.last,))


def _flatten_gemm(net: Chain) -> None:
    net.conv()
    net.node("Flatten")
    size = int(np.prod(net.image[1:]))
    net.node("Gemm", random("gemm", (5, size)), random("bias", (5,)), transB=1)


def _reshape_matmul(net: Chain) -> None:
    net.conv()
    net.node("Reshape", ints(net.image[0], -1))
    net.node("MatMul", random("matmul", (int(np.prod(net.image[1:])), 5)))


def _pool_gemm(net: Chain) -> None:
    net.conv()
    net.node("GlobalAveragePool")
    net.node("Flatten")
    net.node("Gemm", random("gemm", (net.image[1], 5)))


def _squeeze_excite(net: Chain) -> None:
    channels = net.image[1]
    trunk = net.conv()
    net.node("ReduceMean", axes=[2, 3], keepdims=1)
    net.node("Conv", random("down", (3, channels, 1, 1)))
    net.node("Relu")
    net.node("Conv", random("up", (channels, 3, 1, 1)))
    gate = net.node("Sigmoid")
    net.node("Mul", gate, first=trunk)
    net.conv()


def _shuffle(net: Chain) -> None:
    batch, channels, height, width = net.image
    net.conv()
    net.node("Reshape", ints(batch, 2, channels // 2, height, width))
    net.node("Transpose", perm=[0, 2, 1, 3, 4])
    net.node("Reshape", ints(batch, channels, height, width))
    net.conv()


def _tokens(net: Chain) -> None:
    batch, channels, height, width = net.image
    net.conv()
    net.node("Reshape", ints(batch, channels, height * width))
    tokens = net.node("Transpose", perm=[0, 2, 1])
    net.node("LayerNormalization", random("scale", (channels,)), random("shift", (channels,)))
    query = net.node("MatMul", random("q", (channels, channels)) / 4)
    turned = net.node("Transpose", first=tokens, perm=[0, 2, 1])
    net.node("MatMul", turned, first=query)
    net.node("Softmax", axis=-1)
    mixed = net.node("MatMul", tokens)
    net.node("Add", tokens, first=mixed)
    net.node("Transpose", perm=[0, 2, 1])
    net.node("Reshape", ints(batch, channels, height, width))
    net.conv()


def _heads(net: Chain) -> None:
    batch, channels, height, width = net.image
    net.conv()
    net.node("Reshape", ints(batch, 2, channels // 2, height * width))
    net.node("Transpose", perm=[0, 1, 3, 2])
    net.node("Softmax", axis=-1)


def _channels_last_and_back(net: Chain) -> None:
    net.conv()
    net.node("Transpose", perm=[0, 2, 3, 1])
    net.node("LayerNormalization", random("scale", (net.image[1],)))
    net.node("Transpose", perm=[0, 3, 1, 2])
    net.conv()


def _channels_last_input(net: Chain) -> None:
    net.node("Transpose", perm=[0, 3, 1, 2])
    net.node("Conv", random("w", (4, net.image[3], 3, 3)), pads=[1, 1, 1, 1])
    net.node("Transpose", perm=[0, 2, 3, 1])


def _swapped_image(net: Chain) -> None:
    """Height and width change places between two convolutions."""
    net.conv()
    net.node("Transpose", perm=[0, 1, 3, 2])
    net.conv()


def _pieces(net: Chain) -> None:
    channels = net.image[1]
    trunk = net.conv()
    half = channels // 2
    first = net.node("Split", ints(half, channels - half), axis=1, results=2)
    second = first.replace("_0", "_1")
    net.node("Concat", trunk, first=second, axis=1)
    net.node("Concat", first, axis=1)
    net.node("Slice", ints(1), ints(channels + 1), ints(1))
    net.conv()


def _cut(net: Chain) -> None:
    net.conv()
    net.node("Slice", ints(1, 0), ints(1 << 40, -1), ints(2, 3), ints(2, 1))
    net.node("Pad", ints(0, 0, 1, 0, 0, 0, 0, 2), mode="reflect")
    net.conv()


def _stack_of_heights(net: Chain) -> None:
    trunk = net.conv()
    net.node("Concat", trunk, axis=2)
    net.node("Concat", net.last, axis=3)
    net.conv()


def _broadcasts(net: Chain) -> None:
    _, channels, height, width = net.image
    net.conv()
    net.node("Add", random("channels", (channels, 1, 1)))
    net.node("Mul", random("row", (width,)))
    net.node("Sub", random("column", (height, 1)))
    net.node("Add", random("plane", (height, width)))
    net.node("Mul", random("all", (1, channels, height, width)))
    net.conv()


def _reduced(*axes: int, keep: int) -> Callable[[Chain], None]:
    def build(net: Chain) -> None:
        net.conv()
        net.node("ReduceMax", axes=list(axes), keepdims=keep)
        net.node("Add", random("one", (1,)))

    return build


def _softmax(axis: int) -> Callable[[Chain], None]:
    def build(net: Chain) -> None:
        net.conv()
        net.node("Softmax", axis=axis)
        net.conv()

    return build


def _matmul_of_image(net: Chain) -> None:
    net.conv()
    net.node("MatMul", random("columns", (net.image[3], net.image[3])) / 4)
    net.conv()


def _gathered(net: Chain) -> None:
    net.conv()
    net.node("Gather", ints(*reversed(range(net.image[1]))), axis=1)
    net.conv()
    net.node("Gather", np.array(1, np.int64), axis=2)


def _attention_map(net: Chain) -> None:
    trunk = net.conv()
    net.node("ReduceMean", axes=[1], keepdims=1)
    mean = net.last
    net.node("ReduceMax", first=trunk, axes=[1], keepdims=1)
    net.node("Concat", mean, axis=1)
    net.node("Conv", random("map", (1, 2, 3, 3)), pads=[1, 1, 1, 1])
    net.node("Sigmoid")
    net.node("Mul", trunk)


def _norms(net: Chain) -> None:
    channels = net.image[1]
    net.conv()
    net.node("InstanceNormalization", random("scale", (channels,)), random("shift", (channels,)))
    net.conv()
    net.node("PRelu", random("slope", (channels, 1, 1)))
    variance = np.abs(random("variance", (channels,))) + 0.1
    operands = (random(f"norm{at}", (channels,)) for at in range(3))
    net.node("BatchNormalization", *operands, variance)
    net.node("Relu")
    net.conv()


def _window_partition(net: Chain) -> None:
    """An image in tiles, each a row of tokens, and back."""
    batch, channels, height, width = net.image
    tiles = (2, height // 2) if height % 2 == 0 else (1, height)
    net.conv()
    net.node("Transpose", perm=[0, 2, 3, 1])
    net.node("Reshape", ints(batch, *tiles, 1, width, channels))
    net.node("Transpose", perm=[0, 1, 3, 2, 4, 5])
    net.node("Reshape", ints(-1, tiles[1] * width, channels))
    net.node("MatMul", random("mix", (channels, channels)) / 4)
    net.node("Reshape", ints(batch, tiles[0], 1, tiles[1], width, channels))
    net.node("Transpose", perm=[0, 1, 3, 2, 4, 5])
    net.node("Reshape", ints(batch, height, width, channels))
    net.node("Transpose", perm=[0, 3, 1, 2])
    net.conv()


def _anchors(net: Chain) -> None:
    """A detector's head: values of each anchor in a row."""
    batch, _, height, width = net.image
    net.conv(8)
    net.node("Reshape", ints(batch, 2, 4, height, width))
    net.node("Transpose", perm=[0, 3, 4, 1, 2])
    net.node("Reshape", ints(batch, -1, 4))
    net.node("Sigmoid")


def _upsampled_sum(net: Chain) -> None:
    trunk = net.conv()
    net.node("MaxPool", kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 1, 1])
    net.conv()
    net.node("Resize", "", "", ints(*net.image), mode="nearest")
    net.node("Add", trunk)
    net.conv(8)
    net.node("DepthToSpace", blocksize=2)


_NETS = {
    "flatten_gemm": _flatten_gemm,
    "reshape_matmul": _reshape_matmul,
    "pool_gemm": _pool_gemm,
    "squeeze_excite": _squeeze_excite,
    "shuffle": _shuffle,
    "tokens": _tokens,
    "heads": _heads,
    "channels_last_and_back": _channels_last_and_back,
    "channels_last_input": _channels_last_input,
    "swapped_image": _swapped_image,
    "pieces": _pieces,
    "cut": _cut,
    "stack_of_heights": _stack_of_heights,
    "broadcasts": _broadcasts,
    "matmul_of_image": _matmul_of_image,
    "gathered": _gathered,
    "attention_map": _attention_map,
    "norms": _norms,
    "window_partition": _window_partition,
    "anchors": _anchors,
    "upsampled_sum": _upsampled_sum,
    **{f"softmax_{axis}": _softmax(axis) for axis in (0, 1, 2, 3)},
    **{
        f"reduced_{''.join(map(str, axes))}_{keep}": _reduced(*axes, keep=keep)
        for axes in ((0,), (1,), (2,), (3,), (1, 2), (2, 3), (1, 3), (0, 1, 2))
        for keep in (0, 1)
    },
}


def layout_forms() -> list[Form]:
    forms = []
    for size, image in _IMAGES.items():
        for name, build in _NETS.items():
            net = Chain(f"{name}_{size}", image)
            build(net)
            forms.append(net.form())
    return forms
