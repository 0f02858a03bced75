"""The emulator's `sima` arithmetic on whole networks: every integer node equals the oracle on what Octet fed to it."""

from __future__ import annotations

import collections
import json

import pytest

import octet_cli
import octet_file
import sima


@pytest.mark.parametrize("preset", ["default", "int16"])
def test_every_integer_node_equals_the_oracle(model, exports, preset, record_property):
    path, _ = exports.get(model, "gen1", "sima", preset)
    described = json.loads(octet_cli.octet("inspect", path, "--json"))
    graph = octet_file.QuantizedGraph(described["nodes"], path.read_bytes())
    inputs = {model.input[0]: model.evaluation_inputs()[0]}
    kept = octet_cli.run(path, inputs, keep_all=True)
    counts = collections.Counter()
    sima.check(graph, inputs | {name: tensor.values for name, tensor in kept.items()}, counts)
    assert counts["CONV_2D"] > 0
    record_property("nodes", dict(counts))
    print(f"{model.name}: {dict(counts)}")
