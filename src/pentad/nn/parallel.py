"""DataParallel: programs for several GPUs on one CPU, whose threads share the work in any case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad.nn.module import Module


class DataParallel(Module):
    """Calls its module; state_dict keys begin with "module." as in PyTorch.

    device_ids, output_device and dim choose among GPUs there, and change nothing on a CPU.
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        return self.module(*inputs, **kwargs)
