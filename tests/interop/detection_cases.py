"""Cases of the custom operator TFLite_Detection_PostProcess, which LiteRT's wheel registers."""

from __future__ import annotations

import numpy as np

from tflite_builder import Tensor, constant
from vector_cases import Case, random_state

OPERATOR = "TFLite_Detection_PostProcess"


def _anchors(count: int) -> np.ndarray:
    """Centres on a grid, three sizes each, some of them wide."""
    side = int(np.ceil(np.sqrt(count / 3)))
    index = np.arange(count)
    cell, size = index // 3, index % 3
    y, x = (cell // side + 0.5) / side, (cell % side + 0.5) / side
    height = np.array([0.2, 0.35, 0.15])[size]
    width = np.array([0.2, 0.25, 0.4])[size]
    return np.stack([y, x, height, width], 1).astype(np.float32)


def _case(name: str, boxes: int, classes: int, *, background: int = 1, values: int = 4, **options) -> Case:
    state = random_state(f"detection/{name}")
    raw = state.normal(0, 2, (1, boxes, values)).astype(np.float32)
    # No two alike: the order of equal scores is the sorting routine's.
    scores = state.permutation(boxes * (classes + background)).astype(np.float32)
    scores = (scores / scores.size).reshape(1, boxes, classes + background)
    fields = {
        "max_detections": 10,
        "max_classes_per_detection": 1,
        "nms_score_threshold": 0.3,
        "nms_iou_threshold": 0.5,
        "num_classes": classes,
        "y_scale": 10.0,
        "x_scale": 10.0,
        "h_scale": 5.0,
        "w_scale": 5.0,
        **options,
    }
    outputs = [Tensor((), "float32") for _ in range(4)]
    inputs = [
        Tensor(raw.shape, "float32"),
        Tensor(scores.shape, "float32"),
        constant(_anchors(boxes), "float32"),
    ]
    return Case(OPERATOR, name, inputs, outputs, fields=fields, feeds=[raw, scores])


def detection_cases():
    yield _case("one_class", 60, 1)
    yield _case("many_boxes", 120, 5, max_detections=25)
    yield _case("no_background", 60, 3, background=0)
    yield _case("longer_boxes", 60, 2, values=9)
    yield _case("loose", 60, 3, nms_iou_threshold=0.9, max_detections=40, nms_score_threshold=0.05)
    yield _case("tight", 60, 3, nms_iou_threshold=0.1, nms_score_threshold=0.05)
    yield _case("two_classes_each", 60, 4, max_classes_per_detection=2, max_detections=6)
    yield _case("regular", 60, 4, use_regular_nms=True)
    yield _case("regular_many", 120, 6, use_regular_nms=True, max_detections=50, detections_per_class=5)
    yield _case("regular_unlimited", 60, 3, use_regular_nms=True, nms_iou_threshold=0.9, max_detections=100)
