"""Convolutions and pools: paddings, strides, dilations, groups and what their versions add. Images once with all extents
alike, where an order of axes cannot be told from the extents, and once with none alike."""

from __future__ import annotations

from .form import Form, form, random

_ALIKE, _UNLIKE = (1, 8, 8, 8), (2, 6, 11, 13)
_IMAGES = {"alike": _ALIKE, "unlike": _UNLIKE}


def _convolutions() -> list[Form]:
    forms = []
    for size, image in _IMAGES.items():
        channels = image[1]

        def conv(name, weights, opset=11, bias=True, image=image, size=size, **attributes):
            filters = random(name, weights)
            operands = [image, filters] + ([random(name + "b", weights[:1])] if bias else [])
            return form(f"{name}_{size}", opset, "Conv", *operands, **attributes)

        square = (8, channels, 3, 3)
        forms += [
            conv("plain", square),
            conv("version_1", square, opset=6, kernel_shape=[3, 3]),
            conv("version_22", square, opset=22),
            conv("no_bias", square, bias=False),
            conv("pads", square, pads=[1, 1, 1, 1]),
            conv("asymmetric_pads", square, pads=[0, 1, 2, 1]),
            conv("pads_by_axis", square, pads=[2, 0, 1, 3], strides=[2, 1]),
            conv("strides", square, strides=[2, 2], pads=[1, 1, 1, 1]),
            conv("dilations", square, dilations=[2, 3], pads=[2, 3, 2, 3]),
            conv("same_upper", square, auto_pad="SAME_UPPER", strides=[2, 2]),
            conv("same_lower", square, auto_pad="SAME_LOWER", strides=[2, 2]),
            conv("same_upper_even", (8, channels, 2, 4), auto_pad="SAME_UPPER"),
            conv("same_lower_even", (8, channels, 2, 4), auto_pad="SAME_LOWER"),
            conv("valid", square, auto_pad="VALID"),
            conv("notset", square, auto_pad="NOTSET", pads=[1, 0, 0, 1]),
            conv("groups", (6, channels // 2, 3, 3), group=2),
            conv("depthwise", (channels, 1, 3, 3), group=channels, pads=[1, 1, 1, 1]),
            conv("depthwise_multiplier", (2 * channels, 1, 3, 3), group=channels),
            conv("one_by_one", (5, channels, 1, 1)),
            conv("kernel_1x5", (5, channels, 1, 5), pads=[0, 2, 0, 2]),
        ]
    line = (1, 6, 17)
    forms += [
        form("line", 11, "Conv", line, random("line", (4, 6, 3)), pads=[1, 1]),
        form("line_stride", 11, "Conv", line, random("line", (4, 6, 3)), strides=[2], pads=[0, 1]),
        form("line_depthwise", 11, "Conv", line, random("line", (6, 1, 3)), group=6),
        form("line_same", 11, "Conv", line, random("line", (4, 6, 4)), auto_pad="SAME_LOWER"),
        form("line_dilated", 11, "Conv", line, random("line", (4, 6, 3)), dilations=[3]),
    ]
    return forms


def _transposed_convolutions() -> list[Form]:
    forms = []
    for size, image in _IMAGES.items():
        channels = image[1]

        def conv(name, weights=None, opset=11, bias=True, image=image, size=size, group=1, **attributes):
            weights = weights or (image[1], 5, 3, 3)
            filters = random(name, weights)
            operands = [image, filters] + ([random(name + "b", (weights[1] * group,))] if bias else [])
            return form(f"{name}_{size}", opset, "ConvTranspose", *operands, group=group, **attributes)

        forms += [
            conv("plain"),
            conv("version_1", opset=6),
            conv("version_22", opset=22),
            conv("no_bias", bias=False),
            conv("strides", strides=[2, 3]),
            conv("pads", strides=[2, 2], pads=[1, 1, 1, 1]),
            conv("asymmetric_pads", strides=[2, 2], pads=[0, 1, 2, 1]),
            conv("output_padding", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
            conv("output_padding_3", strides=[3, 3], output_padding=[2, 1]),
            conv("output_shape", strides=[2, 2], output_shape=[image[2] * 2, image[3] * 2 + 1]),
            conv("same_upper", strides=[2, 2], auto_pad="SAME_UPPER"),
            conv("same_lower", strides=[2, 2], auto_pad="SAME_LOWER"),
            conv("valid", strides=[2, 2], auto_pad="VALID"),
            conv("kernel_2_stride_2", (channels, 4, 2, 2), strides=[2, 2]),
            conv("kernel_4_stride_2", (channels, 4, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
            conv("stride_over_kernel", (channels, 4, 2, 2), strides=[3, 3]),
            conv("dilations", strides=[2, 1], dilations=[2, 2]),
            conv("depthwise", (channels, 1, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1], group=channels),
            conv("groups", (channels, 3, 3, 3), strides=[2, 2], group=2),
        ]
    line = random("line", (6, 4, 3))
    forms += [
        form("line", 11, "ConvTranspose", (1, 6, 17), line),
        form("line_stride", 11, "ConvTranspose", (1, 6, 17), line, strides=[2], pads=[1, 0]),
    ]
    return forms


def _pools() -> list[Form]:
    forms = []
    for size, image in _IMAGES.items():

        def pool(operator, name, opset=11, image=image, size=size, kernel=(3, 3), **attributes):
            return form(f"{name}_{size}", opset, operator, image, kernel_shape=list(kernel), **attributes)

        for operator in ("MaxPool", "AveragePool"):
            forms += [
                pool(operator, "plain"),
                pool(operator, "version_7", opset=7, strides=[2, 2]),
                pool(operator, "version_10", opset=10, strides=[2, 2], ceil_mode=1),
                pool(operator, "version_22", opset=22, strides=[2, 2], ceil_mode=1),
                pool(operator, "pads", pads=[1, 1, 1, 1], strides=[2, 2]),
                pool(operator, "asymmetric_pads", pads=[0, 1, 2, 1], strides=[2, 1]),
                pool(operator, "ceil", ceil_mode=1, strides=[2, 2]),
                pool(operator, "ceil_pads", ceil_mode=1, strides=[2, 2], pads=[1, 1, 1, 1]),
                pool(operator, "ceil_stride_3", ceil_mode=1, strides=[3, 3], kernel=(2, 2)),
                pool(operator, "ceil_pads_stride_3", ceil_mode=1, strides=[3, 3], pads=[1, 0, 0, 1]),
                pool(operator, "same_upper", auto_pad="SAME_UPPER", strides=[2, 2]),
                pool(operator, "same_lower", auto_pad="SAME_LOWER", strides=[2, 2]),
                pool(operator, "same_lower_even", auto_pad="SAME_LOWER", kernel=(2, 4)),
                pool(operator, "valid", auto_pad="VALID", strides=[2, 2]),
            ]
        counted = {"count_include_pad": 1}
        forms += [
            pool("AveragePool", "counted", pads=[1, 1, 1, 1], **counted),
            pool("AveragePool", "counted_7", opset=7, pads=[1, 0, 1, 2], strides=[2, 2], **counted),
            pool("AveragePool", "counted_ceil", pads=[1, 1, 1, 1], strides=[2, 2], ceil_mode=1, **counted),
            pool("AveragePool", "counted_ceil_19", opset=19, strides=[3, 3], ceil_mode=1, **counted),
            pool("AveragePool", "counted_same", auto_pad="SAME_UPPER", strides=[2, 2], **counted),
            form(size, 11, "GlobalAveragePool", image),
            form(size, 11, "GlobalMaxPool", image),
            form(size, 6, "GlobalAveragePool", image),
            form(size, 13, "LRN", image, size=3, alpha=0.01, beta=0.6, bias=1.5),
            form(f"wide_{size}", 13, "LRN", image, size=5),
            *_regrouped(size, image),
        ]
    for operator in ("MaxPool", "AveragePool"):
        forms += [
            form("line", 11, operator, (1, 6, 17), kernel_shape=[3], strides=[2], pads=[1, 1]),
            form("line_ceil", 11, operator, (1, 6, 17), kernel_shape=[4], strides=[3], ceil_mode=1),
        ]
    forms.append(form("line", 11, "GlobalAveragePool", (1, 6, 17)))
    return forms


def _regrouped(size: str, image: tuple[int, ...]) -> list[Form]:
    batch, channels, height, width = image
    deep = (batch, 4 * channels, height, width)
    even = (batch, channels, 2 * height, 2 * width)
    return [
        form(f"default_{size}", 11, "DepthToSpace", deep, blocksize=2),
        form(f"version_1_{size}", 6, "DepthToSpace", deep, blocksize=2),
        form(f"dcr_{size}", 13, "DepthToSpace", deep, blocksize=2, mode="DCR"),
        form(f"crd_{size}", 13, "DepthToSpace", deep, blocksize=2, mode="CRD"),
        form(f"default_{size}", 13, "SpaceToDepth", even, blocksize=2),
    ]


def _batch_norms() -> list[Form]:
    forms = []
    for size, image in (*_IMAGES.items(), ("matrix", (4, 6)), ("line", (2, 6, 5))):
        for opset in (7, 9, 14, 15):
            operands = [random(f"{size}{at}", image[1:2]) for at in range(3)]
            variance = abs(random(f"{size}3", image[1:2])) + 0.1
            forms.append(form(size, opset, "BatchNormalization", image, *operands, variance, epsilon=1e-3))
    return forms


def window_forms() -> list[Form]:
    return [*_convolutions(), *_transposed_convolutions(), *_pools(), *_batch_norms()]
