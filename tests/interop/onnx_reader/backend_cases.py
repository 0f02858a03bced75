"""The onnx package's own cases, as a static quantizer takes them: what is data stays an input, all else is a constant.

An operand is data where the operator computes on it as on its first: both addends, both matrices, all parts of a Concat.
Weights, slopes, limits, shapes, axes, paddings and sizes are none. Data with values that are no finite numbers, which Octet
refuses in samples, integers and data without elements become constants too, as long as one input remains."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import warnings

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.backend.test import loader

_DATA = pathlib.Path(loader.DATA_DIR)

# Operators with more data than their first operand, and which operands they are.
_ALL = range(1 << 16)
_DATA_OPERANDS = {
    **dict.fromkeys(
        (
            *(
                "Add",
                "And",
                "BitwiseAnd",
                "BitwiseOr",
                "BitwiseXor",
                "Concat",
                "Div",
                "Einsum",
                "Equal",
                "Greater",
            ),
            *(
                "GreaterOrEqual",
                "Less",
                "LessOrEqual",
                "MatMul",
                "Max",
                "Mean",
                "Min",
                "Mod",
                "Mul",
                "Or",
                "Pow",
            ),
            *("Sub", "Sum", "SwiGLU", "Where", "Xor"),
        ),
        _ALL,
    ),
    "Attention": range(3),
    "ConstantOfShape": (),
    "Gemm": range(2),
    "If": (),
    "OneHot": (),
    "Range": (),
}


@dataclasses.dataclass(frozen=True)
class Case:
    """A model with constants in place of all but its data, what it is run on, and what it is to give."""

    kind: str
    name: str
    model: ModelProto = dataclasses.field(repr=False)
    inputs: dict[str, np.ndarray] = dataclasses.field(repr=False)
    expected: list[np.ndarray] = dataclasses.field(repr=False)
    rtol: float
    atol: float

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.name}"


def _array(proto: TensorProto | np.ndarray) -> np.ndarray | None:
    """A tensor's values; nothing for sequences and optionals."""
    if isinstance(proto, TensorProto):
        return numpy_helper.to_array(proto)
    return np.asarray(proto) if isinstance(proto, np.ndarray | np.generic) else None


def _tensors(paths: list[pathlib.Path]) -> list[np.ndarray | None]:
    arrays = []
    for path in paths:
        proto = TensorProto()
        try:
            proto.ParseFromString(path.read_bytes())
        except DecodeError:  # A sequence or an optional, which no test runs.
            arrays.append(None)
            continue
        arrays.append(numpy_helper.to_array(proto))
    return arrays


def data_inputs(model: ModelProto, whole: ModelProto | None = None) -> set[str]:
    """Names of the graph inputs that are data to the nodes of `whole`, the model before operators were expanded."""
    names = {value.name for value in model.graph.input}
    found = set()
    for node in (whole or model).graph.node:
        operands = _DATA_OPERANDS.get(node.op_type, range(1))
        found.update(name for at, name in enumerate(node.input) if at in operands and name in names)
    return found


def baked(
    model: ModelProto, values: dict[str, np.ndarray], kept: set[str]
) -> tuple[ModelProto, dict[str, np.ndarray]]:
    """The model with initializers for all but the inputs of `kept`, whose shapes become those of the values."""
    result = ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    inputs = list(graph.input)
    del graph.input[:]
    for value in inputs:
        array = values.get(value.name)
        if array is None:  # An initializer that old files list here too.
            continue
        if value.name not in kept:
            graph.initializer.append(numpy_helper.from_array(array, value.name))
            continue
        shape = value.type.tensor_type.shape
        del shape.dim[:]
        for extent in array.shape:
            shape.dim.add().dim_value = extent
        graph.input.append(value)
    return result, {name: values[name] for name in (value.name for value in graph.input)}


def is_finite(values: np.ndarray) -> bool:
    """Whether the values are finite numbers in float32."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(values.astype(np.float32)).all())


def _can_be_fed(values: np.ndarray) -> bool:
    if values.size == 0 or values.dtype.kind in "iuO":
        return False
    return values.dtype.kind == "b" or is_finite(values)


def _case(kind, name, model, inputs, expected, rtol, atol, whole=None) -> Case:
    initialized = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in initialized]
    values = {
        name: array for name, array in zip(names, inputs, strict=False) if isinstance(array, np.ndarray)
    }
    data = data_inputs(model, whole) & values.keys()
    fed = {name for name in data if _can_be_fed(values[name])}
    model, kept = baked(model, values, fed or data)
    return Case(kind, name, model, kept, expected, rtol, atol)


def _node_cases() -> list[Case]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # The cases divide by zero on purpose.
        tests = loader.load_model_tests(kind="node")
    whole = {test.name: test.model for test in tests}
    cases = []
    for test in tests:
        ((inputs, expected),) = test.data_sets[:1]
        before = whole.get(test.name.partition("_expanded")[0])
        arrays = [_array(values) for values in inputs]
        results = [_array(values) for values in expected]
        cases.append(_case("node", test.name, test.model, arrays, results, test.rtol, test.atol, before))
    return cases


def _stored_cases(kind: str) -> list[Case]:
    cases = []
    for test in sorted(loader.load_model_tests(kind=kind), key=lambda test: test.name):
        folder = pathlib.Path(test.model_dir)
        model = onnx.load(folder / "model.onnx")
        data = folder / "test_data_set_0"
        inputs, expected = (
            _tensors([data / f"{role}_{at}.pb" for at in range(len(list(data.glob(f"{role}_*.pb"))))])
            for role in ("input", "output")
        )
        cases.append(_case(kind, test.name, model, inputs, expected, test.rtol, test.atol))
    return cases


def _ramp(shape: list[int]) -> np.ndarray:
    size = np.prod(shape)
    return (np.arange(size).reshape(shape) / size).astype(np.float32)


def _light_cases() -> list[Case]:
    """Whole nets of 2017 with weights that are all alike, on the input that the package's own runner gives them."""
    cases = []
    for path in sorted((_DATA / "light").glob("*.onnx")):
        model = onnx.load(path)
        initialized = {tensor.name for tensor in model.graph.initializer}
        shapes = [
            [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in model.graph.input
            if value.name not in initialized
        ]
        inputs = [_ramp(shape) for shape in shapes]
        (expected,) = _tensors([path.with_name(f"{path.stem}_output_0.pb")])
        cases.append(_case("light", path.stem, model, inputs, [expected], 1e-3, 1e-7))
    return cases


@functools.cache
def backend_cases() -> list[Case]:
    stored = (
        case for kind in ("pytorch-converted", "pytorch-operator", "simple") for case in _stored_cases(kind)
    )
    return [*_node_cases(), *stored, *_light_cases()]
