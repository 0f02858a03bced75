"""Runs a .tflite file in LiteRT in a process of its own: what LiteRT does not take may end the process."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

import numpy as np

RESOLVERS = (
    "BUILTIN_REF",
    "AUTO",
)  # The reference kernels, and what an application gets: XNNPACK's among them.


def outputs(file: pathlib.Path, inputs: list[np.ndarray], resolver: str) -> list[np.ndarray]:
    """The only output for each of `inputs`; fails where LiteRT does not load or run the file."""
    with tempfile.TemporaryDirectory() as folder:
        given = pathlib.Path(folder) / "in.npy"
        taken = pathlib.Path(folder) / "out.npy"
        np.save(given, np.stack(inputs))
        result = subprocess.run(
            [sys.executable, __file__, str(file), str(given), str(taken), resolver],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"LiteRT ({resolver}) ended with {result.returncode}:\n{result.stderr}"
        return list(np.load(taken))


def _main(file: str, given: str, taken: str, resolver: str) -> None:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_path=file, experimental_op_resolver_type=getattr(OpResolverType, resolver)
    )
    interpreter.allocate_tensors()
    results = []
    for values in np.load(given):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    np.save(taken, np.stack(results))


if __name__ == "__main__":
    _main(*sys.argv[1:])
