"""Kinds of files rather than of operators: element types, where constants are, functions, branches, shape arithmetic."""

from __future__ import annotations

import dataclasses

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .form import Form, graph_form, ints, model_of, random, result_of, value_of

_IMAGE = (1, 3, 9, 11)


def _add_of(constant: list, name: str, opset: int, shape=(4,)) -> Form:
    """x plus the tensor "c" that the given nodes compute."""
    nodes = [*constant, helper.make_node("Add", ["x", "c"], ["y"], name="add")]
    return graph_form(name, opset, nodes, {"x": random(name, shape)})


def _constants() -> list[Form]:
    def constant(**value):
        return [helper.make_node("Constant", [], ["c"], name="constant", **value)]

    values = random("value", (4,))
    to_float = helper.make_node("Cast", ["i"], ["c"], to=TensorProto.FLOAT, name="cast")

    def integers(**value):
        return [helper.make_node("Constant", [], ["i"], name="constant", **value), to_float]

    return [
        _add_of(constant(value=numpy_helper.from_array(values)), "constant_value", 9),
        _add_of(constant(value_float=1.5), "constant_value_float", 12),
        _add_of(constant(value_floats=[1.5, 2, 3, 4]), "constant_value_floats", 12),
        _add_of(integers(value_int=3), "constant_value_int", 12),
        _add_of(integers(value_ints=[3, 4, 5, 6]), "constant_value_ints", 13),
        _add_of(
            [
                helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(ints(4)), name="shape"),
                helper.make_node(
                    "ConstantOfShape",
                    ["s"],
                    ["c"],
                    value=numpy_helper.from_array(np.float32([2.5])),
                    name="of",
                ),
            ],
            "constant_of_shape",
            9,
        ),
        _add_of(
            [
                helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(ints(4)), name="shape"),
                helper.make_node("ConstantOfShape", ["s"], ["c"], name="of"),
            ],
            "constant_of_shape_default",
            9,
        ),
    ]


def _weights(kind, name: str, opset: int = 13) -> Form:
    """A convolution whose weights the file holds in another type and casts."""
    weights = random(name, (4, 3, 3, 3)).astype(kind)
    nodes = [
        helper.make_node("Cast", ["w"], ["f"], to=TensorProto.FLOAT, name="cast"),
        helper.make_node("Conv", ["x", "f"], ["y"], name="conv"),
    ]
    return graph_form(name, opset, nodes, {"x": random("x", _IMAGE)}, {"w": weights})


