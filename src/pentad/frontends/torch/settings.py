"""Settings of the whole process, by PyTorch's names: default types and devices, determinism."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.static import message

__all__ = [
    "are_deterministic_algorithms_enabled", "get_default_device", "get_deterministic_debug_mode",
    "get_float32_matmul_precision", "get_num_interop_threads", "is_deterministic",
    "is_autocast_cpu_enabled", "is_distributed", "is_inference_mode_enabled", "is_storage",
    "is_warn_always_enabled", "set_default_device", "set_default_tensor_type",
    "set_deterministic_debug_mode", "set_float32_matmul_precision", "set_flush_denormal",
    "set_num_interop_threads", "set_warn_always", "use_deterministic_algorithms",
]
_PRECISIONS = ("highest", "high", "medium")
_set: dict[str, Any] = {"deterministic": False, "precision": "highest", "warn": False,
                        "interop": 1}


def set_default_tensor_type(t: Any) -> None:
    """The float type of new tensors, by a tensor type or its name ("torch.DoubleTensor")."""
    if isinstance(t, str):
        name = t.rpartition(".")[2]
        if ".cuda." in t or not hasattr(pt, name):
            raise pt.ArgumentError(message("set_default_tensor_type", got=repr(t),
                                           expected="a tensor type of the CPU"))
        t = getattr(pt, name)
    pt.set_default_dtype(getattr(t, "dtype", t))


def set_default_device(device: Any) -> None:
    """Where new tensors are: "cpu" (or None). ArgumentError for another device."""
    pt.empty(0, device=device)


def get_default_device() -> Any:
    """device("cpu")."""
    return pt.device("cpu")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """All is deterministic; the flag is kept."""
    _set["deterministic"] = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told."""
    return bool(_set["deterministic"])


is_deterministic = are_deterministic_algorithms_enabled


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """0 or "default", 1 or "warn", 2 or "error"."""
    use_deterministic_algorithms(debug_mode not in (0, "default"))


def get_deterministic_debug_mode() -> int:
    """0, or 2 where deterministic algorithms are asked for."""
    return 2 if _set["deterministic"] else 0


def set_float32_matmul_precision(precision: str) -> None:
    """Products are computed in float32 whatever is asked for; the word is kept."""
    if precision not in _PRECISIONS:
        raise pt.ArgumentError(message("set_float32_matmul_precision", got=repr(precision),
                                       expected=", ".join(map(repr, _PRECISIONS))))
    _set["precision"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told."""
    return str(_set["precision"])


def set_num_interop_threads(num: int) -> None:
    """Operations run one after the other; the number is kept."""
    _set["interop"] = int(num)


def get_num_interop_threads() -> int:
    """What `set_num_interop_threads` was told."""
    return int(_set["interop"])


def set_flush_denormal(mode: bool) -> bool:
    """False: denormal numbers are kept."""
    return False


def set_warn_always(mode: bool) -> None:
    """The flag is kept."""
    _set["warn"] = bool(mode)


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` was told."""
    return bool(_set["warn"])


def is_autocast_cpu_enabled() -> bool:
    """Is autocast on?"""
    return bool(pt.is_autocast_enabled())


def is_inference_mode_enabled() -> bool:
    """Is nothing recorded? (inference_mode is no_grad here.)"""
    return not pt.is_grad_enabled()


def is_storage(obj: Any) -> bool:
    """False: memory has no objects of its own."""
    return False


def is_distributed(input: Any) -> bool:
    """False: a tensor is in one process."""
    return False
