"""Runs files as an application does: stock LiteRT with its default kernels and delegates. In a process apart, since what
LiteRT cannot take may end the process."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection

import numpy as np

_SECONDS = 120  # For one file; its runs take milliseconds.


class Refused(Exception):
    """LiteRT did not load or run the file."""


def _quantized(values: np.ndarray, detail: dict) -> np.ndarray:
    """What an input takes for reals."""
    if detail["dtype"] not in (np.int8, np.int16):
        return values
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    steps = np.round(values / np.float32(scale)) + zero_point
    return np.clip(steps, limits.min, limits.max).astype(detail["dtype"])


def _reals(values: np.ndarray, detail: dict) -> np.ndarray:
    """What an output stands for."""
    if detail["dtype"] not in (np.int8, np.int16):
        return values
    scale, zero_point = detail["quantization"]
    return (values.astype(np.float32) - zero_point) * np.float32(scale)


def _run(path: str, samples: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    results = []
    for sample in samples:
        for detail, values in zip(interpreter.get_input_details(), sample, strict=True):
            interpreter.set_tensor(detail["index"], _quantized(values, detail))
        interpreter.invoke()
        details = interpreter.get_output_details()
        results.append([_reals(interpreter.get_tensor(detail["index"]), detail) for detail in details])
    return results


def _serve(connection: multiprocessing.connection.Connection, run) -> None:
    while True:
        path, samples = connection.recv()
        try:
            connection.send(run(path, samples))
        except (RuntimeError, ValueError) as error:
            connection.send(Refused(str(error)))


class StockLiteRT:
    """A process that runs one file after the other, and is replaced when one ends it."""

    def __init__(self, run=_run):
        self._run = run
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None

    def run(self, path, samples: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        """The outputs for each sample, in the file's order, as reals where they are INT8 or INT16. Raises Refused."""
        if self._process is None:
            self._start()
        self._connection.send((str(path), samples))
        if not self._connection.poll(_SECONDS):
            self.close()
            raise Refused(f"LiteRT is still running after {_SECONDS} seconds.")
        try:
            answer = self._connection.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self.close()
            raise Refused(f"LiteRT ended its process with {code}.") from None
        if isinstance(answer, Refused):
            raise answer
        return answer

    def _start(self) -> None:
        self._connection, other = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(other, self._run), daemon=True)
        self._process.start()
        other.close()

    def close(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._process = None
