"""torch.compiler: what programs say to the compiler of PyTorch."""

from __future__ import annotations

from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.torch.compiling import compile  # noqa: F401


def is_compiling() -> bool:
    """False: programs ask this to take another way where PyTorch's compiler could not follow."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Nothing: programs are kept by what they are, and need no forgetting."""


cudagraph_mark_step_begin = reset


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """The function as it is; a decorator without one."""
    return (lambda function: function) if fn is None else fn


allow_in_graph = assume_constant_result = disable
__getattr__ = absent(__name__)
