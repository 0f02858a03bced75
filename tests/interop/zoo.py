"""The nets that are exported with every preset for every target: real ones, small ones of Keras, every operator alone, and
outputs that no node computes."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np

from models import MODELS, REPOSITORY, WORK, Model
from operator_graphs import operator_graphs
from tflite_builder import ModelBuilder, Tensor, constant, unpack
from vector_cases import random_state

_KERAS = REPOSITORY / "tests" / "assets" / "keras"
_SAMPLES = 4


@dataclasses.dataclass(frozen=True)
class Net:
    """A float net, as a file or its contents; `samples` gives one array an input each, the last of which nothing
    calibrates with."""

    kind: str
    name: str
    source: pathlib.Path | bytes = dataclasses.field(repr=False)
    inputs: tuple[str, ...]
    samples: Callable[[], list[list[np.ndarray]]] = dataclasses.field(repr=False)

    @property
    def folder(self) -> pathlib.Path:
        return WORK / "zoo" / self.kind / self.name

    def path(self) -> pathlib.Path:
        if isinstance(self.source, pathlib.Path):
            return self.source
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "float.tflite"
        path.write_bytes(self.source)
        return path


def _real(model: Model) -> Net:
    def samples():
        calibration, evaluation = model.images()
        return [[model.tensor(picture)] for picture in (*calibration[:_SAMPLES], evaluation[0])]

    return Net("real", model.name, model.path, (model.input[0],), samples)


def _keras(path: pathlib.Path) -> Net:
    graph = unpack(path.read_bytes()).subgraphs[0]
    tensors = [graph.tensors[index] for index in graph.inputs]

    def samples():
        state = random_state(path.stem)
        return [
            [np.asarray(state.rand(*tensor.shape), np.float32) for tensor in tensors] for _ in range(_SAMPLES)
        ]

    return Net("keras", path.stem, path, tuple(tensor.name.decode() for tensor in tensors), samples)


def _outputs() -> list[Net]:
    """Outputs that are constants, inputs, or given twice."""
    shape = (1, 4, 4, 8)

    def net(name: str, build) -> Net:
        builder = ModelBuilder()
        x = Tensor(shape, "float32", name="x")

        def conv(of: Tensor, name: str) -> Tensor:
            weights = random_state(name).normal(0, 0.3, (8, 1, 1, 8))
            bias = constant(np.linspace(-1, 1, 8), "float32")
            y = Tensor(shape, "float32", name=name)
            fields = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
            builder.add(
                "CONV_2D", [of, constant(weights, "float32"), bias], [y], "Conv2DOptions", 1, **fields
            )
            return y

        outputs = build(builder, x, conv)
        state = random_state(name)
        samples = [[np.asarray(state.normal(0, 1, shape), np.float32)] for _ in range(_SAMPLES)]
        return Net("outputs", name, builder.finish([x], outputs), ("x",), lambda: samples)

    def anchors(name: str = "anchors") -> Tensor:
        tensor = constant([[1, 2, 3]], "float32")
        tensor.name = name
        return tensor

    def folded(builder, x, conv):
        sums = Tensor((1, 3), "float32", name="sums")
        builder.add("ADD", [anchors(), constant([0.5], "float32")], [sums], "AddOptions")
        return [sums, conv(x, "y")]

    def operand(builder, x, conv):
        factors = constant(np.linspace(0.5, 2, 8), "float32")
        factors.name = "factors"
        y = Tensor(shape, "float32", name="y")
        builder.add("MUL", [conv(x, "inner"), factors], [y], "MulOptions")
        return [y, factors]

    def joined(builder, x, conv):
        boxes, y = (
            Tensor((*shape[:3], channels), "float32", name=name)
            for channels, name in ((8, "boxes"), (16, "y"))
        )
        builder.add("MUL", [conv(x, "places"), constant([640.0], "float32")], [boxes], "MulOptions")
        builder.add("CONCATENATION", [boxes, conv(x, "scores")], [y], "ConcatenationOptions", axis=3)
        return [y]

    def twice(_, x, conv):
        y = conv(x, "y")
        return [y, y]

    def zeros(_, x, conv):
        tensor = constant(np.zeros((2, 2)), "float32")
        tensor.name = "zeros"
        return [conv(x, "y"), tensor]

    return [
        net("constant", lambda _, x, conv: [anchors(), conv(x, "y")]),
        net("constant_of_zeros", zeros),
        net("constant_behind_folding", folded),
        net("constant_and_operand", operand),
        net("joined", joined),
        net("input", lambda _, x, conv: [conv(x, "y"), x]),
        net("twice", twice),
        net("between", lambda _, x, conv: [conv(y := conv(x, "y"), "z"), y]),
    ]


@functools.cache
def nets() -> dict[str, Net]:
    """By name, `kind/name`."""
    operators = [
        Net("operator", graph.name, graph.model, graph.inputs, lambda graph=graph: graph.samples)
        for graph in operator_graphs()
    ]
    real = [_real(model) for model in MODELS.values()]
    keras = [_keras(path) for path in sorted(_KERAS.glob("*.tflite"))]
    return {f"{net.kind}/{net.name}": net for net in [*real, *keras, *_outputs(), *operators]}
