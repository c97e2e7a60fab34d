"""torch.cuda as PyTorch has it where there is none: `is_available()` is False, counts are 0, what
needs a device is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pentad as pt
from pentad.frontends.missing import absent
from pentad.frontends.torch.cuda import amp  # noqa: F401
from pentad.static import message


class OutOfMemoryError(pt.PentadError, RuntimeError):
    """What PyTorch raises when a device has no memory left; never raised here."""


class DeviceMissing(pt.PentadError, RuntimeError, AssertionError):
    """A call that needs a device."""


def is_available() -> bool:
    """False: this build computes on the CPU."""
    return False


is_initialized = is_bf16_supported = is_tf32_supported = is_current_stream_capturing = is_available


def device_count() -> int:
    """0."""
    return 0


memory_allocated: Callable[..., int] = lambda device=None: 0  # noqa: E731
max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
memory_cached = max_memory_cached = memory_allocated


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Nothing: there is no device."""


empty_cache = reset_peak_memory_stats = reset_max_memory_allocated = ipc_collect = _nothing
reset_max_memory_cached = _nothing
manual_seed = manual_seed_all = seed = seed_all = init = _nothing


def get_arch_list() -> list[str]:
    """No architectures."""
    return []


def _refused(name: str) -> Callable[..., NoReturn]:
    def call(*args: Any, **kwargs: Any) -> NoReturn:
        raise DeviceMissing(message(
            f"torch.cuda.{name}: there is no CUDA device", expected="the CPU", got="cuda",
            hint="ask torch.cuda.is_available() first"))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = "Refused: there is no CUDA device."
    return call


_NEEDING = """
synchronize current_device get_device_name get_device_capability get_device_properties set_device
current_stream default_stream stream Stream Event device get_rng_state set_rng_state
get_rng_state_all set_rng_state_all initial_seed memory_summary memory_stats mem_get_info
FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
BoolTensor BFloat16Tensor CUDAGraph graph
"""
for _name in _NEEDING.split():
    globals()[_name] = _refused(_name)
__getattr__ = absent(__name__)