def _whole_in(kind, name: str, opset: int = 13) -> Form:
    """A net whose every tensor has another type."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
        helper.make_node("Relu", ["c"], ["y"], name="relu"),
    ]
    inputs = {"x": random("x", _IMAGE).astype(kind)}
    constants = {"w": random("w", (4, 3, 3, 3)).astype(kind)}
    return graph_form(
        name, opset, nodes, inputs, constants, kind=helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    )


def _shape_arithmetic() -> list[Form]:
    def constant(name, *values):
        return helper.make_node(
            "Constant", [], [name], value=numpy_helper.from_array(ints(*values)), name=name
        )

    scalar_of = numpy_helper.from_array(np.array(0, np.int64))
    flatten = [
        helper.make_node("Shape", ["x"], ["shape"], name="shape"),
        helper.make_node("Constant", [], ["zero"], value=scalar_of, name="zero"),
        helper.make_node("Gather", ["shape", "zero"], ["batch"], axis=0, name="gather"),
        helper.make_node("Unsqueeze", ["batch"], ["batches"], axes=[0], name="unsqueeze"),
        constant("rest", -1),
        helper.make_node("Concat", ["batches", "rest"], ["sizes"], axis=0, name="concat"),
        helper.make_node("Reshape", ["x", "sizes"], ["y"], name="reshape"),
    ]
    double = [
        helper.make_node("Shape", ["x"], ["shape"], name="shape"),
        constant("from", 2),
        constant("to", 4),
        helper.make_node("Slice", ["shape", "from", "to"], ["size"], name="slice"),
        constant("two", 2),
        helper.make_node("Mul", ["size", "two"], ["larger"], name="mul"),
        constant("head", 1, 3),
        helper.make_node("Concat", ["head", "larger"], ["sizes"], axis=0, name="concat"),
        helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], name="resize", mode="linear"),
    ]
    grid = [
        helper.make_node("Shape", ["x"], ["extent"], name="shape", start=3, end=4),
        helper.make_node("Constant", [], ["axis"], value=numpy_helper.from_array(ints(0)), name="axis"),
        helper.make_node("Squeeze", ["extent", "axis"], ["limit"], name="squeeze"),
        helper.make_node("Constant", [], ["start"], value=scalar_of, name="start"),
        helper.make_node(
            "Constant", [], ["step"], value=numpy_helper.from_array(np.array(1, np.int64)), name="step"
        ),
        helper.make_node("Range", ["start", "limit", "step"], ["columns"], name="range"),
        helper.make_node("Cast", ["columns"], ["grid"], to=TensorProto.FLOAT, name="cast"),
        helper.make_node("Add", ["x", "grid"], ["y"], name="add"),
    ]
    empty = [
        helper.make_node("Shape", ["x"], ["shape"], name="shape"),
        constant("from", 0),
        constant("to", 0),
        helper.make_node("Slice", ["shape", "from", "to"], ["none"], name="slice"),
        constant("rest", 3, -1),
        helper.make_node("Concat", ["none", "rest"], ["sizes"], axis=0, name="concat"),
        helper.make_node("Reshape", ["x", "sizes"], ["y"], name="reshape"),
    ]
    data = {"x": random("shapes", _IMAGE)}
    return [
        graph_form("shape_gather_unsqueeze_concat_reshape", 11, flatten, data),
        graph_form("shape_slice_mul_concat_resize", 13, double, data),
        graph_form("shape_range_cast_add", 15, grid, data),
        graph_form("shape_of_nothing", 13, empty, data),
    ]


def _branches() -> list[Form]:
    def branch(operator):
        node = helper.make_node(operator, ["x"], ["inner"], name=f"inner_{operator}")
        return helper.make_graph([node], operator, [], [result_of("inner")])

    def forms_for(condition: bool) -> Form:
        node = helper.make_node(
            "If", ["condition"], ["r"], then_branch=branch("Relu"), else_branch=branch("Neg"), name="if"
        )
        last = helper.make_node("Add", ["r", "r"], ["y"], name="add")
        constants = {"condition": np.array(condition)}
        name = f"if_{str(condition).lower()}"
        return graph_form(name, 13, [node, last], {"x": random(name, (2, 5))}, constants)

    rank = [
        helper.make_node("Shape", ["x"], ["shape"], name="shape"),
        helper.make_node("Size", ["shape"], ["rank"], name="size"),
        helper.make_node(
            "Constant", [], ["two"], value=numpy_helper.from_array(np.array(2, np.int64)), name="two"
        ),
        helper.make_node("Equal", ["rank", "two"], ["condition"], name="equal"),
        helper.make_node(
            "If", ["condition"], ["y"], then_branch=branch("Relu"), else_branch=branch("Neg"), name="if"
        ),
    ]
    return [
        forms_for(True),
        forms_for(False),
        graph_form("if_of_shape", 13, rank, {"x": random("rank", (2, 5))}),
    ]


def _functions() -> list[Form]:
    imports = [helper.make_opsetid("", 17)]
    inner = helper.make_function(
        "local",
        "Scaled",
        ["a"],
        ["b"],
        [
            helper.make_node("Constant", [], ["half"], value_float=0.5),
            helper.make_node("Mul", ["a", "half"], ["b"]),
        ],
        imports,
    )
    alpha = helper.make_node("LeakyRelu", ["s"], ["q"])
    alpha.attribute.add(name="alpha", ref_attr_name="slope", type=1)
    outer = helper.make_function(
        "local",
        "Block",
        ["p", "optional"],
        ["q"],
        [helper.make_node("Scaled", ["p"], ["s"], domain="local"), alpha],
        [*imports, helper.make_opsetid("local", 1)],
        attributes=["slope"],
    )
    nodes = [
        helper.make_node("Block", ["x", ""], ["h"], domain="local", slope=0.3),
        helper.make_node("Block", ["h"], ["y"], domain="local", slope=0.1),
    ]
    data = random("functions", (2, 5))
    graph = helper.make_graph(nodes, "form", [value_of("x", data)], [result_of("y")])
    return [Form("functions", model_of(graph, 17, functions=[inner, outer]), {"x": data})]


def _names() -> list[Form]:
    """Nodes without names, names that several have, and names that Octet might make itself."""
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Neg", ["a"], ["a/TRANSPOSE"]),
        helper.make_node("Add", ["a", "a/TRANSPOSE"], ["b"], name="same"),
        helper.make_node("Sub", ["b", "x"], ["y"], name="same"),
    ]
    data = {"x": random("names", (2, 5))}
    same = [helper.make_node("Identity", ["x"], ["y"])]
    twice = [
        helper.make_node("Relu", ["x"], ["y0"]),
        helper.make_node("Identity", ["y0"], ["y1"]),
    ]
    return [
        # ONNX Runtime refuses two nodes of one name.
        dataclasses.replace(graph_form("names", 13, nodes, data), by_definition=True),
        graph_form("identity_only", 13, same, data),
        graph_form("one_value_as_two_outputs", 13, twice, data, outputs=("y0", "y1")),
    ]


def _shared_weights() -> list[Form]:
    """Weights that reach convolutions through nodes, one tensor for two of them."""
    nodes = [
        helper.make_node("Transpose", ["hwio"], ["w"], perm=[3, 2, 0, 1], name="transpose"),
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1], name="first"),
        helper.make_node("Conv", ["a", "w"], ["y"], name="second"),
    ]
    shared = graph_form(
        "weights_behind_transpose", 13, nodes, {"x": random("x", _IMAGE)}, {"hwio": random("w", (3, 3, 3, 3))}
    )
    nodes = [
        helper.make_node("Identity", ["flat"], ["same"], name="identity"),
        helper.make_node("Reshape", ["same", "sizes"], ["w"], name="reshape"),
        helper.make_node("Conv", ["x", "w"], ["y"], name="conv"),
    ]
    constants = {"flat": random("w", (4, 27)), "sizes": ints(4, 3, 3, 3)}
    behind = graph_form("weights_behind_reshape", 13, nodes, {"x": random("x", _IMAGE)}, constants)
    return [shared, behind]


def _external() -> Form:
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv"),
        helper.make_node("Mul", ["c", "s"], ["y"], name="mul"),
    ]
    constants = {"w": random("w", (16, 3, 3, 3)), "b": random("b", (16,)), "s": random("s", (16, 1, 1))}
    made = graph_form("external_data", 13, nodes, {"x": random("x", _IMAGE)}, constants)
    return Form(made.name, made.model, made.inputs, external=True)


def _unpacked() -> Form:
    """Constants as lists of numbers instead of bytes."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="conv")
    made = graph_form("float_data", 13, [node], {"x": random("x", _IMAGE)})
    weights = random("w", (4, 3, 3, 3))
    made.model.graph.initializer.append(
        helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel().tolist())
    )
    return made


