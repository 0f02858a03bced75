"""The operators of pre- and post-processing against OpenCV, Pillow, scikit-image and NumPy; each tolerance has its reason
beside it. TFLite's own resizing is another, and judged in test_operators.py."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import scipy.ndimage
import skimage.color
import skimage.transform
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

import octet_cli
from detection_cases import detection_cases
from models import MODELS, WORK
from octet_graph import OctetGraph, enumerator, spatial, static_type, table
from record_vectors import build, feeds_of
from tflite_builder import run_once
from vector_cases import random_state

SIZES = [  # (height, width) before and after.
    ((48, 64), (24, 32)),
    ((48, 64), (96, 128)),
    ((61, 47), (20, 33)),
    ((33, 50), (70, 81)),
    ((40, 40), (13, 97)),
    ((30, 20), (30, 20)),
    ((120, 160), (15, 20)),
]
_RATIOS = [f"{a[0]}x{a[1]}-{b[0]}x{b[1]}" for a, b in SIZES]
METHODS = {
    "Linear": cv2.INTER_LINEAR,
    "Nearest": cv2.INTER_NEAREST,
    "Area": cv2.INTER_AREA,
    "Cubic": cv2.INTER_CUBIC,
}


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Smooth shapes with noise on them, so that edges and flat parts both occur."""
    state = random_state(f"picture/{height}x{width}x{channels}")
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 100 * np.sin(x / (5 + 3 * c) + y / (7 + 2 * c)) for c in range(channels)]
    noisy = np.stack(waves, -1) + state.normal(0, 20, (height, width, channels))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def run(graph: OctetGraph) -> dict[str, np.ndarray]:
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / "transforms.octet"
    path.write_bytes(graph.finish())
    return {name: kept.values for name, kept in octet_cli.run(path, graph.feeds).items()}


def apply(operator: str, attributes, values: np.ndarray, dtype: str, shape) -> np.ndarray:
    graph = OctetGraph()
    graph.node("y", operator, attributes, [graph.input("x", values)], [(dtype, shape)])
    return run(graph)["y"]


def resized(values: np.ndarray, cases, **fields) -> dict[str, np.ndarray]:
    """The picture by each (name, method, (height, width)) of `cases`."""
    graph = OctetGraph()
    x = graph.input("x", values[np.newaxis])
    for name, method, (height, width) in cases:
        attributes = table(
            "ImageResize",
            output=spatial(height, width),
            method=enumerator("ResizeMethod", method),
            **fields,
        )
        shape = (1, height, width, values.shape[2])
        graph.node(name, "IMAGE_RESIZE", attributes, [x], [(str(values.dtype), shape)])
    return {name: kept[0] for name, kept in run(graph).items() if name != "x"}


def off(actual: np.ndarray, expected: np.ndarray) -> float:
    assert actual.shape == expected.shape
    return float(np.abs(actual.astype(np.float64) - expected.astype(np.float64)).max())


@pytest.mark.parametrize(("before", "after"), SIZES, ids=_RATIOS)
def test_resizes_bytes_as_opencv(before, after):
    values = picture(*before)
    actual = resized(values, [(method, method, after) for method in METHODS])
    for method, flag in METHODS.items():
        expected = cv2.resize(values, after[::-1], interpolation=flag)
        # Nearest copies. OpenCV has weights of 11 bits for bytes, Octet floats: where the exact value lies near a half they
        # round apart.
        assert off(actual[method], expected) <= (0 if method == "Nearest" else 1), method
        exact = cv2.resize(values.astype(np.float64), after[::-1], interpolation=flag)
        # Octet's bytes are the exact values rounded, up to float's own error.
        assert off(actual[method], np.clip(exact, 0, 255)) <= 0.501, method


