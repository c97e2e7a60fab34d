"""The frameworks and the settings in which each is measured, behind one small interface.

A peer's `family` names its column; of the settings (`mode`) of a family the fastest counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bench.timing import SETTLE_SECONDS
from bench.workload import Data, Program, Workload


@dataclass(frozen=True)
class Peer:
    """A framework in one setting.

    kind: which of a workload's programs it runs. The attributes after `mode` are settings that
    builders look at.
    """

    family: str
    mode: str = ""
    kind: str = "torch"
    compiled: bool = False

    @property
    def name(self) -> str:
        return f"{self.family}, {self.mode}" if self.mode else self.family

    def start(self, threads: int) -> None:
        """Import the framework and set its threads; raises ImportError if it is missing."""
        raise NotImplementedError

    def build(self, workload: Workload, data: Data) -> Program | None:
        """The workload's program for this peer; None if there is none."""
        builder = workload.programs.get(self.kind)
        return builder(self, data) if builder else None

    def tensor(self, array: np.ndarray) -> Any:
        """The array in the framework's own memory."""
        raise NotImplementedError

    def read(self, result: Any) -> np.ndarray:
        """The numbers in a result."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what compiling the last workload left behind."""

    def settle(self, threads: int) -> float:
        """Seconds after a step until its worker threads leave the processors to others."""
        return SETTLE_SECONDS


@dataclass(frozen=True)
class TorchLike(Peer):
    """PyTorch, and Pentad, which has its names.

    fused: optimisers with fused=True. whole: the step compiles as one graph, gradients and
    update included. optimiser: the optimiser is compiled too. channels_last: memory order of
    images.
    """

    fused: bool = False
    whole: bool = False
    optimiser: bool = False
    channels_last: bool = False

    @property
    def lib(self) -> Any:
        """The module."""
        raise NotImplementedError

    def start(self, threads: int) -> None:
        self.lib.set_num_threads(threads)

    def tensor(self, array: np.ndarray) -> Any:
        made = self.lib.tensor(array)
        if self.channels_last and array.ndim == 4:
            made = made.contiguous(memory_format=self.lib.channels_last)
        return made

    def read(self, result: Any) -> np.ndarray:
        parts = result if isinstance(result, (tuple, list)) else (result,)
        return np.concatenate([np.ravel(p.detach().numpy()).astype(np.float64) for p in parts])

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as this setting runs it."""
        return self.lib.compile(function) if self.compiled else function

    def predictor(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same without recording."""
        return self.compile(self.lib.inference_mode()(function))


@dataclass(frozen=True)
class Pentad(TorchLike):
    @cached_property
    def lib(self) -> Any:
        import pentad

        return pentad

    def start(self, threads: int) -> None:
        super().start(threads)
        if self.compiled:
            _ = self.lib.compile  # ImportError now, with its reason, not at each workload


@dataclass(frozen=True)
class Torch(TorchLike):
    """freezing: weights are constants, folded and prepacked; for inference."""

    freezing: bool = False

    @cached_property
    def lib(self) -> Any:
        import torch

        return torch

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not self.compiled:
            return function
        options = {"freezing": True} if self.freezing else None
        return self.lib.compile(function, dynamic=False, options=options)

    def predictor(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # Around the call: within compiled code a slice of a parameter is an error that leaves the
        # process unusable, and freezing looks at the mode in which it is called.
        mode = self.lib.no_grad if self.freezing else self.lib.inference_mode
        return mode()(self.compile(function))

    def forget(self) -> None:
        if self.compiled:
            self.lib._dynamo.reset()


@dataclass(frozen=True)
class Jax(Peer):
    @cached_property
    def lib(self) -> Any:
        import jax

        return jax

    def start(self, threads: int) -> None:
        """XLA has no call for threads: `environment` and the process's affinity set them."""
        jax = self.lib
        _held_to(threads)
        jax.config.update("jax_platforms", "cpu")

    def tensor(self, array: np.ndarray) -> Any:
        return self.lib.numpy.array(array)  # a copy, which may be donated

    def read(self, result: Any) -> np.ndarray:
        leaves = self.lib.tree_util.tree_leaves(result)
        return np.concatenate([np.ravel(np.asarray(x)).astype(np.float64) for x in leaves])

    def compile(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        return self.lib.jit(function, **options) if self.compiled else function


@dataclass(frozen=True)
class OnnxRuntime(Peer):
    """Networks from PyTorch, by torch.onnx.export's TorchScript exporter (dynamo=False).

    That exporter needs no package besides onnx; the newer one needs onnxscript, and writes the
    same operators for these networks. onnx_runtime.py makes the programs.
    """

    @cached_property
    def lib(self) -> Any:
        import onnxruntime

        return onnxruntime

    @cached_property
    def source(self) -> Torch:
        """Where the networks come from."""
        return Torch("torch")

    @property
    def threads(self) -> int:
        return len(os.sched_getaffinity(0))

    def start(self, threads: int) -> None:
        import onnx  # noqa: F401  # ImportError now, not at each export

        _ = self.lib, self.source.lib
        _held_to(threads)

    def settle(self, threads: int) -> float:
        """Its threads wait for more work for 50 to 100 ms, taking all of a processor."""
        return 0.1 if threads > 1 else SETTLE_SECONDS

    def tensor(self, array: np.ndarray) -> Any:
        return self.lib.OrtValue.ortvalue_from_numpy(np.array(array, order="C"))

    def read(self, result: Any) -> np.ndarray:
        return result.numpy().ravel().astype(np.float64)


def _held_to(threads: int) -> None:
    if (found := len(os.sched_getaffinity(0))) > threads:
        raise ImportError(f"would use {found} threads; start it through `python -m bench`")


REFERENCE = "pentad"
"""The family that ratios are relative to: its first setting that ran counts, not its fastest."""

PEERS: tuple[Peer, ...] = (
    Pentad("pentad", compiled=True),
    Pentad("pentad eager"),
    Torch("torch eager"),
    Torch("torch eager", "fused", fused=True),
    Torch("torch eager", "channels last", fused=True, channels_last=True),
    Torch("torch.compile", compiled=True, fused=True),
    Torch("torch.compile", "optimiser too", compiled=True, optimiser=True),
    Torch("torch.compile", "one graph", compiled=True, whole=True),
    Torch("torch.compile", "channels last", compiled=True, fused=True, channels_last=True),
    Torch("torch.compile", "freezing", compiled=True, freezing=True),
    Torch("torch.compile", "freezing, channels last", compiled=True, freezing=True,
          channels_last=True),
    Jax("jax.jit", kind="jax", compiled=True),
    Jax("jax eager", kind="jax"),
    OnnxRuntime("onnxruntime", kind="onnx", compiled=True),
)  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """Variables that hold a process, and every library in it, to so many threads."""
    count = str(threads)
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    flags = os.environ.get("XLA_FLAGS", "")
    if threads == 1:
        flags += " --xla_cpu_multi_thread_eigen=false"
    return {**dict.fromkeys(names, count), "XLA_FLAGS": flags.strip(), "JAX_PLATFORMS": "cpu"}