def _third_version() -> Form:
    """IR 3, which lists constants among the inputs."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], name="conv")
    constants = {"w": random("w", (4, 3, 3, 3))}
    return graph_form(
        "inputs_with_initializers", 8, [node], {"x": random("x", _IMAGE)}, constants, ir_version=3
    )


def _open_shapes() -> Form:
    """An image of open height, width and batch."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
        helper.make_node("GlobalAveragePool", ["c"], ["p"], name="pool"),
        helper.make_node("Flatten", ["p"], ["y"], name="flatten"),
    ]
    made = graph_form("open_shapes", 13, nodes, {"x": random("x", _IMAGE)}, {"w": random("w", (4, 3, 3, 3))})
    for axis, name in ((0, "batch"), (2, "height"), (3, "width")):
        made.model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    return made


def file_forms() -> list[Form]:
    return [
        *_constants(),
        _weights(np.float16, "weights_float16"),
        _weights(ml_dtypes.bfloat16, "weights_bfloat16"),
        _weights(np.float64, "weights_double"),
        _weights(np.int8, "weights_int8"),
        _whole_in(np.float16, "net_float16"),
        *_shape_arithmetic(),
        *_branches(),
        *_functions(),
        *_names(),
        *_shared_weights(),
        _external(),
        _open_shapes(),
        _unpacked(),
        _third_version(),
    ]