@pytest.mark.parametrize(("before", "after"), SIZES, ids=_RATIOS)
def test_resizes_floats_as_opencv(before, after):
    values = picture(*before).astype(np.float32)
    actual = resized(values, [(method, method, after) for method in METHODS])
    for method, flag in METHODS.items():
        expected = cv2.resize(values, after[::-1], interpolation=flag)
        # Single precision on both sides, for values of up to 255 and shares that cancel (Cubic).
        assert off(actual[method], expected) <= (0 if method == "Nearest" else 5e-4), method


def test_resizes_as_pillow_where_both_mean_the_same():
    values = picture(48, 64)
    actual = resized(values, [("grown", "Linear", (96, 160)), ("halved", "Area", (24, 16))])
    grown = np.asarray(Image.fromarray(values).resize((160, 96), Image.Resampling.BILINEAR))
    # Pillow rounds to bytes between its two passes.
    assert off(actual["grown"], grown) <= 1
    # A mean over whole pixels is exact, but halves: to even here, up there.
    assert off(actual["halved"], np.asarray(Image.fromarray(values).reduce((4, 2)))) <= 1


def test_resizes_as_scikit_image_where_both_mean_the_same():
    values = picture(48, 60).astype(np.float32)
    actual = resized(values, [("linear", "Linear", (31, 77)), ("area", "Area", (16, 12))])
    linear = skimage.transform.resize(values, (31, 77), order=1, mode="edge", anti_aliasing=False)
    # Single precision on values of up to 255.
    assert off(actual["linear"], linear) <= 5e-4
    assert off(actual["area"], skimage.transform.downscale_local_mean(values, (3, 5, 1))) <= 1e-4


@pytest.mark.parametrize("deposit", ["TopLeft", "Center", "BottomRight"])
def test_keeps_the_aspect(deposit):
    values = picture(40, 60)
    actual = resized(
        values,
        [("y", "Linear", (50, 45))],
        keepAspect=True,
        deposit=enumerator("Deposit", deposit),
    )["y"]
    top = {"TopLeft": 0, "Center": 10, "BottomRight": 20}[deposit]
    expected = np.zeros((50, 45, 3), np.uint8)
    expected[top : top + 30] = cv2.resize(values, (45, 30), interpolation=cv2.INTER_LINEAR)
    assert off(actual, expected) <= 1  # As without.
    assert not actual[:top].any()
    assert not actual[top + 30 :].any()


_SHARES = {
    "Bt601": (0.299, 0.587, 0.114),
    "Bt709": (0.2126, 0.7152, 0.0722),
    "Bt2020": (0.2627, 0.678, 0.0593),
}


def _yuv(rgb: np.ndarray, standard: str) -> np.ndarray:
    """In the limited range, from the standards' formulas, in double."""
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    r, g, b = _SHARES[standard]
    luma = r * red + g * green + b * blue
    u, v = (blue - luma) / (2 * (1 - b)), (red - luma) / (2 * (1 - r))
    return np.stack([16 + luma * 219 / 255, 128 + u * 224 / 255, 128 + v * 224 / 255], -1)


def _color(change: str, standard: str = "Bt601"):
    return table(
        "ColorConversion",
        conversion=enumerator("ColorChange", change),
        standard=enumerator("ColorStandard", standard),
    )


@pytest.mark.parametrize("standard", list(_SHARES))
def test_converts_colours_by_the_standards(standard):
    rgb = picture(21, 35)[np.newaxis]
    graph = OctetGraph()
    x = graph.input("rgb", rgb)
    real = graph.input("real", _yuv(rgb, standard).astype(np.float32))
    graph.node("yuv", "COLOR_CONVERSION", _color("RgbToYuv", standard), [x], [("uint8", rgb.shape)])
    graph.node("back", "COLOR_CONVERSION", _color("YuvToRgb", standard), [real], [("float32", rgb.shape)])
    result = run(graph)
    # Rounded to nearest, up to float's own error.
    assert off(result["yuv"], _yuv(rgb, standard)) <= 0.501
    # Single precision on values of up to 255, some of them sums of four products.
    assert off(result["back"], rgb) <= 1e-3


