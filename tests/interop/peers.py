"""What other tools make of the same models and images: float references, and ai-edge-quantizer's static INT8."""

from __future__ import annotations

import pathlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import tflite_graph
from models import WORK, Model
from tflite_builder import pack, run_once, unpack

_CONVERSIONS = ("DEQUANTIZE", "DENSIFY")


def interpreter_of(data: bytes, *, preserve_all: bool = False) -> Interpreter:
    """LiteRT with its optimized kernels and no delegate."""
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=preserve_all,
    )
    interpreter.allocate_tensors()
    return interpreter


def plain_file(model: Model) -> pathlib.Path:
    """The model with float32 constants, a signature, and a TRANSPOSE_CONV for the custom operator that it stands for:
    what ai-edge-quantizer takes."""
    path = WORK / model.name / "plain.tflite"
    if not path.exists() or path.stat().st_mtime < model.path.stat().st_mtime:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_plain(model))
    return path


def _plain(model: Model) -> bytes:
    data = model.path.read_bytes()
    cut = tflite_graph.without_custom_operators(data)
    interpreter = interpreter_of(cut, preserve_all=True)
    run_once(interpreter, [model.evaluation_inputs()[0]])
    parsed = tflite_graph.parse(data)
    file = unpack(data)
    graph = file.subgraphs[0]
    # Constants are what the conversions of constants gave in the run.
    kept = []
    constant = list(parsed.constant)
    for operator, operation in zip(graph.operators, parsed.operations, strict=True):
        if operation.kind in _CONVERSIONS and constant[operation.inputs[0]]:
            (target,) = operation.outputs
            constant[target] = True
            if operation.kind == "DENSIFY":
                continue
            buffer = schema.BufferT()
            values = interpreter.get_tensor(target).astype(np.float32)
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            graph.tensors[target].buffer = len(file.buffers)
            graph.tensors[target].sparsity = None
            file.buffers.append(buffer)
        else:
            if file.operatorCodes[operator.opcodeIndex].customCode is not None:
                _replace_custom(file, graph, operator)
            kept.append(operator)
    graph.operators = kept
    for code in (
        file.operatorCodes
    ):  # Files from before there were more than 127 operators fill in the old field only.
        code.builtinCode = max(code.builtinCode, code.deprecatedBuiltinCode)
    _drop_unused(file, graph)
    for tensor in graph.tensors:  # LiteRT.js refuses a batch of -1.
        tensor.shapeSignature = None
    file.signatureDefs = [default_signature(graph)]
    return pack(file)


def _drop_unused(file, graph) -> None:
    """Removes tensors that no operator mentions, and empties the buffers that were theirs."""
    mentioned = {
        int(index) for operator in graph.operators for index in (*operator.inputs, *operator.outputs)
    }
    used = sorted({*mentioned, *map(int, graph.inputs), *map(int, graph.outputs)} - {-1})
    position = {old: new for new, old in enumerate(used)} | {-1: -1}
    for operator in graph.operators:
        operator.inputs = [position[int(index)] for index in operator.inputs]
        operator.outputs = [position[int(index)] for index in operator.outputs]
    graph.inputs = [position[int(index)] for index in graph.inputs]
    graph.outputs = [position[int(index)] for index in graph.outputs]
    graph.tensors = [graph.tensors[index] for index in used]
    buffers = {tensor.buffer for tensor in graph.tensors}
    for index, buffer in enumerate(file.buffers):
        if index not in buffers:
            buffer.data = None


def _replace_custom(file, graph, operator) -> None:
    """Convolution2DTransposeBias(input, kernel, bias) as TRANSPOSE_CONV(output shape, kernel, input, bias)."""
    padding, *_ = np.frombuffer(bytes(operator.customOptions), np.int32)
    source, kernel, bias = operator.inputs
    shape = schema.TensorT()
    shape.name, shape.type, shape.shape = b"output_shape", schema.TensorType.INT32, [4]
    buffer = schema.BufferT()
    output_shape = np.asarray(graph.tensors[operator.outputs[0]].shape, np.int32)
    buffer.data = np.frombuffer(output_shape.tobytes(), np.uint8)
    shape.buffer = len(file.buffers)
    file.buffers.append(buffer)
    graph.tensors.append(shape)
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.TRANSPOSE_CONV
    code.version = 3
    operator.opcodeIndex = len(file.operatorCodes)
    file.operatorCodes.append(code)
    operator.inputs = [len(graph.tensors) - 1, kernel, source, bias]
    options = schema.TransposeConvOptionsT()
    # The custom operator counts kTfLitePaddingSame as 1, as TFLite's C API does.
    options.padding = schema.Padding.SAME if padding == 1 else schema.Padding.VALID
    options.strideH, options.strideW = 2, 2
    operator.builtinOptionsType = schema.BuiltinOptions.TransposeConvOptions
    operator.builtinOptions = options
    operator.customOptions = None


def default_signature(graph) -> schema.SignatureDefT:
    def maps(indices):
        entries = []
        for index in indices:
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = graph.tensors[index].name, int(index)
            entries.append(entry)
        return entries

    signature = schema.SignatureDefT()
    signature.signatureKey = b"serving_default"
    signature.subgraphIndex = 0
    signature.inputs, signature.outputs = maps(graph.inputs), maps(graph.outputs)
    return signature


def static_int8(model: Model) -> pathlib.Path:
    """ai-edge-quantizer's static INT8 of the same model, calibrated with the same images."""
    from ai_edge_quantizer import quantizer, recipe

    path = WORK / model.name / "ai_edge_quantizer.tflite"
    if not path.exists():
        samples = [{model.input[0]: model.tensor(picture)} for picture in model.images()[0]]
        tool = quantizer.Quantizer(str(plain_file(model)), recipe.static_wi8_ai8())
        result = tool.quantize(tool.calibrate({"serving_default": samples}))
        result.export_model(str(path), overwrite=True)
    return path


def real_outputs(interpreter: Interpreter, values: np.ndarray) -> dict[str, np.ndarray]:
    """Outputs as reals by name; quantizes the input and dequantizes the outputs where they are integers."""
    (detail,) = interpreter.get_input_details()
    if detail["dtype"] != np.float32:
        scale, zero = detail["quantization"]
        limits = np.iinfo(detail["dtype"])
        values = np.clip(np.round(values / scale) + zero, limits.min, limits.max).astype(detail["dtype"])
    run_once(interpreter, [values])
    outputs = {}
    for detail in interpreter.get_output_details():
        result = interpreter.get_tensor(detail["index"])
        if detail["dtype"] != np.float32:
            scale, zero = detail["quantization"]
            result = np.float32(scale) * (result.astype(np.float32) - zero)
        outputs[detail["name"]] = result
    return outputs
