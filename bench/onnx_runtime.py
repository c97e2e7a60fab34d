"""Programs for ONNX Runtime: networks that PyTorch exports, with I/O binding.

Inputs and results stay where they are, all graph optimisations are on.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np

from bench.peers import OnnxRuntime
from bench.workload import Step


def one_call(peer: OnnxRuntime, model: Any, inputs: Sequence[np.ndarray]) -> Step:
    """A call of the model on these inputs, with its first output as result."""
    session = _session(peer, model, inputs)
    binding = session.io_binding()
    for node, array in zip(session.get_inputs(), inputs, strict=True):
        binding.bind_ortvalue_input(node.name, peer.tensor(array))
    result = _result(peer, session)
    binding.bind_ortvalue_output(session.get_outputs()[0].name, result)

    def step() -> Any:
        session.run_with_iobinding(binding)
        return result

    return step


def stepwise(
    peer: OnnxRuntime,
    model: Any,
    turns: Sequence[Sequence[np.ndarray]],
    state: Sequence[np.ndarray],
) -> Step:
    """A call of the model on the next turn of inputs and the state of the call before.

    Two sets of buffers for the state take turns, for an output must not be an input.
    """
    session = _session(peer, model, [*turns[0], *state])
    names = [node.name for node in session.get_inputs()]
    result = _result(peer, session)
    buffers = [[peer.tensor(array) for array in state] for _ in range(2)]
    bindings = []
    for old, new in (buffers, buffers[::-1]):
        binding = session.io_binding()
        for name, value in zip(names[len(turns[0]) :], old, strict=True):
            binding.bind_ortvalue_input(name, value)
        for node, value in zip(session.get_outputs(), [result, *new], strict=True):
            binding.bind_ortvalue_output(node.name, value)
        bindings.append(binding)
    order, values = cycle(bindings), cycle([[peer.tensor(a) for a in t] for t in turns])

    def step() -> Any:
        binding = next(order)
        for name, value in zip(names, next(values)):
            binding.bind_ortvalue_input(name, value)
        session.run_with_iobinding(binding)
        return result

    return step


def _session(peer: OnnxRuntime, model: Any, inputs: Sequence[np.ndarray]) -> Any:
    torch, file, library = peer.source.lib, io.BytesIO(), peer.lib
    examples = tuple(torch.tensor(array) for array in inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter is deprecated, and tells of its tracing
        torch.onnx.export(model, examples, file, dynamo=False, opset_version=17)
    options = library.SessionOptions()
    options.intra_op_num_threads = peer.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    options.graph_optimization_level = library.GraphOptimizationLevel.ORT_ENABLE_ALL
    return library.InferenceSession(file.getvalue(), options, ["CPUExecutionProvider"])


def _result(peer: OnnxRuntime, session: Any) -> Any:
    return peer.tensor(np.zeros(session.get_outputs()[0].shape, np.float32))
