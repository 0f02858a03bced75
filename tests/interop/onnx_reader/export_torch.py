"""Writes nets of torchvision with random weights as .onnx files, by both of PyTorch's exporters. Run by the Python of
build/venv-torch, which has PyTorch.

usage: python export_torch.py FOLDER [NET...]"""

from __future__ import annotations

import pathlib
import sys
import traceback
import warnings

import torch
import torchvision

# The exporter by tracing serves old versions, the one by torch.export those since 18.
_TRACED = (9, 11, 13, 17)
_EXPORTED = (18, 21)


class _Dense(torch.nn.Module):
    """Segmentation without the dictionary that it answers with."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


class _Heads(torch.nn.Module):
    """A detector up to its boxes and scores for each anchor: what selects among them has data-dependent shapes."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        outputs = self.net.head(list(self.net.backbone(x).values()))
        return outputs["bbox_regression"], outputs["cls_logits"]


def _net(name: str) -> torch.nn.Module:
    models = torchvision.models
    if name == "deeplabv3_mobilenet_v3_large":
        return _Dense(models.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None))
    if name == "ssdlite320_mobilenet_v3_large":
        return _Heads(models.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None))
    return getattr(models, name)(weights=None)


# The side of the image each net is exported for.
NETS = {
    "mobilenet_v2": 224,
    "mobilenet_v3_small": 224,
    "efficientnet_b0": 224,
    "resnet18": 224,
    "shufflenet_v2_x1_0": 224,
    "convnext_tiny": 224,
    "swin_t": 224,
    "vit_b_32": 224,
    "deeplabv3_mobilenet_v3_large": 256,
    "ssdlite320_mobilenet_v3_large": 320,
}


def _settle(net: torch.nn.Module, image: torch.Tensor) -> None:
    """Statistics for the batch normalizations, without which random weights let signals die or explode."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    net.train()
    for module in net.modules():
        if not isinstance(module, torch.nn.BatchNorm2d):
            module.training = False
    with torch.no_grad():
        net(torch.cat([image, torch.randn_like(image)]))
    net.eval()


def _export(net, image, path: pathlib.Path, opset: int, dynamo: bool) -> None:
    names = {"input_names": ["image"], "opset_version": opset, "dynamo": dynamo}
    if dynamo:
        names["external_data"] = False
    torch.onnx.export(net, (image,), str(path), verbose=False, **names)


def main() -> None:
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NETS:
        torch.manual_seed(1)
        net = _net(name).eval()
        image = torch.randn(1, 3, NETS[name], NETS[name])
        _settle(net, image)
        for dynamo, opsets in ((False, _TRACED), (True, _EXPORTED)):
            for opset in opsets:
                path = folder / f"{name}_{'exported' if dynamo else 'traced'}_{opset}.onnx"
                refusal = path.with_suffix(".txt")
                if path.exists() or refusal.exists():
                    continue
                try:
                    _export(net, image, path, opset, dynamo)
                except Exception as error:  # PyTorch's exporters raise what they like.
                    path.unlink(missing_ok=True)
                    refusal.write_text(f"{type(error).__name__}: {error}".splitlines()[0][:300])
                    if not dynamo and not isinstance(error, torch.onnx.errors.OnnxExporterError):
                        traceback.print_exc()


if __name__ == "__main__":
    main()