def test_converts_colours_as_scikit_image():
    rgb = picture(16, 16)[np.newaxis]
    actual = apply("COLOR_CONVERSION", _color("RgbToYuv"), rgb, "uint8", rgb.shape)
    # Its coefficients have three decimals; and the rounding.
    assert off(actual, skimage.color.rgb2ycbcr(rgb)) <= 0.51


@pytest.mark.parametrize("change", ["BgrToRgb", "RgbToBgr"])
def test_swaps_channels(change):
    values = picture(9, 7)[np.newaxis]
    actual = apply("COLOR_CONVERSION", _color(change), values, "uint8", values.shape)
    assert np.array_equal(actual[0], cv2.cvtColor(values[0], cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize(
    ("sampling", "code"), [("Nv12", cv2.COLOR_YUV2RGB_NV12), ("Yuv420", cv2.COLOR_YUV2RGB_I420)]
)
def test_camera_frames_as_opencv(sampling, code):
    height, width = 48, 64
    frame = random_state(sampling).randint(16, 236, (1, height * width * 3 // 2)).astype(np.uint8)
    graph = OctetGraph()
    upsample = table(
        "ChromaUpsample", frame=spatial(height, width), sampling=enumerator("ChromaSampling", sampling)
    )
    shape = (1, height, width, 3)
    x = graph.input("x", frame)
    (yuv,) = graph.node("yuv", "CHROMA_UPSAMPLE", upsample, [x], [("uint8", shape)])
    graph.node("rgb", "COLOR_CONVERSION", _color("YuvToRgb"), [yuv], [("uint8", shape)])
    expected = cv2.cvtColor(frame.reshape(height * 3 // 2, width), code)
    # OpenCV's coefficients have three decimals (1.164, 1.596, 0.813, 0.391, 2.018): 0.002 of 128 a chroma.
    assert off(run(graph)["rgb"][0], expected) <= 1


@pytest.mark.parametrize("sampling", ["Nv12", "Yuv420", "Yuv422"])
def test_upsamples_odd_frames(sampling):
    height, width = 7, 9
    rows, columns = (height if sampling == "Yuv422" else 4), 5
    luma = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    u = np.arange(100, 100 + rows * columns, dtype=np.uint8).reshape(rows, columns)
    v = u + 100
    chroma = np.stack([u, v], -1) if sampling == "Nv12" else np.stack([u, v])
    frame = np.concatenate([luma.ravel(), chroma.ravel()])
    upsample = table(
        "ChromaUpsample", frame=spatial(height, width), sampling=enumerator("ChromaSampling", sampling)
    )
    actual = apply("CHROMA_UPSAMPLE", upsample, frame, "uint8", (1, height, width, 3))[0]

    def full(plane):
        wide = plane.repeat(2, 1)[:, :width]
        return wide if sampling == "Yuv422" else wide.repeat(2, 0)[:height]

    assert np.array_equal(actual, np.stack([luma, full(u), full(v)], -1))


def test_normalizes_as_numpy():
    values = picture(11, 13)[np.newaxis]
    divisor, mean, std = [255.0, 2.0, 1.0], [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    graph = OctetGraph()
    attributes = table("Normalize", divisor=divisor, mean=mean, std=std)
    for name, fed in (("bytes", values), ("floats", values.astype(np.float32))):
        x = graph.input(f"{name}_in", fed)
        graph.node(name, "NORMALIZE", attributes, [x], [("float32", values.shape)])
    result = run(graph)
    narrow = [np.array(entries, np.float32) for entries in (divisor, mean, std)]
    # The same operations in the same order: every bit.
    expected = (values.astype(np.float32) / narrow[0] - narrow[1]) / narrow[2]
    assert np.array_equal(result["bytes"], expected)
    assert np.array_equal(result["floats"], expected)


def _slices(frame: np.ndarray, slice_shape, align_c16: bool, cblock: bool) -> np.ndarray:
    """The layout that ops/imaging/tessellation.h describes, slice by slice in NumPy."""
    height, width, channels = slice_shape
    parts = []
    for y in range(0, frame.shape[0], height):
        for x in range(0, frame.shape[1], width):
            for c in range(0, frame.shape[2], channels):
                part = frame[y : y + height, x : x + width, c : c + channels]
                if align_c16:
                    part = np.pad(part, ((0, 0), (0, 0), (0, -part.shape[2] % 16)))
                blocks = np.split(part, range(16, part.shape[2], 16), 2) if cblock else [part]
                parts += [block.ravel() for block in blocks]
    return np.concatenate(parts)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "float32"])
def test_tessellates_as_numpy(dtype):
    frame = random_state(dtype).randint(0, 100, (1, 10, 13, 37)).astype(dtype)
    scale = 0.5 if dtype in ("int8", "int16") else None
    graph = OctetGraph()
    x = graph.input("x", frame, scale)
    expected = {}
    for slice_shape in [(1, 1, 1), (4, 5, 16), (10, 13, 37), (3, 13, 20)]:
        for align_c16 in (False, True):
            for cblock in (False, True):
                name = f"{slice_shape}-{align_c16}-{cblock}"
                tiles = table("Tessellate", slice=list(slice_shape), alignC16=align_c16, cblock=cblock)
                expected[name] = _slices(frame[0], slice_shape, align_c16, cblock)[np.newaxis]
                outputs = [(dtype, expected[name].shape)]
                (cut,) = graph.node(name, "TESSELLATE", tiles, [x], outputs, scale)
                expected[f"{name}-back"] = frame
                back = table("Detessellate", tiles=tiles, frame=static_type(dtype, frame.shape))
                graph.node(f"{name}-back", "DETESSELLATE", back, [cut], [(dtype, frame.shape)], scale)
    result = run(graph)
    for name, values in expected.items():
        assert np.array_equal(result[name], values), name


def test_packs_as_numpy():
    state = random_state("pack")
    tensors = {
        "a": state.randint(-99, 99, (1, 5)).astype(np.int16),
        "b": state.normal(size=(2, 3)).astype(np.float32),
        "c": state.randint(0, 255, (7,)).astype(np.uint8),
    }
    graph = OctetGraph()
    inputs = [graph.input(name, values, 0.5 if name == "a" else None) for name, values in tensors.items()]
    padded = [
        np.frombuffer(values.tobytes() + bytes(-values.nbytes % 16), np.uint8) for values in tensors.values()
    ]
    expected = np.concatenate(padded)[np.newaxis]
    outputs = [("uint8", expected.shape)]
    (packed,) = graph.node("packed", "PACK_BYTES", table("NoAttributes"), inputs, outputs)
    types = [(str(values.dtype), values.shape) for values in tensors.values()]
    unpack = table("UnpackBytes", tensors=[static_type(*each) for each in types])
    graph.node("back", "UNPACK_BYTES", unpack, [packed], types, scale=0.5)
    result = run(graph)
    assert np.array_equal(result["packed"], expected)
    for name, values in zip(("back", "back:1", "back:2"), tensors.values(), strict=True):
        assert np.array_equal(result[name], values), name


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_nms_max_pool_as_scipy(kernel):
    heat = random_state("peaks").uniform(0, 1, (1, 17, 23, 4)).astype(np.float32)
    actual = apply("NMS_MAX_POOL", table("NmsMaxPool", kernel=kernel), heat, "float32", heat.shape)
    # Its windows of even size reach one further up and to the left, unless moved.
    origin = (0, -1, -1, 0) if kernel % 2 == 0 else 0
    largest = scipy.ndimage.maximum_filter(
        heat, (1, kernel, kernel, 1), mode="constant", cval=-1, origin=origin
    )
    assert np.array_equal(actual, np.where(heat == largest, heat, 0))


@pytest.mark.parametrize("case", list(detection_cases()), ids=lambda case: case.name)
def test_detections_as_litert(case, tmp_path):
    data = build(case)
    feeds = feeds_of(case)
    interpreter = Interpreter(model_content=data)
    interpreter.allocate_tensors()
    expected = run_once(interpreter, feeds)
    path = tmp_path / "detection.tflite"
    path.write_bytes(data)
    kept = octet_cli.run(path, {"t0": feeds[0], "t1": feeds[1]})
    actual = [kept[detail["name"]].values for detail in interpreter.get_output_details()]
    used = int(expected[3][0]) * case.fields["max_classes_per_detection"]
    assert used > 0
    assert np.array_equal(actual[3], expected[3])
    for mine, theirs in zip(actual[:3], expected[:3], strict=True):
        # Every element, but for rows that LiteRT leaves as they were.
        assert np.array_equal(mine[:, :used], theirs[:, :used])
        assert not mine[:, used:].any()


GRIDS = {"face_short": ((8, 2), (16, 6)), "face_full": ((4, 1),)}  # Stride and anchors a cell.


def _anchors(side: int, grids) -> np.ndarray:
    rows = []
    for stride, per_cell in grids:
        cells = side // stride
        for cell in range(cells * cells):
            center = ((cell // cells + 0.5) / cells, (cell % cells + 0.5) / cells)
            rows += [(*center, 1, 1)] * per_cell
    return np.array(rows, np.float32)


def _faces(raw: np.ndarray, logits: np.ndarray, anchors: np.ndarray, side: int) -> list[tuple]:
    """MediaPipe's decoding as its graphs' options say, with plain suppression: score, box, keypoints; best first."""
    found = []
    for values, logit, (y, x, _, _) in zip(raw.astype(np.float64), logits, anchors, strict=True):
        score = 1 / (1 + np.exp(-np.clip(np.float64(logit), -100, 100)))
        if score < 0.5:
            continue
        cx, cy, w, h = values[0] / side + x, values[1] / side + y, values[2] / side, values[3] / side
        points = values[4:].reshape(6, 2) / side + (x, y)
        found.append((score, np.array([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2]), points))
    kept = []
    for face in sorted(found, key=lambda face: -face[0]):
        if all(_overlap(face[1], other[1]) <= 0.3 for other in kept):
            kept.append(face)
    return kept


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    common = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod()
    return common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common)


@pytest.mark.parametrize("name", list(GRIDS))
def test_decodes_the_faces_of_mediapipes_detectors(name):
    model = MODELS[name]
    side = model.input[1][1]
    anchors = _anchors(side, GRIDS[name])
    faces = 0
    for values in model.evaluation_inputs()[:3]:
        outputs = [kept.values for kept in octet_cli.run(model.path, {model.input[0]: values}).values()]
        raw = next(output for output in outputs if output.shape == (1, len(anchors), 16))
        logits = next(output for output in outputs if output.shape == (1, len(anchors), 1))
        graph = OctetGraph()
        operands = [
            graph.input("raw", raw),
            graph.input("logits", logits),
            graph.constant("anchors", anchors),
        ]
        attributes = table(
            "DetectionPostProcess",
            coding=enumerator("BoxCoding", "Linear"),
            classes=1,
            maxDetections=10,
            classesPerDetection=1,
            detectionsPerClass=100,
            keypoints=6,
            scoreThreshold=0.5,
            overlapThreshold=0.3,
            **{f"{axis}Scale": float(side) for axis in "yxhw"},
            logits=True,
        )
        shapes = [(1, 10, 4), (1, 10), (1, 10), (1,), (1, 10, 6, 2)]
        graph.node(
            "y", "DETECTION_POST_PROCESS", attributes, operands, [("float32", shape) for shape in shapes]
        )
        result = run(graph)
        expected = _faces(raw[0], logits[0, :, 0], anchors, side)
        assert result["y:3"][0] == len(expected)
        for i, (score, box, points) in enumerate(expected):
            # Single precision on values of about 1.
            assert off(result["y"][0, i], box) <= 1e-6
            assert off(result["y:2"][0, i], score) <= 1e-6
            assert off(result["y:4"][0, i], points) <= 1e-6
        faces += len(expected)
    assert faces > 0
