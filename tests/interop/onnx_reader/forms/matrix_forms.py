"""Products of matrices and normalizations."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from .form import Form, form, random, scalar


def _gemms() -> list[Form]:
    forms = []
    biases = {
        "full": random("c", (4, 5)),
        "row": random("c", (5,)),
        "row_2d": random("c", (1, 5)),
        "column": random("c", (4, 1)),
        "scalar": scalar(0.7),
    }
    for trans_a, trans_b in itertools.product((0, 1), (0, 1)):
        a = (6, 4) if trans_a else (4, 6)
        b = (5, 6) if trans_b else (6, 5)
        attributes = {"transA": trans_a, "transB": trans_b}
        name = f"{trans_a}{trans_b}"
        for bias, values in biases.items():
            forms.append(form(f"{name}_{bias}", 9, "Gemm", a, random("b", b), values, **attributes))
        forms += [
            form(f"{name}_no_bias", 11, "Gemm", a, random("b", b), **attributes),
            form(f"{name}_two_inputs", 13, "Gemm", a, b, biases["row"], **attributes),
            form(
                f"{name}_scaled",
                13,
                "Gemm",
                a,
                random("b", b),
                biases["row"],
                alpha=0.5,
                beta=2.0,
                **attributes,
            ),
            form(f"{name}_scaled_inputs", 13, "Gemm", a, b, (4, 5), alpha=0.5, beta=2.0, **attributes),
        ]
    operands = ((4, 6), random("b", (6, 5)), random("c", (5,)))
    older = form("broadcast", 6, "Gemm", *operands, broadcast=1)
    forms.append(dataclasses.replace(older, newer=form("newer", 7, "Gemm", *operands).model))
    return forms


def _products() -> list[Form]:
    pairs = {
        "vectors": ((6,), (6,)),
        "vector_matrix": ((6,), (6, 5)),
        "matrix_vector": ((4, 6), (6,)),
        "matrices": ((4, 6), (6, 5)),
        "stack_matrix": ((3, 4, 6), (6, 5)),
        "matrix_stack": ((4, 6), (3, 6, 5)),
        "stacks": ((3, 4, 6), (3, 6, 5)),
        "broadcast": ((2, 1, 4, 6), (3, 6, 5)),
        "broadcast_both": ((2, 1, 4, 6), (1, 3, 6, 5)),
        "stack_vector": ((2, 3, 4, 6), (6,)),
        "vector_stack": ((6,), (2, 3, 6, 5)),
        "alike": ((1, 8, 8, 8), (1, 8, 8, 8)),
    }
    forms = []
    for name, (a, b) in pairs.items():
        forms += [
            form(f"{name}_inputs", 9, "MatMul", a, b),
            form(f"{name}_constant", 13, "MatMul", a, random(name, b)),
            form(f"{name}_constant_first", 13, "MatMul", random(name, a), b),
        ]
    equations = {
        "matmul": ("ij,jk->ik", (4, 6), (6, 5)),
        "batch": ("bij,bjk->bik", (3, 4, 6), (3, 6, 5)),
        "transposed": ("bhid,bhjd->bhij", (2, 3, 4, 6), (2, 3, 5, 6)),
        "attention": ("bnhd,bmhd->bhnm", (2, 4, 3, 6), (2, 5, 3, 6)),
        "outer": ("i,j->ij", (4,), (5,)),
        "inner": ("i,i->", (4,), (4,)),
        "sum": ("bij,bjk->bk", (3, 4, 6), (3, 6, 5)),
        "implicit": ("ij,jk", (4, 6), (6, 5)),
        "ellipsis": ("...ij,...jk->...ik", (2, 4, 6), (2, 6, 5)),
        "transpose": ("ijk->kij", (2, 4, 6)),
        "trace_rows": ("ij->i", (4, 6)),
        "channels": ("bchw,ck->bkhw", (2, 3, 4, 6), (3, 5)),
    }
    for name, (equation, *shapes) in equations.items():
        forms.append(form(name, 12, "Einsum", *shapes, equation=equation))
    forms.append(form("constant", 12, "Einsum", (2, 3, 4, 6), random("w", (3, 5)), equation="bchw,ck->bkhw"))
    return forms


def _normalizations() -> list[Form]:
    forms = []
    for size, image in {"alike": (1, 8, 8, 8), "unlike": (2, 6, 5, 7), "line": (2, 6, 11)}.items():
        scale, bias = random("s", image[1:2]), random("b", image[1:2])
        forms += [
            form(size, 6, "InstanceNormalization", image, scale, bias),
            form(f"epsilon_{size}", 22, "InstanceNormalization", image, scale, bias, epsilon=0.1),
            form(size, 18, "GroupNormalization", image, *_of_groups(2), num_groups=2),
            form(size, 21, "GroupNormalization", image, scale, bias, num_groups=2),
            form(f"groups_of_one_{size}", 21, "GroupNormalization", image, scale, bias, num_groups=image[1]),
            form(f"one_group_{size}", 21, "GroupNormalization", image, scale, bias, num_groups=1),
            form(size, 9, "MeanVarianceNormalization", image, axes=list(range(2, len(image)))),
        ]
        for axis in range(-1, -len(image), -1):
            weights = image[axis:]
            operands = (image, random("s", weights), random("b", weights))
            forms += [
                form(f"axis{axis}_{size}", 17, "LayerNormalization", *operands, axis=axis),
                form(f"no_bias_axis{axis}_{size}", 17, "LayerNormalization", *operands[:2], axis=axis),
                form(f"axis{axis}_{size}", 23, "RMSNormalization", *operands[:2], axis=axis),
            ]
        for p, axis in itertools.product((1, 2), (1, -1)):
            forms.append(form(f"{p}_axis{axis}_{size}", 6, "LpNormalization", image, p=p, axis=axis))
    forms.append(form("default", 13, "MeanVarianceNormalization", (2, 6, 5, 7)))
    return forms


def _of_groups(groups: int) -> tuple[np.ndarray, np.ndarray]:
    return random("scale", (groups,)), random("bias", (groups,))


def matrix_forms() -> list[Form]:
    return [*_gemms(), *_products(), *_normalizations()]
