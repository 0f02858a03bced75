"""Models of one node, or of a few, in a given version of the operators."""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"


@dataclasses.dataclass(frozen=True)
class Form:
    """A model and what it is run on. `external` puts its constants in a file beside it. `by_definition` takes the onnx
    package's own evaluator as the judge, where ONNX Runtime has not the form or departs from the definition; `newer` is a
    model that means the same, for a judge that has not the form."""

    name: str
    model: ModelProto = dataclasses.field(repr=False)
    inputs: dict[str, np.ndarray] = dataclasses.field(repr=False)
    external: bool = False
    by_definition: bool = False
    newer: ModelProto | None = dataclasses.field(repr=False, default=None)


def random(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers that are the same for a name and a shape in every run."""
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape, np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def scalar(value: float) -> np.ndarray:
    return np.float32(value).reshape(())


def value_of(name: str, values: np.ndarray):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(values.dtype), values.shape)


def result_of(name: str, kind: int = TensorProto.FLOAT):
    """An output whose shape the file leaves open."""
    return helper.make_tensor_value_info(name, kind, None)


def model_of(graph: GraphProto, opset: int, functions=(), **settings) -> ModelProto:
    imports = [helper.make_opsetid("", opset)]
    if functions:
        imports.append(helper.make_opsetid("local", 1))
    ir_version = max(3, helper.find_min_ir_version_for(imports, ignore_unknown=True))
    imports.append(helper.make_opsetid(MICROSOFT, 1))
    settings = {"ir_version": ir_version, **settings}
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), **settings)


def graph_form(
    name: str,
    opset: int,
    nodes: list[NodeProto],
    inputs: dict[str, np.ndarray],
    constants: dict[str, np.ndarray] | None = None,
    outputs: tuple[str, ...] = ("y",),
    kind: int = TensorProto.FLOAT,
    **settings,
) -> Form:
    graph = helper.make_graph(
        nodes,
        "form",
        [value_of(key, values) for key, values in inputs.items()],
        [result_of(output, kind) for output in outputs],
        [numpy_helper.from_array(values, key) for key, values in (constants or {}).items()],
    )
    model = model_of(graph, opset, **settings)
    if model.ir_version < 4:  # Constants are listed among the inputs too.
        graph = model.graph
        graph.input.extend(value_of(key, values) for key, values in (constants or {}).items())
    return Form(name, model, inputs)


def form(
    name: str,
    opset: int,
    operator: str,
    *operands,
    results: int = 1,
    kind: int = TensorProto.FLOAT,
    domain: str = "",
    **attributes,
) -> Form:
    """A model of one node. An operand is the shape of random data, an array for a constant, or None for none."""
    name = f"{operator}_{opset}_{name}"
    inputs, constants, names = {}, {}, []
    for at, operand in enumerate(operands):
        key = f"x{at}"
        if isinstance(operand, tuple):
            inputs[key] = random(f"{name}{at}", operand)
        elif operand is not None:
            constants[key] = operand
        names.append("" if operand is None else key)
    outputs = ("y",) if results == 1 else tuple(f"y{at}" for at in range(results))
    node = helper.make_node(operator, names, list(outputs), name="node", domain=domain, **attributes)
    return graph_form(name, opset, [node], inputs, constants, outputs, kind)
