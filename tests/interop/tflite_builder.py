"""Builds .tflite files operator by operator with the schema's object API, and runs them in LiteRT."""

from __future__ import annotations

import dataclasses

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from flatbuffers import flexbuffers

_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int4": schema.TensorType.INT4,
    "int8": schema.TensorType.INT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
}


@dataclasses.dataclass
class Tensor:
    """A tensor of the file; constant when it has data, which for int4 is given as int8. `scale` may be one value or one a
    channel along `axis`."""

    shape: tuple[int, ...] = ()
    dtype: str = "int8"
    scale: float | tuple[float, ...] | None = None
    zero_point: int = 0
    axis: int = 0
    data: np.ndarray | None = None
    name: str = ""


def constant(values, dtype: str, **quantization) -> Tensor:
    data = np.asarray(values, dtype)
    return Tensor(data.shape, dtype, data=data, **quantization)


class ModelBuilder:
    """One subgraph, added to operator by operator."""

    def __init__(self):
        self._tensors: list[Tensor] = []
        self._operators: list[schema.OperatorT] = []
        self._codes: list[tuple[int, int, str | None]] = []

    def add(self, kind: str, inputs, outputs, options: str = "", version: int = 1, **fields) -> None:
        """`options` names the options table, e.g. "Conv2DOptions"; None among inputs is an absent operand. A `kind` that
        is no builtin is a custom operator, whose fields are a FlexBuffers map."""
        operator = schema.OperatorT()
        builtin = getattr(schema.BuiltinOperator, kind, None)
        custom = kind if builtin is None else None
        code = (schema.BuiltinOperator.CUSTOM if custom else builtin, version, custom)
        if code not in self._codes:
            self._codes.append(code)
        operator.opcodeIndex = self._codes.index(code)
        if custom:
            operator.customOptions = np.frombuffer(flexbuffers.Dumps(fields), np.uint8)
        operator.inputs = [self._index(tensor) for tensor in inputs]
        operator.outputs = [self._index(tensor) for tensor in outputs]
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, options + "T")()
            for field, value in fields.items():
                if not hasattr(operator.builtinOptions, field):
                    raise AttributeError(f"{options} has no {field}")
                setattr(operator.builtinOptions, field, value)
        self._operators.append(operator)

    def _index(self, tensor: Tensor | None) -> int:
        if tensor is None:
            return -1
        for index, known in enumerate(self._tensors):
            if known is tensor:
                return index
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def finish(self, inputs, outputs) -> bytes:
        model = schema.ModelT()
        model.version = 3
        model.description = "octet test"
        model.operatorCodes = []
        for builtin, version, custom in self._codes:
            code = schema.OperatorCodeT()
            code.customCode = custom
            code.builtinCode = builtin
            code.deprecatedBuiltinCode = min(builtin, 127)
            code.version = version
            model.operatorCodes.append(code)
        graph = schema.SubGraphT()
        graph.name = "main"
        graph.inputs = [self._index(tensor) for tensor in inputs]
        graph.outputs = [self._index(tensor) for tensor in outputs]
        graph.operators = self._operators
        graph.tensors = []
        model.subgraphs = [graph]
        model.buffers = [schema.BufferT()]
        for index, tensor in enumerate(self._tensors):
            graph.tensors.append(self._tensor_table(tensor, index, model.buffers))
        return pack(model)

    @staticmethod
    def _tensor_table(tensor: Tensor, index: int, buffers: list) -> schema.TensorT:
        table = schema.TensorT()
        table.name = tensor.name or f"t{index}"
        table.shape = list(tensor.shape)
        table.type = _TYPES[tensor.dtype]
        table.buffer = 0
        if tensor.data is not None:
            buffer = schema.BufferT()
            data = _packed(tensor.data) if tensor.dtype == "int4" else np.ascontiguousarray(tensor.data)
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            table.buffer = len(buffers)
            buffers.append(buffer)
        if tensor.scale is not None:
            scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
            quantization = schema.QuantizationParametersT()
            quantization.scale = scales.tolist()
            quantization.zeroPoint = [tensor.zero_point] * len(scales)
            quantization.quantizedDimension = tensor.axis
            table.quantization = quantization
        return table


def _packed(values: np.ndarray) -> np.ndarray:
    """Two integers from [-8, 7] a byte, the first in the lower half."""
    halves = np.append(values.ravel(), [0] * (values.size % 2)).astype(np.int64) & 15
    return (halves[0::2] | halves[1::2] << 4).astype(np.uint8)


def pack(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def unpack(data: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))


# LiteRT 2.3's reference kernel of SUM returns values that are no sums, and there is none of ELU: the optimized ones are
# the judges there.
_NO_REFERENCE = {schema.BuiltinOperator.SUM, schema.BuiltinOperator.ELU}


def reference_interpreter(model: bytes, *, preserve_all: bool = False) -> Interpreter:
    """LiteRT with its reference kernels: the judge for integer arithmetic."""
    codes = {code.builtinCode for code in unpack(model).operatorCodes}
    resolver = OpResolverType.BUILTIN_REF
    if codes <= _NO_REFERENCE:
        resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=resolver,
        experimental_preserve_all_tensors=preserve_all,
    )
    interpreter.allocate_tensors()
    return interpreter


def run_once(interpreter: Interpreter, inputs) -> list[np.ndarray]:
    """Runs on `inputs`, in the graph's order, and returns the outputs in order."""
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
