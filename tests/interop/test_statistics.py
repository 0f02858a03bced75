"""Statistics over labelled samples beside independent ones: pycocotools for boxes, scikit-learn for classes and pixels."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import jaccard_score, top_k_accuracy_score

from models import REPOSITORY

_SIZE = 1000.0  # Pixels of a side, of which Octet's boxes are parts.


def _octet(*cases: dict) -> list:
    script = REPOSITORY / "tests" / "interop" / "statistics.mjs"
    ran = subprocess.run(
        ["node", str(script)], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def _tensor(values: np.ndarray) -> dict:
    return {"data": values.astype(np.float32).ravel().tolist(), "shape": list(values.shape)}


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k(k):
    random = np.random.default_rng(k)
    scores, truth = random.random((200, 8), np.float32), random.integers(0, 8, 200)
    samples = [
        {"outputs": {"scores": _tensor(row[None])}, "truth": int(label)}
        for row, label in zip(scores, truth, strict=True)
    ]
    (figure,) = _octet({"statistic": "topK", "options": {"k": k}, "samples": samples})
    assert figure == pytest.approx(top_k_accuracy_score(truth, scores, k=k, labels=range(8)), abs=1e-12)


@pytest.mark.parametrize("classes", [2, 5])
def test_intersection_over_union(classes):
    random = np.random.default_rng(classes)
    scores = random.random((6, 9, 7, classes), np.float32)
    truth = random.integers(0, classes, (6, 9, 7))
    samples = [
        {
            "outputs": {"map": _tensor(image[None])},
            "truth": {"width": 7, "height": 9, "data": labels.ravel().tolist()},
        }
        for image, labels in zip(scores, truth, strict=True)
    ]
    (figures,) = _octet({"statistic": "classIoU", "options": {}, "samples": samples})
    expected = jaccard_score(truth.ravel(), scores.argmax(-1).ravel(), average=None)
    assert figures == pytest.approx(expected.tolist(), abs=1e-12)


def _scene(random: np.random.Generator, classes: int) -> tuple[list[dict], list[dict]]:
    """Boxes that are there, and what a middling detector would find: some near them, some nowhere."""

    def box(left, top, width, height) -> list[float]:
        # Coordinates that float32 holds exactly, so that both sides compute with the same boxes.
        return [float(np.float32(value)) for value in (left, top, left + width, top + height)]

    there, found = [], []
    for _ in range(random.integers(0, 6)):
        left, top = random.random(2) * 0.6
        width, height = 0.05 + random.random(2) * 0.3
        label = int(random.integers(classes))
        there.append(
            {"box": box(left, top, width, height), "label": label, "crowd": bool(random.random() < 0.15)}
        )
        for _ in range(random.integers(0, 4)):
            shift = random.normal(0, 0.25, 4) * [width, height, width, height] * random.random()
            found.append(
                {
                    "box": box(
                        left + shift[0],
                        top + shift[1],
                        max(0.01, width + shift[2]),
                        max(0.01, height + shift[3]),
                    ),
                    "label": label if random.random() < 0.8 else int(random.integers(classes)),
                    # Few scores, so that many are equal.
                    "score": float(np.float32(random.integers(1, 20) / 20)),
                }
            )
    return there, found


def _as_coco(scenes, classes: int, thresholds: list[float], most: int) -> np.ndarray:
    """Average precision by threshold and class; -1 where nothing is labelled."""

    def corner_and_size(box: list[float]) -> list[float]:
        left, top, right, bottom = (value * _SIZE for value in box)
        return [left, top, right - left, bottom - top]

    truth = COCO()
    annotations, detections = [], []
    for image, (there, found) in enumerate(scenes):
        for one in there:
            bounds = corner_and_size(one["box"])
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": one["label"],
                    "bbox": bounds,
                    "area": bounds[2] * bounds[3],
                    "iscrowd": int(one["crowd"]),
                }
            )
        for one in found:
            bounds = corner_and_size(one["box"])
            detections.append(
                {"image_id": image, "category_id": one["label"], "bbox": bounds, "score": one["score"]}
            )
    truth.dataset = {
        "images": [{"id": image} for image in range(len(scenes))],
        "categories": [{"id": label} for label in range(classes)],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(detections), "bbox")
        evaluation.params.iouThrs = np.array(thresholds)
        evaluation.params.maxDets = [most]
        evaluation.params.areaRng = [[0, 1e10]]
        evaluation.params.areaRngLbl = ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0].mean(axis=1)


def _as_octet(scenes, thresholds: list[float], most: int) -> dict:
    def edges(box: list[float]) -> dict:
        return dict(zip(("left", "top", "right", "bottom"), box, strict=True))

    samples = []
    for there, found in scenes:
        boxes = np.array([[one["box"][index] for index in (1, 0, 3, 2)] for one in found]).reshape(1, -1, 4)
        outputs = {
            "boxes": _tensor(boxes),
            "classes": _tensor(np.array([[one["label"] for one in found]])),
            "scores": _tensor(np.array([[one["score"] for one in found]])),
            "count": _tensor(np.array([len(found)])),
        }
        truth = [{**edges(one["box"]), "label": one["label"], "crowd": one["crowd"]} for one in there]
        samples.append({"outputs": outputs, "truth": truth})
    options = {"iouThresholds": thresholds, "maxDetections": most}
    return {"statistic": "averagePrecisions", "options": options, "samples": samples}


@pytest.mark.parametrize(("classes", "most"), [(1, 100), (3, 100), (3, 2), (7, 100)])
def test_average_precision(classes, most):
    thresholds = [(50 + 5 * step) / 100 for step in range(10)]
    random = np.random.default_rng(100 * classes + most)
    sets = [[_scene(random, classes) for _ in range(25)] for _ in range(12)]
    results = _octet(*(_as_octet(scenes, thresholds, most) for scenes in sets))
    for scenes, result in zip(sets, results, strict=True):
        expected = _as_coco(scenes, classes, thresholds, most)
        labelled = [label for label in range(classes) if expected[0, label] >= 0]
        by_class = {str(label): expected[:, label].mean() for label in labelled}
        assert result["byClass"] == pytest.approx(by_class, abs=1e-9)
        assert result["byThreshold"] == pytest.approx(expected[:, labelled].mean(axis=1).tolist(), abs=1e-9)
        assert result["mean"] == pytest.approx(expected[:, labelled].mean(), abs=1e-9)
